package client

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// sseEvent is one event of a response.
type sseEvent struct {
	id   uint64 // 0: it has none
	name string
	data []byte
}

// eventReader reads events as a gateway writes them: lines end with LF, each
// event has an id of its own or none (WHATWG HTML 9.2.6; an id is not carried
// on to events without one, and an event with an id has data, empty or not).
// What the end of input cuts is no event.
type eventReader struct {
	r    *bufio.Reader
	max  int    // bytes of an event's data
	line []byte // longer than the reader's buffer
}

func newEventReader(r io.Reader, max int) *eventReader {
	return &eventReader{r: bufio.NewReaderSize(r, 4<<10), max: max}
}

// next returns the next event. io.EOF is the end.
func (e *eventReader) next() (ev sseEvent, err error) {
	some := false
	for {
		line, err := e.readLine(len(ev.data))
		if err != nil {
			return sseEvent{}, err
		}
		if len(line) == 0 {
			if some {
				return ev, nil
			}
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "id":
			if ev.id, err = strconv.ParseUint(string(value), 10, 63); err != nil {
				return sseEvent{}, ErrProtocol
			}
		case "event":
			ev.name = string(value)
		case "data":
			if ev.data != nil {
				ev.data = append(ev.data, '\n')
			}
			ev.data = append(ev.data, value...)
			if ev.data == nil {
				ev.data = []byte{}
			}
		default:
			continue // a comment's field is empty
		}
		some = true
	}
}

// readLine reads a line, valid until the next one is read. had is how many
// bytes its event has already.
func (e *eventReader) readLine(had int) ([]byte, error) {
	line, err := e.r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	e.line = append(e.line[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if had+len(e.line) > e.max+len("data: ") {
			return nil, ErrTooLarge
		}
		line, err = e.r.ReadSlice('\n')
		e.line = append(e.line, line...)
	}
	if err != nil {
		return nil, err
	}
	line = e.line[:len(e.line)-1]
	if len(line) > keepLine {
		e.line = nil // a large event's: not kept for the small ones
	}
	return line, nil
}

// keepLine is the longest line, in bytes, whose memory is used again.
const keepLine = 64 << 10
