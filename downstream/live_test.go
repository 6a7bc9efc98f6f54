package downstream

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// fillUp appends events until the stream has ended, and counts them.
func fillUp(count *int) script {
	return func(_ context.Context, st *stream.Stream) stream.End {
		for n := 1; st.Append(event(n, 400), time.Now()) == nil; n++ {
			*count = n
			st.Flush()
		}
		return stream.End{Reason: stream.UpstreamError}
	}
}

// A stream waits for its client for exactly keep-alive, from the moment at
// which the client was gone.
func TestAbandoned(t *testing.T) {
	virtual(t, &opener{script: tokens(3)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 9))
		id := p.want(wire.Opened, 1).Stream
		st := s.lives.get(id).st
		time.Sleep(keepAlive / 2)
		_ = p.conn.Close()
		synctest.Wait()

		time.Sleep(keepAlive - 1) // just in time
		p = join(t, l.dial(), wire.ProtocolBinary)
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":0}`, id)
		p.want(wire.Opened, 1)
		time.Sleep(2 * time.Nanosecond) // it would have been over by now
		_ = p.conn.Close()
		synctest.Wait()

		time.Sleep(keepAlive - 1)
		synctest.Wait()
		if end, ended := st.Ended(); ended {
			t.Fatal("too early:", end)
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if end, _ := st.Ended(); end.Reason != stream.Abandoned {
			t.Error("not in time:", end)
		}
		if n := s.opt.Registry.Len(); n != 0 {
			t.Errorf("%d calls", n)
		}

		p = join(t, l.dial(), wire.ProtocolJSON) // the end can still be read, and what there was
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":0,"max":9}`, id)
		p.want(wire.Opened, 1)
		for range 3 {
			p.want(wire.Event, 1)
		}
		if m := p.want(wire.End, 1); m.Reason != string(stream.Abandoned) || m.Seq != 3 {
			t.Errorf("%+v", m)
		}
		_ = p.conn.Close()
	})
}

// A stream that nobody ever reads is like one that was left.
func TestNeverAttached(t *testing.T) {
	virtual(t, &opener{script: silent}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		resp := answerTo(t, l.dial(), http.MethodPost, streamsPath, `{"api":"chat.completions","body":{"model":"m"}}`, "Origin: http://127.0.0.1")
		id := strings.TrimPrefix(resp.Header.Get("Location"), streamsPath+"/")
		st := s.lives.get(id).st
		time.Sleep(keepAlive - 1)
		synctest.Wait()
		if _, ended := st.Ended(); ended {
			t.Error("too early")
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if end, _ := st.Ended(); end.Reason != stream.Abandoned {
			t.Error(end)
		}
	})
}

// A client that grants nothing more pauses the provider and is told so, each
// time. Keep-alive later the call is cancelled; what there was is still the
// client's, and then the reason.
func TestSlowConsumer(t *testing.T) {
	count := 0
	virtual(t, &opener{script: fillUp(&count)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 1))
		id := p.want(wire.Opened, 1).Stream
		p.want(wire.Event, 1)
		if m := p.want(wire.Blocked, 1); m.LeftMS != keepAlive.Milliseconds() || m.Seq != 1 {
			t.Errorf("%+v", m)
		}
		if st := s.lives.get(id).st.Stats(); !st.Full || st.Bytes > 4096 || st.Bytes < 3000 {
			t.Errorf("%+v", st)
		}
		time.Sleep(keepAlive - 1)
		had := count
		p.say(`{"t":"ack","s":1,"seq":1,"max":%d}`, had) // just in time; takes and acknowledges to the last
		for seq := 2; seq <= had; seq++ {
			if m := p.want(wire.Event, 1); m.Seq != uint64(seq) {
				t.Fatalf("%+v", m)
			}
		}
		if m := p.want(wire.Blocked, 1); m.LeftMS != 0 { // the same time still, after more events
			t.Errorf("%+v", m)
		}
		p.say(`{"t":"ack","s":1,"seq":%d,"max":%[1]d}`, had)
		if m := p.want(wire.Blocked, 1); m.LeftMS != keepAlive.Milliseconds() {
			t.Errorf("%+v", m)
		}
		synctest.Wait()
		had = count
		time.Sleep(keepAlive - 1)
		synctest.Wait()
		if _, ended := s.lives.get(id).st.Ended(); ended {
			t.Error("too early")
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if end, _ := s.lives.get(id).st.Ended(); end.Reason != stream.SlowConsumer || count != had {
			t.Error(end, count, had)
		}
		p.say(`{"t":"ack","s":1,"seq":0,"max":1000000}`)
		m := p.hear()
		n := 0
		for ; m.T == wire.Event || m.T == wire.Blocked; m = p.hear() {
			if m.T == wire.Event {
				n++
			}
		}
		if m.T != wire.End || m.Reason != string(stream.SlowConsumer) || m.Seq != uint64(had) || n == 0 {
			t.Errorf("after %d events %+v", n, m)
		}
		_ = p.conn.Close()
	})
}

// A large event waits for an empty buffer. A client that was told so early, and
// acknowledges in batches, is told again when it has the rest: else it would
// keep back the last acknowledgement, and be cut for it.
func TestBlockedIsSaidAgain(t *testing.T) {
	const small = 20
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		for i := range small {
			_ = st.Append(event(i, 20), time.Now())
		}
		_ = st.Append(event(0, 10_000), time.Now())
		return stream.End{Reason: stream.Complete}
	}}
	virtual(t, o, func(t *testing.T, _ *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 5))
		p.want(wire.Opened, 1)
		told := func(from, to uint64) {
			t.Helper()
			for seq := from; seq <= to; seq++ {
				if m := p.want(wire.Event, 1); m.Seq != seq {
					t.Fatalf("%+v", m)
				}
			}
			if m := p.want(wire.Blocked, 1); m.Seq != to {
				t.Errorf("%+v", m)
			}
		}
		told(1, 5)
		p.say(`{"t":"ack","s":1,"seq":5,"max":100}`)
		told(6, small)
		p.say(`{"t":"ack","s":1,"seq":%d,"max":100}`, small)
		m := p.hear()
		for ; m.T == wire.Part; m = p.hear() {
		}
		if m.T != wire.Event || m.Seq != small+1 {
			t.Errorf("%+v", m)
		}
		p.want(wire.End, 1)
		_ = p.conn.Close()
	})
}

// A client that cancels wants no more events, and may have no credit for those
// that are held: its end must not wait for them, else the stream keeps its
// place on the connection for ever.
func TestCancelWithoutCredit(t *testing.T) {
	o := &opener{script: func(ctx context.Context, st *stream.Stream) stream.End {
		for i := range 3 {
			_ = st.Append(event(i, 20), time.Now())
		}
		st.Flush()
		<-ctx.Done()
		return stream.End{Reason: stream.UpstreamError}
	}}
	virtual(t, o, func(t *testing.T, _ *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 1))
		p.want(wire.Opened, 1)
		p.want(wire.Event, 1)
		p.say(`{"t":"cancel","s":1}`)
		if m := p.want(wire.End, 1); m.Reason != string(stream.Cancelled) {
			t.Errorf("%+v", m)
		}
		_ = p.conn.Close()
	})
}

// ended is a server on which n streams of one event have ended unread; it
// returns their ids.
func ended(t *testing.T, l *pipes, n int) (ids []string) {
	t.Helper()
	for range n {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 0))
		ids = append(ids, p.want(wire.Opened, 1).Stream)
		_ = p.conn.Close()
		synctest.Wait()
	}
	return ids
}

func oneEvent(_ context.Context, st *stream.Stream) stream.End {
	_ = st.Append(stream.Event{Data: []byte(`{}`)}, time.Now())
	return stream.End{Reason: stream.Complete}
}

// What has ended is kept for a while, and not more of it than the bound: the
// oldest goes first. Each is reported once, when its end was read or when it
// is forgotten.
func TestEndedStreamsAreBounded(t *testing.T) {
	virtual(t, &opener{script: oneEvent}, func(t *testing.T, s *Server, l *pipes, r *reports) {
		ids := ended(t, l, 6)
		if all, over := s.lives.len(); all != 4 || over != 4 {
			t.Errorf("%d streams, %d ended", all, over)
		}
		p := join(t, l.dial(), wire.ProtocolJSON)
		for i, id := range ids {
			p.say(`{"t":"resume","s":1,"stream":%q,"seq":0,"max":9}`, id)
			if i < 2 {
				if m := p.want(wire.Refused, 1); m.Status != http.StatusNotFound {
					t.Errorf("%+v", m)
				}
				continue
			}
			p.want(wire.Opened, 1)
			p.want(wire.Event, 1)
			p.want(wire.End, 1)
		}
		synctest.Wait()
		r.mu.Lock()
		sent := 0
		for _, report := range r.list {
			if report.EndSent {
				sent++
			}
		}
		if len(r.list) != 6 || sent != 4 {
			t.Errorf("%d reports, %d of them of ends that were read", len(r.list), sent)
		}
		r.mu.Unlock()
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":1,"max":9}`, ids[5]) // the terminal record stays readable
		p.want(wire.Opened, 1)
		if m := p.want(wire.End, 1); m.Reason != string(stream.Complete) || m.Seq != 1 {
			t.Errorf("%+v", m)
		}
		_ = p.conn.Close()
	})
}

func TestEndedStreamsAreForgotten(t *testing.T) {
	virtual(t, &opener{script: oneEvent}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		_ = ended(t, l, 3)
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if all, _ := s.lives.len(); all != 3 {
			t.Errorf("%d streams", all)
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if all, over := s.lives.len(); all != 0 || over != 0 {
			t.Errorf("%d streams, %d ended", all, over)
		}
	})
}

// A client that is there, and takes nothing of what is left, is told when it
// is forgotten: it would wait for an end that never comes.
func TestForgottenWhileAttached(t *testing.T) {
	virtual(t, &opener{script: oneEvent}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 0))
		p.want(wire.Opened, 1)
		began := time.Now()
		if m := p.want(wire.Detached, 1); m.Reason != wire.Forgotten || time.Since(began) != time.Minute {
			t.Errorf("%+v after %v", m, time.Since(began))
		}
		p.say("%s", openMessage(1, 9)) // and the number is free
		p.want(wire.Opened, 1)
		p.want(wire.Event, 1)
		p.want(wire.End, 1)
		_ = p.conn.Close()
	})
}

// A stream that was acknowledged and ended, and ends up in nobody's hands, is
// resumed at its end.
func TestNothingIsSentTwice(t *testing.T) {
	virtual(t, &opener{script: tokens(5)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 3))
		id := p.want(wire.Opened, 1).Stream
		for seq := uint64(1); seq <= 3; seq++ {
			if m := p.want(wire.Event, 1); m.Seq != seq {
				t.Errorf("%+v", m)
			}
		}
		_ = p.conn.Close()
		synctest.Wait()
		p = join(t, l.dial(), wire.ProtocolJSON)
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":4,"max":9}`, id) // never sent
		if m := p.want(wire.Refused, 1); m.Status != http.StatusGone {
			t.Errorf("%+v", m)
		}
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":2,"max":4}`, id)
		p.want(wire.Opened, 1)
		for seq := uint64(3); seq <= 4; seq++ {
			if m := p.want(wire.Event, 1); m.Seq != seq {
				t.Errorf("%+v", m)
			}
		}
		p.raw(masked(fin|opPing, nil)) // nothing beyond max
		p.wantFrame(fin|opPong, nil)
		_ = p.conn.Close()
	})
}
