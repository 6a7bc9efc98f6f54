package downstream

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// A client is pinged every keep-alive. One that answers stays for as long as
// it likes; one that does not is told so after two.
func TestPingsAndTheirEnd(t *testing.T) {
	virtual(t, &opener{}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		began := time.Now()
		for n := 1; n <= 100; n++ {
			p.wantFrame(fin|opPing, nil)
			if at := time.Since(began); at != time.Duration(n)*keepAlive {
				t.Fatalf("ping %d after %v", n, at)
			}
			p.raw(masked(fin|opPong, nil))
		}
		began = time.Now()
		p.wantFrame(fin|opPing, nil)
		p.wantFrame(fin|opPing, nil)
		p.wantClose(wire.CloseKeepAlive)
		if at := time.Since(began); at != 3*keepAlive {
			t.Errorf("given up after %v", at)
		}
	})
}

// A client that takes nothing at all can't be told: the connection is cut.
func TestPingsThatAreNotRead(t *testing.T) {
	virtual(t, &opener{}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		time.Sleep(3*keepAlive + lingerTime - 1)
		synctest.Wait()
		if n := len(s.sessions.drain(sessionsOpen)); n != 1 {
			t.Fatalf("%d sessions", n)
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if n := len(s.sessions.drain(sessionsOpen)); n != 0 {
			t.Errorf("%d sessions", n)
		}
		_ = p.conn.Close()
	})
}

// One byte a second keeps a connection busy for as long as its sender likes,
// and costs him nothing. While a frame is not whole no pong can come; a message
// in many frames, with pongs between them, has the time of a request's body.
func TestTrickle(t *testing.T) {
	message := masked(fin|opText, bytes.Repeat([]byte{' '}, 1000))
	for _, c := range []struct {
		name  string
		bytes func(i int) []byte
		after time.Duration
		code  int
	}{
		{"a frame", func(i int) []byte { return message[i : i+1] }, 3 * keepAlive, wire.CloseKeepAlive},
		{"many frames", func(i int) []byte {
			if i == 0 {
				return masked(opText, []byte{' '})
			}
			return append(masked(opMore, []byte{' '}), masked(fin|opPong, nil)...)
		}, time.Minute, wire.CloseProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			virtual(t, &opener{}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
				p := join(t, l.dial(), wire.ProtocolJSON)
				began := time.Now()
				written := make(chan struct{})
				go func() {
					defer close(written)
					for i := range 1000 {
						if _, err := p.conn.Write(c.bytes(i)); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				}()
				for {
					first, payload, err := p.frame()
					if err != nil {
						t.Error(err)
						return
					}
					if first == fin|opPing {
						continue
					}
					if code := int(payload[0])<<8 | int(payload[1]); first != fin|opClose || code != c.code {
						t.Errorf("%x %d", first, code)
					}
					break
				}
				if at := time.Since(began); at != c.after {
					t.Errorf("closed after %v, want %v", at, c.after)
				}
				p.wantEnd() // and nothing of HTTP's before it
				<-written
			})
		})
	}
}

// A stop that comes before the provider has answered stops the call, too.
func TestCancelWhileOpening(t *testing.T) {
	o := &opener{delay: time.Hour, script: silent}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 1))
		synctest.Wait()
		p.say(`{"t":"cancel","s":1}`)
		if m := p.want(wire.Refused, 1); !bytes.Contains(m.Err, []byte(`"cancelled"`)) {
			t.Errorf("%s", m.Err)
		}
		synctest.Wait()
		if end := r.only(t).End; end.Reason != stream.Cancelled {
			t.Error(end)
		}
		_ = p.conn.Close()
	})
}

// A client that leaves before the provider has answered knows no id to come
// back with: nobody will, and the call is stopped at once.
func TestGoneWhileOpening(t *testing.T) {
	o := &opener{delay: time.Hour, script: silent}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 1))
		synctest.Wait()
		_ = p.conn.Close()
		synctest.Wait()
		if end := r.only(t).End; end.Reason != stream.Cancelled {
			t.Error(end)
		}
		if n := s.opt.Registry.Len(); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// A client that leaves with its stream's end on the way has not had it: nobody
// is attached any more, and the end is there for whoever resumes.
func TestGoneBeforeTheEnd(t *testing.T) {
	virtual(t, &opener{script: oneEvent}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 9))
		id := p.want(wire.Opened, 1).Stream
		synctest.Wait() // its end is being written
		_ = p.conn.Close()
		synctest.Wait()
		if n := len(s.lives.consumers()); n != 0 {
			t.Errorf("%d are attached", n)
		}
		p = join(t, l.dial(), wire.ProtocolJSON)
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":0,"max":9}`, id)
		p.want(wire.Opened, 1)
		p.want(wire.Event, 1)
		p.want(wire.End, 1)
		_ = p.conn.Close()
	})
}

// Once the gateway has said goodbye, nothing is begun any more: its client is
// about to do the same over another connection.
func TestDeafAfterGoodbye(t *testing.T) {
	g := serve(t, &opener{script: tokens(1)})
	p := g.join(wire.ProtocolJSON)
	g.s.sessions.drain(sessionsOpen)[0].closeWith(wire.CloseOverloaded, "")
	p.wantFrame(fin|opClose, closeText(wire.CloseOverloaded, ""))
	p.say("%s", openMessage(1, 9))
	p.say("no message")
	p.raw(masked(fin|opClose, closeText(wire.CloseOverloaded, "")))
	p.wantEnd()
	g.empty()
	g.reports.mu.Lock()
	defer g.reports.mu.Unlock()
	if n := g.s.opt.Registry.Len() + len(g.reports.list); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A number is free as soon as the client has read its stream's end, and as
// soon as a refusal says that there is none.
func TestNumberIsFreeAfterTheEnd(t *testing.T) {
	o := &opener{script: func(context.Context, *stream.Stream) stream.End {
		return stream.End{Reason: stream.Complete}
	}}
	g := serve(t, o)
	p := g.join(wire.ProtocolBinary)
	for range 200 {
		p.say("%s", openMessage(1, 1))
		p.want(wire.Opened, 1)
		p.want(wire.End, 1)
		p.say(`{"t":"resume","s":1,"stream":"x"}`)
		p.want(wire.Refused, 1)
	}
	x := g.s.sessions.drain(sessionsOpen)[0]
	x.mu.Lock()
	lanes, opening := len(x.lanes), len(x.opening)
	x.mu.Unlock()
	if lanes+opening != 0 {
		t.Errorf("%d streams and %d being opened are left", lanes, opening)
	}
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	g.empty()
}

// The newest consumer has the stream. What the one before says about it, stop
// included, is not heard any more.
func TestSuperseded(t *testing.T) {
	virtual(t, &opener{script: tokens(4)}, func(t *testing.T, s *Server, l *pipes, r *reports) {
		first := join(t, l.dial(), wire.ProtocolJSON)
		first.say("%s", openMessage(1, 2))
		id := first.want(wire.Opened, 1).Stream
		first.want(wire.Event, 1)
		first.want(wire.Event, 1)
		second := join(t, l.dial(), wire.ProtocolJSON)
		second.say(`{"t":"resume","s":9,"stream":%q,"seq":1,"max":3}`, id)
		if m := second.want(wire.Opened, 9); m.Seq != 1 || m.Stream != id {
			t.Errorf("%+v", m)
		}
		for seq := uint64(2); seq <= 3; seq++ {
			if m := second.want(wire.Event, 9); m.Seq != seq {
				t.Errorf("%+v", m)
			}
		}
		if m := first.want(wire.Detached, 1); m.Reason != wire.Superseded {
			t.Errorf("%+v", m)
		}
		first.say(`[{"t":"cancel","s":1},{"t":"ack","s":1,"seq":4,"max":99}]`)
		synctest.Wait()
		second.say(`{"t":"ack","s":9,"seq":3,"max":4}`)
		if m := second.want(wire.Event, 9); m.Seq != 4 {
			t.Errorf("%+v", m)
		}
		second.say(`{"t":"resume","s":2,"stream":%q,"seq":2,"max":3}`, id) // acknowledged already
		if m := second.want(wire.Refused, 2); m.Status != http.StatusGone {
			t.Errorf("%+v", m)
		}
		second.say(`{"t":"cancel","s":9}`)
		second.want(wire.End, 9)
		_ = first.conn.Close()
		_ = second.conn.Close()
	})
}

// A resume that was on its way for longer than that of a later consumer does
// not take the stream from it, whichever transport it comes by.
func TestLateResume(t *testing.T) {
	virtual(t, &opener{script: tokens(3)}, func(t *testing.T, s *Server, l *pipes, r *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 1))
		id := p.want(wire.Opened, 1).Stream
		p.want(wire.Event, 1)
		p.say(`{"t":"resume","s":2,"stream":%q,"seq":1,"max":2,"epoch":2}`, id)
		p.want(wire.Detached, 1)
		p.want(wire.Opened, 2)
		p.want(wire.Event, 2)
		p.say(`{"t":"resume","s":3,"stream":%q,"seq":1,"max":3,"epoch":1}`, id)
		if m := p.want(wire.Refused, 3); m.Status != http.StatusConflict || !strings.Contains(string(m.Err), `"code":"superseded","epoch":2`) {
			t.Errorf("%+v", m)
		}
		late := answerTo(t, l.dial(), http.MethodGet, "/v1/streams/"+id+"/events?seq=1&max=3", "", own)
		if late.StatusCode != http.StatusConflict {
			t.Error(late.Status, late.Header)
		}
		p.say(`{"t":"ack","s":2,"seq":2,"max":3}`) // its stream still
		if m := p.want(wire.Event, 2); m.Seq != 3 {
			t.Errorf("%+v", m)
		}
		p.say(`{"t":"resume","s":3,"stream":%q,"seq":2,"max":3,"epoch":2}`, id) // the same consumer, over a new connection
		p.want(wire.Detached, 2)
		p.want(wire.Opened, 3)
		_ = p.conn.Close()
	})
}

// A gateway that is told to stop says so to its clients at once, and ends what
// is left with a reason before it says goodbye: no client takes it for a fault.
func TestShutdownIsSaid(t *testing.T) {
	virtual(t, &opener{script: tokens(3)}, func(t *testing.T, s *Server, l *pipes, r *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 9))
		p.want(wire.Opened, 1)
		for range 3 {
			p.want(wire.Event, 1)
		}
		ctx, cancel := context.WithTimeout(context.Background(), keepAlive/2)
		defer cancel()
		cut := make(chan int)
		go func() { cut <- s.Shutdown(ctx) }()
		if m := p.want(wire.Draining, 0); m.ReconnMS != 1000 {
			t.Errorf("%+v", m)
		}
		synctest.Wait()
		p.say("%s", openMessage(2, 9))
		if m := p.want(wire.Refused, 2); m.Status != http.StatusServiceUnavailable {
			t.Errorf("%+v", m)
		}
		if m := p.want(wire.End, 1); m.Reason != string(stream.Shutdown) || m.Seq != 3 || !strings.Contains(string(m.Err), "shutdown") {
			t.Errorf("%+v", m)
		}
		p.wantClose(wire.CloseDraining)
		if n := <-cut; n != 1 {
			t.Errorf("%d calls were cut", n)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if i := slices.IndexFunc(r.list, func(r *stream.Report) bool { return r.End.Reason == stream.Shutdown }); i < 0 || !r.list[i].EndSent {
			t.Errorf("%d reports", len(r.list))
		}
	})
}
