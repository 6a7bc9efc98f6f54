package downstream

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/downstream/wire"
)

// A client that makes the gateway answer and never reads must not make it
// remember the answers. Of pings only the newest is worth an answer (RFC 6455
// section 5.5.3).
func TestPingsInAFlood(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	many := bytes.Repeat(masked(fin|opPing, make([]byte, 125)), 1000)
	for range 100 {
		p.raw(many)
	}
	x := g.s.sessions.drain(sessionsOpen)[0]
	x.mu.Lock()
	queued := len(x.control)
	x.mu.Unlock()
	x.conn.mu.Lock()
	held := len(x.conn.buf)
	x.conn.mu.Unlock()
	if queued != 0 || held > 2*pageSize {
		t.Errorf("%d messages and %d bytes are held", queued, held)
	}
	_ = p.conn.Close()
	g.empty()
}

// Answers that have to be given are held, up to a bound: then the client is not
// heard until it has taken them, and cut when it does not.
func TestRefusalsInAFlood(t *testing.T) {
	virtual(t, &opener{}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		written := make(chan struct{})
		go func() {
			defer close(written)
			array := `[{"t":"resume"}` + strings.Repeat(`,{"t":"resume"}`, 250) + `]`
			_, _ = p.conn.Write(bytes.Repeat(masked(fin|opText, []byte(array)), 1000))
		}()
		time.Sleep(3*keepAlive - time.Nanosecond)
		synctest.Wait()
		x := s.sessions.drain(sessionsOpen)[0]
		x.mu.Lock()
		held, most := len(x.control), x.answersHeld()+251
		x.mu.Unlock()
		if held > most || held == 0 {
			t.Errorf("%d answers are held, at most %d may be", held, most)
		}
		time.Sleep(lingerTime + time.Nanosecond)
		<-written
		synctest.Wait()
		if n := len(s.sessions.drain(sessionsOpen)); n != 0 {
			t.Errorf("%d sessions", n)
		}
		_ = p.conn.Close()
	})
}

// A client that reads, if late, has every answer.
func TestRefusalsReadLate(t *testing.T) {
	g := serve(t, &opener{})
	p := g.join(wire.ProtocolJSON)
	const n = 20000
	go func() {
		_, _ = p.conn.Write(bytes.Repeat(masked(fin|opText, []byte(`{"t":"resume","s":1,"stream":"x"}`)), n))
	}()
	for range n {
		p.want(wire.Refused, 1)
	}
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	g.empty()
}
