package downstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// BenchmarkToken is what an event costs on its way to the client, one by one:
// as plain SSE, and on a WebSocket whose client acknowledges every twentieth, as
// clients do at 80 a second. The client's system calls are in it, of which it
// needs one more to acknowledge.
func BenchmarkToken(b *testing.B) {
	for _, protocol := range []string{"plain", wire.ProtocolBinary, wire.ProtocolJSON} {
		b.Run(protocol, func(b *testing.B) {
			var fd int
			said, done := make(chan struct{}), make(chan struct{})
			g := serve(b, &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
				defer close(done)
				<-said
				benchmarkTokens(b, fd, st, protocol != "plain")
				return complete
			}})
			ask := masked(fin|opText, []byte(openMessage(1, 64)))
			if protocol == "plain" {
				fd = connected(b, g.addr)
				body := `{"model":"m","stream":true}`
				ask = fmt.Appendf(nil, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			} else {
				fd = upgraded(b, g.addr, protocol)
			}
			defer func() { _ = unix.Close(fd) }()
			if _, err := unix.Write(fd, ask); err != nil {
				b.Fatal(err)
			}
			close(said)
			<-done
		})
	}
}

func benchmarkTokens(b *testing.B, fd int, st *stream.Stream, acks bool) {
	const before = `{"id":"chatcmpl-C8xJ2mUq4rTz","object":"chat.completion.chunk","created":1758000000,"model":"gpt-4o-mini-2024-07-18",` +
		`"service_tier":"default","system_fingerprint":"fp_560af6e559","choices":[{"index":0,"delta":{"content":"`
	const after = `"},"logprobs":null,"finish_reason":null}],"usage":null}`
	words := []string{" the", " tide", " rises", ",", " falls", " again", " and", " so"}
	room := make([]byte, 64<<10)
	var data []byte
	// what opens the stream comes before the first event, or with it
	time.Sleep(10 * time.Millisecond)
	for n := uint64(1); b.Loop(); n++ {
		data = append(append(append(data[:0], before...), words[n%8]...), after...)
		if err := st.Append(stream.Event{Data: data}, time.Now()); err != nil {
			b.Error(err)
			return
		}
		st.Flush()
		if _, err := unix.Read(fd, room); err != nil {
			b.Error(err)
			return
		}
		if acks && n%20 == 0 {
			ack := fmt.Appendf(nil, `{"t":"ack","s":1,"seq":%d,"max":%d}`, n, n+64)
			if _, err := unix.Write(fd, masked(fin|opText, ack)); err != nil {
				b.Error(err)
				return
			}
		}
	}
}
