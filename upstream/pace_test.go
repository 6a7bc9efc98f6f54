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
	created   = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\"}}\n\n"
	working   = "event: response.in_progress\ndata: {\"type\":\"response.in_progress\",\"response\":{\"status\":\"in_progress\"}}\n\n"
	reasoning = "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"reasoning\"}}\n\n"
	keepalive = "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":4}\n\n"
	delta     = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}\n\n"
	completed = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n"
	msgThinks = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n"
	role      = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
	chatEnd   = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
)

// A model that thinks is waited for, whatever its API sends meanwhile; one that
// stops in the midst of a sentence is not.
func TestPace(t *testing.T) {
	almost := progressLimit - time.Second
	for name, c := range map[string]struct {
		api   stream.API
		first string
		beats string        // every 30 s while it lasts
		think time.Duration // between first and next
		next  string
		ended time.Duration // when it is given up, after next; 0: never
		says  string
	}{
		"Responses, which says nothing":             {stream.Responses, created + working, "", almost, delta + completed, 0, ""},
		"Responses, which says that it lives":       {stream.Responses, created + working, keepalive, almost, delta + completed, 0, ""},
		"Responses, in a reasoning item":            {stream.Responses, created + working + reasoning, "", almost, delta + completed, 0, ""},
		"Responses, between two texts":              {stream.Responses, created + delta + reasoning, "", almost, delta + completed, 0, ""},
		"Messages, which says nothing":              {stream.Messages, msgStart, "", almost, msgText + msgFinish + msgStop, 0, ""},
		"Messages, which pings":                     {stream.Messages, msgStart + msgThinks, ping, almost, msgText + msgFinish + msgStop, 0, ""},
		"Chat, after the role":                      {stream.ChatCompletions, role, "", almost, beginning + "data: [DONE]\n\n", 0, ""},
		"Chat, with comments in a text":             {stream.ChatCompletions, beginning, ": alive\n\n", almost, beginning + "data: [DONE]\n\n", 0, ""},
		"Responses, in the midst of a text":         {stream.Responses, created + delta, "", 0, "", silenceLimit, "nothing for 1m0s"},
		"Messages, in the midst of a text":          {stream.Messages, msgStart + msgText, "", 0, "", silenceLimit, "nothing for 1m0s"},
		"Chat, in the midst of a text":              {stream.ChatCompletions, role + beginning, "", 0, "", silenceLimit, "nothing for 1m0s"},
		"Chat, behind the finish":                   {stream.ChatCompletions, role + chatEnd, "", 0, "", silenceLimit, "nothing for 1m0s"},
		"Messages, behind the finish":               {stream.Messages, msgStart + msgFinish, "", 0, "", silenceLimit, "nothing for 1m0s"},
		"Responses, for too long":                   {stream.Responses, created, "", 0, "", progressLimit, "nothing for 10m0s"},
		"Messages, for too long after the thinking": {stream.Messages, msgStart + msgText + msgThinks, "", 0, "", progressLimit, "nothing for 10m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, tells bool) {
				x := pumpAPI(t, provider(t, nil, func(o *ProviderOptions) {
					if c.api == stream.Messages {
						anthropic(o)
					}
				}), c.api, tells, c.first)
				for left := c.think; left > 0; left -= 30 * time.Second {
					time.Sleep(min(left, 30*time.Second))
					if c.beats != "" {
						x.say(c.beats)
						x.take()
					}
				}
				if c.next != "" {
					x.say(c.next)
				}
				x.take()
				if c.ended == 0 {
					if end, over := x.over(); !over || end.Reason != stream.Complete {
						t.Errorf("over %v, %+v", over, end)
					}
					return
				}
				began := time.Now()
				end := <-x.end
				x.s.Close()
				if took := time.Since(began); took != c.ended {
					t.Errorf("given up after %v, want %v", took, c.ended)
				}
				if end.Reason != stream.UpstreamStalled || end.Cause != stream.CauseSilence || !strings.Contains(end.Message, c.says) {
					t.Errorf("ended %+v", end)
				}
			})
		})
	}
}

// A first_event that was raised for a model that thinks for long holds where
// its API says at once that it does; so does such a silence.
func TestPaceIsNoShorterThanOtherLimits(t *testing.T) {
	for name, change := range map[string]func(*Timeouts){
		"first_event": func(t *Timeouts) { t.FirstEvent = 2 * progressLimit },
		"silence":     func(t *Timeouts) { t.Silence = 2 * progressLimit },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, tells bool) {
				x := pumpAPI(t, provider(t, nil, func(o *ProviderOptions) { change(&o.Timeouts) }), stream.Responses, tells, created)
				x.wantStall(2 * progressLimit)
			})
		})
	}
}

// What was given away while the consumer did not read does not count.
func TestPaceStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{underWay: &underWay{provider: provider(t, nil)}, judge: dialect.OpenAI{}.Judge(stream.ChatCompletions)}
		var p pace
		start := time.Now()
		if got := p.wait(start, s); got != start.Add(progressLimit) {
			t.Errorf("waits until %v", got.Sub(start))
		}
		if got := p.pause(time.Hour); got != start.Add(time.Hour+progressLimit) {
			t.Errorf("after a pause until %v", got.Sub(start))
		}
		p.over(start.Add(time.Hour + time.Minute))
		p.judged(dialect.Heartbeat)
		later := start.Add(2 * time.Hour)
		if got := p.wait(later, s); got != later.Add(progressLimit-time.Minute) {
			t.Errorf("after a heartbeat for %v", got.Sub(later))
		}
		p.over(later.Add(time.Minute))
		p.judged(dialect.Progress)
		if got := p.wait(later, s); got != later.Add(silenceLimit) {
			t.Errorf("after text for %v", got.Sub(later))
		}
	})
}
