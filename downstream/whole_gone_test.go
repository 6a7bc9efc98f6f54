package downstream

import (
	"io"
	"net"
	"testing"
	"time"

	"tidegate/stream"
)

// A client that closes its sending side counts as gone, and may still read: it
// must not be told that an answer that never came is whole.
func TestWholeHalfClosed(t *testing.T) {
	g := newGate(t, &opener{delay: time.Hour})
	g.start("127.0.0.1:0")
	conn := g.dial()
	defer conn.Close()
	const request = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n" + `{"model":"m"}`
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("the client read %q, %v", got, err)
	}
	if r := g.reports.only(t); r.End.Reason != stream.Cancelled || r.Status != 0 {
		t.Errorf("reported: %+v", r)
	}
}
