package downstream

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

var someUsage = stream.Usage{Input: 12, Output: 34, Cached: 5, Reasoning: 6}

const someUsageJSON = `{"input_tokens":12,"output_tokens":34,"cached_tokens":5,"reasoning_tokens":6,"estimated":false}`

// The terminal record says what the call has used, the same wherever it is
// read; and so does the report.
func TestUsageInTheEnd(t *testing.T) {
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		_ = st.Append(stream.Event{Data: []byte(`{}`)}, time.Now())
		return stream.End{Reason: stream.Complete, Usage: someUsage}
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 9))
		id := p.want(wire.Opened, 1).Stream
		p.want(wire.Event, 1)
		want := &wire.Usage{Input: 12, Output: 34, Cached: 5, Reasoning: 6}
		if diff := cmp.Diff(want, p.want(wire.End, 1).Usage); diff != "" {
			t.Error(diff)
		}
		_ = p.conn.Close()
		events := get(t, l.dial(), streamsPath+"/"+id+"/events?seq=0")
		const record = `{"seq":1,"reason":"complete","usage":` + someUsageJSON + `}`
		events.want("id: 1\ndata: {}\n", "event: tidegate.end\ndata: "+record+"\n", "")
		_ = events.conn.Close()
		_, state := status(t, l.dial(), http.MethodGet, streamsPath+"/"+id, "")
		var got struct{ End json.RawMessage }
		if err := json.Unmarshal([]byte(state), &got); err != nil || string(got.End) != record {
			t.Errorf("%s %v", state, err)
		}
		synctest.Wait()
		if report := r.only(t); report.Usage != someUsage {
			t.Errorf("%+v", report)
		}
	})
}

// What a call has used that was cancelled is known when the provider's side
// has let go of it; until then there is no end to be read.
func TestUsageOfCancelled(t *testing.T) {
	const slow = 2 * time.Second
	o := &opener{script: func(ctx context.Context, st *stream.Stream) stream.End {
		_ = st.Append(stream.Event{Data: []byte(`{}`)}, time.Now())
		st.Flush()
		<-ctx.Done()
		time.Sleep(slow)
		return stream.End{Reason: stream.UpstreamError, Usage: stream.Usage{Output: 1, Estimated: true}}
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 9))
		id := p.want(wire.Opened, 1).Stream
		p.want(wire.Event, 1)
		began := time.Now()
		p.say(`{"t":"cancel","s":1}`)
		_, state := status(t, l.dial(), http.MethodGet, streamsPath+"/"+id, "")
		var got struct{ End *wire.Message }
		if err := json.Unmarshal([]byte(state), &got); err != nil || got.End != nil {
			t.Errorf("%s %v", state, err)
		}
		m := p.want(wire.End, 1)
		if m.Reason != string(stream.Cancelled) || m.Usage == nil || *m.Usage != (wire.Usage{Output: 1, Estimated: true}) || time.Since(began) != slow {
			t.Errorf("%+v after %v", m, time.Since(began))
		}
		_ = p.conn.Close()
		synctest.Wait()
		if report := r.only(t); report.Usage != (stream.Usage{Output: 1, Estimated: true}) || report.End.Reason != stream.Cancelled {
			t.Errorf("%+v", report)
		}
	})
}

// A client that leaves a plain stream has used what it got.
func TestUsageOfGone(t *testing.T) {
	o := &opener{script: func(ctx context.Context, st *stream.Stream) stream.End {
		_ = st.Append(stream.Event{Data: []byte(`{}`)}, time.Now())
		st.Flush()
		<-ctx.Done()
		return stream.End{Reason: stream.UpstreamError, Usage: someUsage}
	}}
	ended := make(chan *stream.Report, 1)
	g := serve(t, o, func(o *Options) { o.Observer = observing(ended) })
	conn := g.dial()
	answerTo(t, conn, "POST", "/v1/messages", `{"model":"m","stream":true}`)
	_ = conn.Close()
	if report := <-ended; report.Usage != someUsage || report.End.Reason != stream.Cancelled {
		t.Errorf("%+v", report)
	}
}

// observing is an observer of ends.
type observing chan *stream.Report

func (observing) Meter(string, string) stream.Meter { return nil }
func (o observing) Ended(r *stream.Report)          { o <- r }

// What is written to clients is counted, whatever carries it.
func TestBytesOfLiveStreams(t *testing.T) {
	const n, size = 10, 300
	o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
		for i := range n {
			_ = st.Append(event(i, size), time.Now())
			st.Flush()
		}
		return complete
	}}
	for name, read := range map[string]func(t *testing.T, l *pipes){
		"JSON": func(t *testing.T, l *pipes) {
			p := join(t, l.dial(), wire.ProtocolJSON)
			p.say("%s", openMessage(1, 1000))
			p.want(wire.Opened, 1)
			for i := range n {
				p.want(wire.Event, 1)
				p.say(`{"t":"ack","s":1,"seq":%d,"max":1000}`, i+1)
			}
			p.want(wire.End, 1)
			_ = p.conn.Close()
		},
		"SSE": func(t *testing.T, l *pipes) {
			a := post(t, l.dial(), 0)
			events := get(t, l.dial(), a.Events)
			for range n {
				if events.next() == "" {
					t.Error("too early")
				}
			}
			events.next()
			events.want("")
			_ = events.conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
				read(t, l)
				synctest.Wait()
				report := r.only(t)
				if report.BytesOut < n*size || report.BytesOut > n*(size+60)+1000 {
					t.Errorf("%d bytes for %d of data", report.BytesOut, n*size)
				}
			})
		})
	}
}

// A call that is refused on a WebSocket is reported like one that is refused
// over HTTP.
func TestRefusedOpensAreReported(t *testing.T) {
	ended := make(chan *stream.Report, 4)
	g := serve(t, &opener{script: silent}, func(o *Options) {
		o.Observer, o.Registry, o.PerConn = observing(ended), stream.NewRegistry(1), 2
	})
	p := g.join(wire.ProtocolJSON)
	want := func(code string, status int, api stream.API) {
		t.Helper()
		if r := <-ended; r.Code != code || r.Status != status || r.API != api || r.Principal != "anonymous" || r.ID == "" {
			t.Errorf("%+v, want %s", r, code)
		}
	}
	p.say(`{"t":"open","s":1,"api":"responses","body":{}}`)
	p.want(wire.Refused, 1)
	want("missing_model", 400, stream.Responses)
	p.say("%s", openMessage(1, 1))
	p.want(wire.Opened, 1)
	p.say("%s", openMessage(2, 1))
	p.want(wire.Refused, 2)
	want("overloaded", 503, stream.ChatCompletions)
	p.say(`{"t":"cancel","s":1}`)
	p.want(wire.End, 1)
	if r := <-ended; r.End.Reason != stream.Cancelled {
		t.Errorf("%+v", r)
	}
}

// What was on its way when the end was written is acknowledged after it, and
// held no longer; the end still is.
func TestAcknowledgedAfterTheEnd(t *testing.T) {
	virtual(t, &opener{script: tokensThenEnd(3)}, func(t *testing.T, s *Server, l *pipes, _ *reports) {
		p := join(t, l.dial(), wire.ProtocolJSON)
		p.say("%s", openMessage(1, 9))
		id := p.want(wire.Opened, 1).Stream
		for range 3 {
			p.want(wire.Event, 1)
		}
		p.want(wire.End, 1)
		synctest.Wait()
		st := s.lives.get(id).st
		p.say(`{"t":"ack","s":1,"seq":2,"max":9}`) // there may be a return to what is not applied
		synctest.Wait()
		if got := st.Stats(); got.Bytes == 0 || got.Acked != 0 {
			t.Errorf("%+v", got)
		}
		other := join(t, l.dial(), wire.ProtocolJSON)
		other.say(`{"t":"resume","s":1,"stream":%q,"seq":2,"max":2}`, id)
		other.want(wire.Opened, 1)
		p.say(`{"t":"ack","s":1,"seq":3,"max":9}`) // it is the other's stream by now
		synctest.Wait()
		if got := st.Stats(); got.Bytes == 0 || got.Acked != 2 || got.Max != 2 {
			t.Errorf("%+v", got)
		}
		_ = other.conn.Close()
		synctest.Wait()
		p.say(`{"t":"ack","s":1,"seq":3,"max":9}`)
		synctest.Wait()
		if got := st.Stats(); got.Bytes != 0 || got.Acked != 3 {
			t.Errorf("%+v", got)
		}
		p.say(`{"t":"resume","s":1,"stream":%q,"seq":3,"max":9}`, id)
		p.want(wire.Opened, 1)
		if m := p.want(wire.End, 1); m.Seq != 3 || m.Reason != string(stream.Complete) {
			t.Errorf("%+v", m)
		}
		_ = p.conn.Close()
	})
}

func tokensThenEnd(n int) script {
	return func(_ context.Context, st *stream.Stream) stream.End {
		for i := range n {
			_ = st.Append(event(i, 100), time.Now())
			st.Flush()
		}
		return complete
	}
}

// Streams of each API over the protocol.
func TestOpenEachAPI(t *testing.T) {
	calls := make(chan stream.Call, 1)
	g := serve(t, &opener{script: oneEvent, called: func(c *stream.Call) { calls <- *c }})
	p := g.join(wire.ProtocolJSON)
	for _, c := range []struct{ api, rest, body, model string }{
		{"responses", `"body":{"model":"m"}`, `{"stream":true,"model":"m"}`, "m"},
		{"messages", `"body":{"model":"m","stream":true}`, `{"model":"m","stream":true}`, "m"},
		{"generateContent", `"model":"org/m","body":{"contents":[]}`, `{"contents":[]}`, "org/m"},
	} {
		p.say(`{"t":"open","s":1,"api":%q,%s,"max":9}`, c.api, c.rest)
		p.want(wire.Opened, 1)
		p.want(wire.Event, 1)
		p.want(wire.End, 1)
		got := <-calls
		if string(got.API) != c.api || got.Model != c.model || string(got.Body) != c.body || !got.Stream || got.Principal != "anonymous" {
			t.Errorf("%+v, body %s", got, got.Body)
		}
	}
	p.say(`{"t":"open","s":1,"api":"generateContent","body":{"contents":[]}}`)
	if m := p.want(wire.Refused, 1); m.Status != 400 {
		t.Errorf("%+v", m)
	}
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	resp := answerTo(t, g.dial(), "POST", streamsPath, `{"api":"generateContent","model":"m","body":{}}`, own)
	if got := <-calls; resp.StatusCode != http.StatusCreated || got.Model != "m" || got.API != stream.GenerateContent {
		t.Errorf("%s %+v", resp.Status, got)
	}
}
