package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	bufferSize    = 4096
	maxEvent      = 64 << 10
	silenceLimit  = 60 * time.Second
	firstLimit    = 30 * time.Second
	progressLimit = 10 * time.Minute
	totalLimit    = 10 * time.Minute
	streamLimit   = time.Hour
)

// roundTrip is a provider's side of a call.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// provider is one that answers with a round trip; change may alter its options.
func provider(t testing.TB, answer roundTrip, change ...func(*ProviderOptions)) *Provider {
	t.Helper()
	o := ProviderOptions{
		Name: "p", BaseURL: "http://provider.test/v1/", Keys: []string{"sk-secret"}, UserAgent: "tidegate/test",
		Dialect:   dialect.OpenAI{},
		Timeouts:  Timeouts{FirstEvent: firstLimit, Silence: silenceLimit, Progress: progressLimit, Total: totalLimit, Stream: streamLimit},
		Limits:    Limits{Buffer: bufferSize, ReadBuffer: 512, MaxEvent: maxEvent, Oversize: NewOversize(2 * maxEvent)},
		Transport: answer,
	}
	for _, f := range change {
		f(&o)
	}
	p, err := NewProvider(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// response is an answer with a body at hand.
func response(status int, kind, body string, header ...string) *http.Response {
	h := http.Header{}
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// wire is a provider's body under way: it comes when it is said, and breaks
// off with its context.
type wire struct {
	ctx  context.Context
	in   chan string // closed: the end
	end  error       // what kind of end that is
	rest string
	done chan struct{} // closed by Close
}

func newWire(ctx context.Context) *wire {
	return &wire{ctx: ctx, in: make(chan string, 100), end: io.EOF, done: make(chan struct{})}
}

// hear waits until there is something to read. False: there is nothing more.
func (w *wire) hear() bool {
	if w.rest != "" {
		return true
	}
	select {
	case w.rest = <-w.in:
	case <-w.ctx.Done():
	}
	return w.rest != ""
}

func (w *wire) Read(p []byte) (int, error) {
	if !w.hear() {
		if w.ctx.Err() != nil {
			return 0, w.ctx.Err()
		}
		return 0, w.end
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *wire) Close() error { close(w.done); return nil }

// telling is a wire that tells when there is something to read, as a body of
// HTTP/1.1 does.
type telling struct {
	*wire
	widened int
}

func (w *telling) Wait() { w.hear() }

func (w *telling) Ready() bool {
	if w.rest == "" {
		select {
		case w.rest = <-w.in:
		default:
		}
	}
	return w.rest != ""
}

func (w *telling) Widen(size int) { w.widened = size }

// pumping is a source that is being pumped.
type pumping struct {
	t    *testing.T
	wire *wire
	s    *source
	st   *stream.Stream
	r    *stream.Reader
	end  chan stream.End
	got  []string
	read uint64
}

// underway is a call that has just begun to be answered.
func underway(ctx context.Context, p *Provider, cancel context.CancelCauseFunc) *underWay {
	u := &underWay{provider: p, ctx: ctx, cancel: cancel, clock: newClock(firstLimit, cancel), slot: p.slots.try()}
	u.clock.begin(p.timeouts.Stream)
	return u
}

// pump begins to pump what comes over a wire, of which the first event has come.
// tells: the body tells when there is something.
func pump(t *testing.T, p *Provider, tells bool, first string) *pumping {
	t.Helper()
	return pumpAPI(t, p, stream.ChatCompletions, tells, first)
}

func pumpAPI(t *testing.T, p *Provider, api stream.API, tells bool, first string) *pumping {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	x := &pumping{t: t, wire: newWire(ctx), end: make(chan stream.End, 1)}
	x.say(first)
	body := io.ReadCloser(x.wire)
	if tells {
		body = &telling{wire: x.wire}
	}
	x.s = newSource(underway(ctx, p, cancel), api, body)
	if err := x.s.first(eventStream); err != nil {
		t.Fatal(err)
	}
	x.st = stream.New(stream.Config{
		Pages: stream.NewPages(bufferSize), Now: time.Now, Stop: func() { cancel(context.Canceled) },
	})
	var err error
	if x.r, err = x.st.Attach(0, stream.NoLimit, func() {}); err != nil {
		t.Fatal(err)
	}
	go func() { x.end <- x.s.Pump(x.st) }()
	return x
}

func (x *pumping) say(text string) { x.wire.in <- text }

// take reads and acknowledges what there is.
func (x *pumping) take() {
	synctest.Wait()
	var ev stream.Event
	for {
		seq, ok := x.r.Next(&ev)
		if !ok {
			return
		}
		x.got = append(x.got, string(ev.Data))
		x.read = seq
		if err := x.r.Ack(seq, stream.NoLimit); err != nil {
			x.t.Fatal(err)
		}
		synctest.Wait()
	}
}

// over says whether the pump has ended, and how.
func (x *pumping) over() (stream.End, bool) {
	synctest.Wait()
	select {
	case end := <-x.end:
		x.s.Close()
		return end, true
	default:
		return stream.End{}, false
	}
}

// stop ends a pump that a test is through with.
func (x *pumping) stop() {
	x.st.End(stream.End{Reason: stream.Cancelled})
	<-x.end
	x.s.Close()
}

// refusal is the *stream.Refusal that an error has to be.
func refusal(t *testing.T, err error) *stream.Refusal {
	t.Helper()
	var r *stream.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("%v is no refusal", err)
	}
	return r
}

// chat is a call to a model.
func chat(model string, streams bool) *stream.Call {
	body := []byte(`{"model":"` + model + `","stream":true}`)
	at := bytes.IndexByte(body, ':') + 1
	return &stream.Call{
		ID: "id", API: stream.ChatCompletions, Model: model, Stream: streams,
		Body: body, ModelAt: [2]int{at, at + len(model) + 2},
	}
}
