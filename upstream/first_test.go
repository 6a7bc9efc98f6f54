package upstream

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

const (
	ping      = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
	msgStart  = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
	msgText   = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n"
	msgFinish = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n"
	msgStop   = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

func anthropic(o *ProviderOptions) { o.Dialect = dialect.Anthropic{} }

func message(model string) *stream.Call {
	call := chat(model, true)
	call.API = stream.Messages
	return call
}

// pinging says something, and then pings every few seconds for ever.
func pinging(first string, parts ...string) roundTrip {
	if len(parts) == 0 {
		parts = []string{ping}
	}
	return hushedThen(first, func(w *wire) {
		for {
			for _, part := range parts {
				select {
				case <-time.After(5 * time.Second):
					w.in <- part
				case <-w.ctx.Done():
					return
				}
			}
		}
	})
}

// Pings before the first event, however many, are no event: the first event's
// timer ends the call, and another provider may be asked.
func TestPingsBeforeTheFirstEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := map[string]*Provider{
			"p": provider(t, pinging(ping), anthropic, func(o *ProviderOptions) { o.Name = "p" }),
			"q": provider(t, answering(200, events, ping+ping+msgStart+msgText+msgFinish+msgStop), anthropic, func(o *ProviderOptions) { o.Name = "q" }),
		}
		c := NewCaller(routes(t, map[string][]Choice{"alone": {{To: "p"}}, "m": {{To: "p"}, {To: "q"}}}, all), usual)
		began := time.Now()
		_, err := c.Open(t.Context(), message("alone"))
		if r := refusal(t, err); r.Code != string(stream.UpstreamStalled) || time.Since(began) != firstLimit {
			t.Errorf("%+v after %v", r, time.Since(began))
		}
		answer, err := c.Open(t.Context(), message("m"))
		if err != nil || answer.Provider != "q" {
			t.Fatalf("%+v, %v", answer, err)
		}
		got, end := pumped(t, answer)
		// the pings that came before are passed on, in their order
		if len(got) != 6 || !strings.Contains(got[0]+got[1], `"ping"`) || !strings.Contains(got[2], "message_start") {
			t.Errorf("got %q", got)
		}
		if want := (stream.Usage{Input: 9, Output: 5}); end.Reason != stream.Complete || end.Usage != want {
			t.Errorf("ended %+v", end)
		}
	})
}

// Of early heartbeats only a few are kept, and none that is large.
func TestEarlyHeartbeatsAreBounded(t *testing.T) {
	large := strings.Replace(ping, "ping\"}", "ping\",\"x\":\""+strings.Repeat("x", 20_000)+"\"}", 1)
	p := provider(t, answering(200, events, large+strings.Repeat(ping, 1000)+msgStart+msgFinish+msgStop), anthropic)
	answer, err := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": p}), usual).Open(t.Context(), message("m"))
	if err != nil {
		t.Fatal(err)
	}
	if got, end := pumped(t, answer); len(got) != maxEarly+3 || end.Reason != stream.Complete {
		t.Errorf("%d events, %+v", len(got), end)
	}
	if held := p.limits.Oversize.Held(); held != 0 {
		t.Errorf("%d bytes are still reserved", held)
	}
}

// Pings in the midst of an answer, or behind its finish, are passed on and
// are no progress all the same, in one piece or in several.
func TestPingsAreNoProgress(t *testing.T) {
	for name, c := range map[string]struct {
		first string
		parts []string
	}{
		"in the midst":      {msgStart + msgText, nil},
		"behind the finish": {msgStart + msgText + msgFinish, nil},
		"in pieces":         {msgStart + msgText, []string{"event: ping\n", "data: {\"type\":", " \"ping\"}\n", "\n"}},
		"with comments":     {msgStart, []string{ping, ": comment\n\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := provider(t, pinging(c.first, c.parts...), anthropic)
				answer, err := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": p}), usual).Open(t.Context(), message("m"))
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				got, end := pumped(t, answer)
				if end.Reason != stream.UpstreamStalled || end.Cause != stream.CauseSilence {
					t.Errorf("ended %+v", end)
				}
				if took := time.Since(began); took != progressLimit || !strings.Contains(end.Message, "heartbeats") {
					t.Errorf("took %v: %s", took, end.Message)
				}
				if pings := strings.Count(strings.Join(got, ""), `"ping"`); pings == 0 {
					t.Error("no ping was passed on")
				}
			})
		})
	}
}

// Progress between the pings begins the silence anew.
func TestProgressAmongPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider(t, pinging(msgStart, ping, ping, ping, msgText), anthropic)
		answer, err := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": p}), usual).Open(t.Context(), message("m"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, end := pumped(t, answer)
		if took := time.Since(began); took != streamLimit || end.Reason != stream.UpstreamStalled || end.Cause != "" || !strings.Contains(end.Message, "1h0m0s") {
			t.Errorf("ended %+v after %v", end, took)
		}
		idle(t, p)
	})
}

// Anthropic's last event is part of the answer, and its end.
func TestLast(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		p := provider(t, nil, anthropic)
		x := pumpAPI(t, p, stream.Messages, tells, msgStart)
		x.say(msgText + msgFinish + msgStop)
		x.take()
		end, over := x.over()
		if !over || end.Reason != stream.Complete || len(x.got) != 4 || !x.s.whole {
			t.Errorf("over %v, %+v after %q", over, end, x.got)
		}
		// without it the answer is not whole, whatever it says of its finish
		x = pumpAPI(t, p, stream.Messages, tells, msgStart)
		x.say(msgText + msgFinish)
		close(x.wire.in)
		x.take()
		if end, over := x.over(); !over || end.Reason != stream.UpstreamTruncated {
			t.Errorf("over %v, %+v", over, end)
		}
	})
}

// Gemini has no marker: its finish and a clean end of the body are the end.
func TestEndsByFinish(t *testing.T) {
	const (
		part = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]},\"index\":0}]}\n\n"
		last = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"!\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":2}}\n\n"
	)
	for say, want := range map[string]stream.Reason{last: stream.Complete, part: stream.UpstreamTruncated, last + "data: {": stream.UpstreamTruncated} {
		both(t, func(t *testing.T, tells bool) {
			x := pumpAPI(t, provider(t, nil, func(o *ProviderOptions) { o.Dialect = dialect.Gemini{} }), stream.GenerateContent, tells, part)
			x.say(say)
			close(x.wire.in)
			x.take()
			if end, over := x.over(); !over || end.Reason != want {
				t.Errorf("%q: over %v, %+v", say, over, end)
			}
		})
	}
}
