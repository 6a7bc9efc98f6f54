package upstream

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

var finishes = func(o *ProviderOptions) { o.FinishReason = true }

// Which end of the provider's bytes means what. Only a marker, or where it is
// configured a finish_reason, makes an answer whole.
func TestEnds(t *testing.T) {
	const last = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n"
	for name, c := range map[string]struct {
		say    string
		end    error
		change func(*ProviderOptions)
		reason stream.Reason
		cause  stream.Cause
		events int // appended, the first one included
	}{
		"marker":                        {say: "data: [DONE]\n\n", reason: stream.Complete, events: 1},
		"marker, then more":             {say: "data: [DONE]\n\ndata: x\n\n", reason: stream.Complete, events: 1},
		"marker, then broken off":       {say: "data: [DONE]\n\n", end: io.ErrUnexpectedEOF, reason: stream.Complete, events: 1},
		"marker without its blank line": {say: "data: [DONE]\n", end: io.EOF, reason: stream.Complete, events: 1},
		"marker without its line end":   {say: "data: [DONE]", end: io.EOF, reason: stream.Complete, events: 1},
		"half a marker":                 {say: "data: [DO", end: io.EOF, reason: stream.UpstreamTruncated, cause: stream.CauseNoMarker, events: 1},
		"marker in a cut connection":    {say: "data: [DONE]", end: io.ErrUnexpectedEOF, reason: stream.UpstreamTruncated, cause: stream.CauseCut, events: 1},
		"clean end":                     {say: "data: {}\n\n", end: io.EOF, reason: stream.UpstreamTruncated, cause: stream.CauseNoMarker, events: 2},
		"clean end in an event":         {say: "data: {}\n\ndata: y", end: io.EOF, reason: stream.UpstreamTruncated, cause: stream.CauseNoMarker, events: 2},
		"finish, marker needed":         {say: last, end: io.EOF, reason: stream.UpstreamTruncated, cause: stream.CauseNoMarker, events: 2},
		"finish, enough":                {say: last, end: io.EOF, change: finishes, reason: stream.Complete, events: 2},
		"finish and usage":              {say: last + "data: {\"usage\":{}}\n\n", end: io.EOF, change: finishes, reason: stream.Complete, events: 3},
		"finish, then half an event":    {say: last + "data: {", end: io.EOF, change: finishes, reason: stream.UpstreamTruncated, cause: stream.CauseNoMarker, events: 2},
		"finish, broken off":            {say: last, end: io.ErrUnexpectedEOF, change: finishes, reason: stream.UpstreamTruncated, cause: stream.CauseCut, events: 2},
		"no finish":                     {say: "data: {\"finish_reason\":\"\"}\n\n", end: io.EOF, change: finishes, reason: stream.UpstreamTruncated, cause: stream.CauseNoMarker, events: 2},
		"broken off":                    {say: "data: {}\n\nda", end: io.ErrUnexpectedEOF, reason: stream.UpstreamTruncated, cause: stream.CauseCut, events: 2},
		"reset":                         {say: "data: {}\n\n", end: syscall.ECONNRESET, reason: stream.UpstreamError, cause: stream.CauseReset, events: 2},
		"error event":                   {say: "data: {\"error\":{\"message\":\"m\"}}\n\ndata: [DONE]\n\n", reason: stream.UpstreamError, cause: stream.CauseErrorEvent, events: 2},
		"too large":                     {say: "data: " + strings.Repeat("x", maxEvent+1), reason: stream.TooLarge, events: 1},
		"too large a name":              {say: "event: " + strings.Repeat("x", 2000) + "\ndata: x\n\n", reason: stream.TooLarge, events: 1},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, tells bool) {
				change := c.change
				if change == nil {
					change = func(*ProviderOptions) {}
				}
				p := provider(t, nil, change)
				x := pump(t, p, tells, beginning)
				if c.say != "" {
					x.say(c.say)
				}
				if c.end != nil {
					x.wire.end = c.end
					close(x.wire.in)
				}
				x.take()
				end, over := x.over()
				if !over {
					t.Fatal("not over")
				}
				if end.Reason != c.reason || end.Cause != c.cause || len(x.got) != c.events {
					t.Errorf("%v %v after %d events, want %v %v after %d", end.Reason, end.Cause, len(x.got), c.reason, c.cause, c.events)
				}
				if end.Told != (c.cause == stream.CauseErrorEvent) || (end.Message == "") != (c.reason == stream.Complete) {
					t.Errorf("%+v", end)
				}
				if _, ended := x.st.Ended(); ended {
					t.Error("the pump has ended the stream, which is not its own to end")
				}
				if held := p.limits.Oversize.Held(); held != 0 {
					t.Errorf("%d bytes are still reserved", held)
				}
			})
		})
	}
}

// The stream's own end stops the pump wherever it is: waiting for the provider,
// for the consumer or for memory.
func TestPumpStops(t *testing.T) {
	for name, prepare := range map[string]func(*pumping) (undo func()){
		"waiting for the provider": func(*pumping) func() { return func() {} },
		"waiting for the consumer": func(x *pumping) func() {
			for i := range 6 {
				x.say("data: " + noise(i, 1000) + "\n\n")
			}
			return func() {}
		},
		"waiting for memory": func(x *pumping) func() {
			all := reserve(x.t, x.s.provider.limits.Oversize, 1<<40)
			x.say("data: " + noise(1, 40<<10) + "\n\n")
			return all.free
		},
		"waiting for a little memory": func(x *pumping) func() {
			all := reserve(x.t, x.s.provider.limits.Oversize, 1<<40)
			x.say("data: " + noise(1, 6000) + "\n\n")
			return all.free
		},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, tells bool) {
				x := pump(t, provider(t, nil), tells, beginning)
				undo := prepare(x)
				if end, over := x.over(); over {
					t.Fatalf("over already: %+v", end)
				}
				x.st.End(stream.End{Reason: stream.Cancelled})
				if end, over := x.over(); !over || end.Reason == "" || end.Reason == stream.Complete {
					t.Errorf("over: %v, %+v", over, end)
				}
				undo()
				if held := x.s.provider.limits.Oversize.Held(); held != 0 {
					t.Errorf("%d bytes are still reserved", held)
				}
			})
		})
	}
}

// The same when it is the context that goes first, as it does when a client
// leaves.
func TestPumpCancelled(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		p := provider(t, nil)
		all := reserve(t, p.limits.Oversize, 1<<40)
		x := pump(t, p, tells, beginning)
		x.say("data: " + noise(1, 6000) + "\n\n")
		synctest.Wait()
		x.s.cancel(errors.New("gone"))
		if end, over := x.over(); !over || end.Reason != stream.UpstreamError {
			t.Errorf("over: %v, %+v", over, end)
		}
		all.free()
	})
}

// Events of any size come out as they went in, and their memory goes back.
func TestLargeEvents(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		p := provider(t, nil)
		x := pump(t, p, tells, beginning)
		want := []string{strings.TrimSpace(strings.TrimPrefix(beginning, "data: "))}
		for i, size := range []int{10, 4000, 4078, 4079, 4080, 4096, 5000, 20_000, 3, 60_000, 60_000, 7} {
			want = append(want, noise(i, size))
			x.say("data: " + noise(i, size) + "\n\n")
		}
		x.take()
		if strings.Join(x.got, " ") != strings.Join(want, " ") {
			t.Errorf("%d events came out of %d, or not as they went in", len(x.got), len(want))
		}
		if held := p.limits.Oversize.Held(); held != 0 {
			t.Errorf("%d bytes are still reserved", held)
		}
		x.stop()
	})
}

// A large event that the consumer has not taken keeps its memory reserved, and
// no more than it has.
func TestLargeEventIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider(t, nil)
		x := pump(t, p, true, "data: "+noise(1, 40_000)+"\n\n")
		synctest.Wait()
		if held := p.limits.Oversize.Held(); held < 40_000 || held > maxEvent {
			t.Errorf("%d bytes are reserved for an event of 40,000", held)
		}
		x.st.End(stream.End{Reason: stream.Cancelled})
		x.st.Drop()
		x.stop()
		if held := p.limits.Oversize.Held(); held != 0 {
			t.Errorf("%d bytes are still reserved", held)
		}
	})
}

// After a whole answer the body is read to its end, so that the connection can
// be used again, but not for long.
func TestCloseReadsTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		after string
		ends  bool
		took  time.Duration
	}{
		"ends at once":   {"", true, 0},
		"a little more":  {"data: {}\n\n", true, 0},
		"never ends":     {"", false, linger},
		"much more":      {strings.Repeat("x", 2*drainage), false, 0},
		"trickles along": {"x", false, linger},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := pump(t, provider(t, nil), true, beginning)
				x.say("data: [DONE]\n\n")
				if end := <-x.end; end.Reason != stream.Complete {
					t.Fatal(end)
				}
				if c.after != "" {
					x.say(c.after)
				}
				if c.ends {
					close(x.wire.in)
				}
				began := time.Now()
				x.s.Close()
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				<-x.wire.done
				if x.wire.ctx.Err() == nil {
					t.Error("the call is still under way")
				}
			})
		})
	}
}

// A stream that is not whole is cut at once.
func TestCloseCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := pump(t, provider(t, nil), true, beginning)
		synctest.Wait()
		x.st.End(stream.End{Reason: stream.Cancelled})
		<-x.end
		began := time.Now()
		x.s.Close()
		if took := time.Since(began); took != 0 || !errors.Is(x.wire.ctx.Err(), context.Canceled) {
			t.Errorf("took %v, %v", took, x.wire.ctx.Err())
		}
	})
}
