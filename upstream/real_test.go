package upstream

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"tidegate/upstream/transport"
)

// script is what a provider on a real socket does with a call whose request it
// has read. When it returns, the connection is closed.
type script func(c *net.TCPConn)

// real is a provider on a real socket.
type real struct {
	*Provider
	calls atomic.Int64 // requests read whole
	play  atomic.Pointer[script]
	done  chan struct{} // closed when the test ends
	keys  chan string   // as sent, the first few
}

// serving starts one. Its limits are the usual ones unless they are changed.
func serving(t testing.TB, name string, does script, change ...func(*ProviderOptions)) *real {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &real{done: make(chan struct{}), keys: make(chan string, 100)}
	r.play.Store(&does)
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c.(*net.TCPConn))
		}
	}()
	tr := transport.New(transport.Options{})
	t.Cleanup(func() {
		close(r.done)
		_ = l.Close()
		<-accepting
		tr.Close()
	})
	r.Provider = provider(t, nil, append([]func(*ProviderOptions){func(o *ProviderOptions) {
		o.Name, o.BaseURL, o.Transport = name, "http://"+l.Addr().String()+"/v1", tr
	}}, change...)...)
	if does == nil { // nobody is there
		_ = l.Close()
	}
	return r
}

func (r *real) serve(c *net.TCPConn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	req, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return
	}
	r.calls.Add(1)
	select {
	case r.keys <- req.Header.Get("Authorization"):
	default:
	}
	gone := make(chan struct{})
	go func() { // until the gateway leaves
		defer close(gone)
		_, _ = in.ReadByte()
	}()
	(*r.play.Load())(c)
	select {
	case <-gone:
	case <-r.done:
	default:
	}
}

// hangs waits until the test is over or the gateway has left.
func hangs(before string) script {
	return func(c *net.TCPConn) {
		_, _ = io.WriteString(c, before)
		_, _ = io.Copy(io.Discard, c)
	}
}

// says writes and closes.
func says(text string) script {
	return func(c *net.TCPConn) {
		_, _ = io.WriteString(c, text)
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}
}

// resets writes, and resets the connection.
func resets(before string) script {
	return func(c *net.TCPConn) {
		_, _ = io.WriteString(c, before)
		_ = c.SetLinger(0)
	}
}

// status is a whole response. The connection is not for another call: whether
// one is found dead in time depends on the machine.
func status(code int, kind, body string, header ...string) string {
	text := fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n", code, kind, len(body))
	for i := 0; i < len(header); i += 2 {
		text += header[i] + ": " + header[i+1] + "\r\n"
	}
	return text + "\r\n" + body
}

const streamHead = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// chunks are data events in a chunk each.
func chunks(data ...string) (out string) {
	for _, d := range data {
		out += fmt.Sprintf("%x\r\ndata: %s\n\n\r\n", len(d)+8, d)
	}
	return out
}

const lastChunk = "0\r\n\r\n"

var wellStreamed = says(streamHead + chunks(token, finish, "[DONE]") + lastChunk)
