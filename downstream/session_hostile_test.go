package downstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
	"tidegate/stream"
)

// until the call is cancelled, nothing happens
func silent(ctx context.Context, _ *stream.Stream) stream.End {
	<-ctx.Done()
	return stream.End{Reason: stream.UpstreamError}
}

// tokens is a provider's stream of n events, each flushed; then it is silent.
func tokens(n int) script {
	return func(ctx context.Context, st *stream.Stream) stream.End {
		for i := range n {
			if st.Append(stream.Event{Data: fmt.Appendf(nil, `{"n":%d}`, i+1)}, time.Now()) != nil {
				break
			}
		}
		st.Flush()
		return silent(ctx, st)
	}
}

// What breaks the protocol ends the connection with 4500 and says what it was:
// a client that went on would be out of step without knowing.
func TestViolations(t *testing.T) {
	g := serve(t, &opener{delay: time.Hour})
	for _, c := range []struct {
		name, sent, reason string
	}{
		{"no JSON", `hello`, "not a message"},
		{"JSON cut short", `{"t":"ack"`, "not a message"},
		{"two values", `{"t":"cancel","s":1}{"t":"cancel","s":2}`, "not a message"},
		{"not an object", `17`, "not a message"},
		{"an array of numbers", `[1]`, "not a message"},
		{"a number out of range", `{"t":"ack","s":4294967296}`, "not a message"},
		{"a negative position", `{"t":"ack","s":1,"seq":-1}`, "not a message"},
		{"no type", `{}`, `no message ""`},
		{"unknown type", `{"t":"reboot"}`, `no message "reboot"`},
		{"a server's type", `{"t":"opened","s":1}`, `no message "opened"`},
		{"nested beyond reason", `{"t":"ack","x":` + strings.Repeat("[", 1<<20-100), "not a message"},
		{"large control message", `{"t":"ack","s":1,"x":"` + strings.Repeat("x", maxControl) + `"}`, "limit is 4096"},
		{"large array of them", `[` + strings.Repeat(`{"t":"cancel","s":1},`, 300) + `{"t":"cancel","s":1}]`, "limit is 4096"},
		{"several opens in one array", `[` + openMessage(1, 1) + `,` + openMessage(2, 1) + `]`, "several open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := g.join(wire.ProtocolJSON)
			p.t = t
			p.say("%s", c.sent)
			if reason := p.wantClose(wire.CloseProtocol); !strings.Contains(reason, c.reason) {
				t.Errorf("reason %q, want %q", reason, c.reason)
			}
		})
	}
	g.empty()
}

// Two streams of one number could not be told apart.
func TestNumberInUse(t *testing.T) {
	for _, c := range []struct {
		name  string
		delay time.Duration
	}{{"being opened", time.Hour}, {"open", 0}} {
		t.Run(c.name, func(t *testing.T) {
			g := serve(t, &opener{delay: c.delay, script: silent})
			p := g.join(wire.ProtocolJSON)
			p.say("%s", openMessage(1, 1))
			if c.delay == 0 {
				p.want(wire.Opened, 1)
			}
			p.say("%s", openMessage(1, 1))
			if reason := p.wantClose(wire.CloseProtocol); !strings.Contains(reason, "in use") {
				t.Error(reason)
			}
			g.empty()
		})
	}
}

// An acknowledgement of what was not sent would free what the client has never
// had, on a resume it could not be sent any more.
func TestAcknowledgedBeyondSent(t *testing.T) {
	g := serve(t, &opener{script: tokens(8)})
	p := g.join(wire.ProtocolJSON)
	p.say("%s", openMessage(1, 3))
	p.want(wire.Opened, 1)
	for range 3 {
		p.want(wire.Event, 1)
	}
	p.say(`{"t":"ack","s":1,"seq":3,"max":3}`)
	p.say(`{"t":"ack","s":1,"seq":4,"max":4}`)
	if reason := p.wantClose(wire.CloseProtocol); !strings.Contains(reason, "event 4") {
		t.Error(reason)
	}
	g.empty()
}

// An acknowledgement is a few numbers. Too large to be counted, they must not
// turn into small or negative ones.
func TestHugeNumbers(t *testing.T) {
	g := serve(t, &opener{script: tokens(3)})
	p := g.join(wire.ProtocolJSON)
	p.say(`{"t":"open","s":4294967295,"api":"chat.completions","body":{"model":"m"},"max":18446744073709551615}`)
	p.want(wire.Opened, 4294967295)
	for range 3 {
		p.want(wire.Event, 4294967295)
	}
	p.say(`{"t":"ack","s":4294967295,"seq":18446744073709551615}`)
	p.wantClose(wire.CloseProtocol)
	g.empty()
}

// Another principal's stream is as unknown as one that never was: not even
// that it exists can be learned. So is an id that was guessed.
func TestStreamsOfOthers(t *testing.T) {
	keys := make([]string, 2)
	g := serve(t, &opener{script: tokens(1)}, func(o *Options) { o.MaxConns, o.Keys = 4, twoKeys(t, keys) })
	mine := g.joinWith(wire.ProtocolJSON, "Authorization: Bearer "+keys[0])
	mine.say("%s", openMessage(1, 1))
	id := mine.want(wire.Opened, 1).Stream
	mine.want(wire.Event, 1)

	theirs := g.joinWith(wire.ProtocolJSON, "Authorization: Bearer "+keys[1])
	var refusals []wire.Message
	for _, stranger := range []string{id, strings.Repeat("A", len(id)), id[:len(id)-1], id + "A", "", "../" + id} {
		theirs.say(`{"t":"resume","s":1,"stream":%q}`, stranger)
		refusals = append(refusals, theirs.want(wire.Refused, 1))
	}
	for _, m := range refusals {
		if diff := cmp.Diff(refusals[1], m); diff != "" || m.Status != http.StatusNotFound {
			t.Error(m.Status, diff)
		}
	}
	var bodies []string
	for _, stranger := range []string{id, strings.Repeat("A", len(id))} {
		for _, r := range [][2]string{
			{http.MethodGet, ""}, {http.MethodGet, "/events"}, {http.MethodPost, "/ack"}, {http.MethodDelete, ""},
		} {
			conn := g.dial()
			resp := answerTo(t, conn, r[0], streamsPath+"/"+stranger+r[1], `{"seq":1}`, "Authorization: Bearer "+keys[1])
			body, err := all(resp)
			if resp.StatusCode != http.StatusNotFound || err != nil {
				t.Errorf("%s: %s %v", r, resp.Status, err)
			}
			bodies = append(bodies, body)
			_ = conn.Close()
		}
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Errorf("%q", bodies)
	}
	mine.say(`{"t":"ack","s":1,"seq":1,"max":1}`)
	mine.say(`{"t":"cancel","s":1}`)
	if m := mine.want(wire.End, 1); m.Reason != string(stream.Cancelled) { // and not before
		t.Errorf("%+v", m)
	}
}

func twoKeys(t *testing.T, keys []string) *auth.Keys {
	t.Helper()
	var entries []auth.Entry
	for i := range keys {
		var hash string
		keys[i], hash = auth.NewKey()
		entries = append(entries, auth.Entry{Name: fmt.Sprint("app", i), Hash: hash})
	}
	all, err := auth.NewKeys(entries)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A thousand opens on one connection: as many calls as the limit says, the
// others are refused and the connection lives.
func TestThousandOpens(t *testing.T) {
	g := serve(t, &opener{delay: time.Hour, script: silent}, func(o *Options) { o.Registry = stream.NewRegistry(1000) })
	p := g.join(wire.ProtocolJSON)
	go func() {
		for s := range 1000 {
			p.say("%s", openMessage(s, 1))
		}
	}()
	for range 1000 - 8 {
		m := p.hear()
		if m.T != wire.Refused || m.Status != http.StatusTooManyRequests {
			t.Fatalf("%+v", m)
		}
	}
	if n := g.s.opt.Registry.Len(); n != 8 {
		t.Errorf("%d calls", n)
	}
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	g.empty()
}

// The gateway's own limit is nobody's fault: the client may come again.
func TestGatewayIsFull(t *testing.T) {
	g := serve(t, &opener{script: silent}, func(o *Options) { o.Registry = stream.NewRegistry(1) })
	p := g.join(wire.ProtocolJSON)
	p.say("%s", openMessage(1, 1))
	p.want(wire.Opened, 1)
	p.say("%s", openMessage(2, 1))
	if m := p.want(wire.Refused, 2); m.Status != http.StatusServiceUnavailable || m.RetryMS != 1000 {
		t.Errorf("%+v", m)
	}
	p.say(`{"t":"cancel","s":1}`)
	if m := p.want(wire.End, 1); m.Reason != string(stream.Cancelled) {
		t.Errorf("%+v", m)
	}
	p.raw(masked(fin|opClose, nil))
	p.wantClose(0)
	g.empty()
}

// A fault in what one client's message leads to ends that client's connection,
// not the process and every other client's streams.
func TestFaultEndsOneSession(t *testing.T) {
	g := serve(t, &opener{script: tokens(1)}, func(o *Options) { o.MaxConns = 2 })
	other, p := g.join(wire.ProtocolJSON), g.join(wire.ProtocolJSON)
	for _, x := range g.s.sessions.drain(sessionsOpen) {
		x.echo = func(_ int, r io.Reader) error {
			if text, _ := io.ReadAll(r); len(text) == 0 {
				panic("on purpose")
			}
			x.onPing("alive")
			return nil
		}
	}
	p.raw(masked(fin|opText, nil))
	p.wantClose(1011)
	other.raw(masked(fin|opText, []byte("x")))
	other.wantFrame(fin|opPong, []byte("alive"))
}
