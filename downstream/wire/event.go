package wire

import (
	"strconv"

	"github.com/go-faster/jx"
)

// AppendEvent appends the message of an event whose data is JSON, as Append
// would: this one is said for every token.
func AppendEvent(dst []byte, s uint32, seq uint64, name, data []byte) []byte {
	dst = append(dst, `{"t":"event","s":`...)
	dst = strconv.AppendUint(dst, uint64(s), 10)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	if len(name) > 0 {
		dst = append(dst, `,"event":`...)
		e := jx.Writer{Buf: dst}
		e.ByteStr(name)
		dst = e.Buf
	}
	dst = append(dst, `,"data":`...)
	dst = append(dst, data...)
	return append(dst, '}')
}
