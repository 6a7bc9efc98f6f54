package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
)

var brittle = breaker.Limits{Failures: 3, Window: time.Minute, OpenFor: 10 * time.Second}

// patient is a caller of one provider with a breaker, whose answer may be
// changed.
type patient struct {
	*Caller
	provider *Provider
	answer   roundTrip
	calls    atomic.Int64
}

func breaking(t *testing.T, answer roundTrip) *patient {
	x := &patient{answer: answer}
	x.provider = provider(t, func(r *http.Request) (*http.Response, error) {
		x.calls.Add(1)
		return x.answer(r)
	}, func(o *ProviderOptions) { o.Breaker = brittle })
	x.Caller = NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": x.provider}), usual)
	return x
}

func (x *patient) state() breaker.State { return breaker.State(x.provider.Status().Breakers["m"]) }

// call makes one, reads its answer to the end, and returns the status that the
// client gets.
func (x *patient) call(t *testing.T) int {
	t.Helper()
	answer, err := x.Open(t.Context(), chat("m", true))
	if err != nil {
		return refusal(t, err).Status
	}
	if answer.Source != nil {
		pumped(t, answer)
	} else {
		_ = answer.Body.Close()
	}
	return answer.Status
}

func (x *patient) in(t *testing.T, want breaker.State) {
	t.Helper()
	if got := x.state(); got != want {
		t.Fatalf("the breaker is %v, want %v", got, want)
	}
}

var well = answering(200, events, saying(token, finish, "[DONE]"))

func TestBreakerOfAProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := breaking(t, answering(500, "application/json", apiError))
		for range 3 {
			x.in(t, breaker.Closed)
			x.call(t)
		}
		x.in(t, breaker.Open)
		if got := x.call(t); got != 503 || x.calls.Load() != 3 {
			t.Errorf("status %d, %d calls", got, x.calls.Load())
		}
		time.Sleep(brittle.OpenFor + 1)
		x.in(t, breaker.HalfOpen)

		// one probe, which hangs
		x.answer = hushed("")
		began := time.Now()
		probe := make(chan int)
		go func() { probe <- x.call(t) }()
		synctest.Wait()
		if got := x.call(t); got != 503 || x.calls.Load() != 4 {
			t.Errorf("beside the probe: status %d, %d calls", got, x.calls.Load())
		}
		if got := <-probe; got != 504 || time.Since(began) != firstLimit {
			t.Errorf("the probe that hangs: %d after %v", got, time.Since(began))
		}
		x.in(t, breaker.Open)

		// one whose client leaves, and another that is well
		time.Sleep(brittle.OpenFor + 1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := x.Open(ctx, chat("m", true)); !errors.Is(err, context.Canceled) {
			t.Errorf("the client that leaves: %v", err)
		}
		x.in(t, breaker.HalfOpen)
		x.answer = well
		if got := x.call(t); got != 200 {
			t.Errorf("status %d", got)
		}
		x.in(t, breaker.Closed)
		idle(t, x.provider)
	})
}

// What counts against a provider, and what does not.
func TestBreakerCounts(t *testing.T) {
	for name, c := range map[string]struct {
		answer roundTrip
		opens  bool
	}{
		"500":                {answering(500, "application/json", apiError), true},
		"408":                {answering(408, "application/json", apiError), true},
		"a page":             {answering(200, "text/html", "<html>"), true},
		"error first":        {answering(200, events, saying(apiError)), true},
		"no event":           {answering(200, events, ""), true},
		"never begins":       {hushed(""), true},
		"broken":             {func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }, true},
		"cut in the middle":  {answering(200, events, saying(token)), true},
		"silent":             {hushed(saying(token)), true},
		"error in the midst": {answering(200, events, saying(token, apiError)), true},
		"400":                {answering(400, "application/json", badInput), false},
		"401":                {answering(401, "application/json", apiError), false},
		"403":                {answering(403, "application/json", apiError), false},
		"404":                {answering(404, "application/json", badInput), false},
		"422":                {answering(422, "application/json", badInput), false},
		"429":                {answering(429, "application/json", tooMany), false},
		"400 first":          {answering(200, events, saying(badInput)), false},
		"400 in the midst":   {answering(200, events, saying(token, badInput)), false},
		"too large":          {answering(200, events, saying(token)+"data: "+noise(1, maxEvent+1)), false},
		"whole":              {well, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := breaking(t, c.answer)
				var calls sync.WaitGroup
				for range 5 {
					calls.Go(func() { x.call(t) })
				}
				calls.Wait()
				if opened := x.state() == breaker.Open; opened != c.opens {
					t.Errorf("opened: %v", opened)
				}
			})
		})
	}
}

// Ten thousand clients that leave, before the first event or after, open
// nothing.
func TestClientsThatLeaveOpenNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := breaking(t, endless)
		for i := range 10_000 {
			ctx, cancel := context.WithCancel(t.Context())
			if i%2 == 0 {
				cancel()
			}
			answer, err := x.Open(ctx, chat("m", true))
			if err != nil {
				cancel()
				continue
			}
			st := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now, Stop: cancel})
			if i%4 == 1 {
				st.End(stream.End{Reason: stream.SlowConsumer})
			}
			cancel()
			answer.Source.Pump(st)
			answer.Source.Close()
			st.End(stream.End{Reason: stream.Cancelled})
			st.Drop()
		}
		x.in(t, breaker.Closed)
		if x.calls.Load() < 5000 {
			t.Errorf("only %d calls were made", x.calls.Load())
		}
		idle(t, x.provider)
	})
}
