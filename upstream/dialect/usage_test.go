package dialect

import (
	"fmt"
	"slices"
	"testing"

	"tidegate/stream"
)

// TestEstimate estimates the output of recorded streams that say it, and that
// have nothing but text, so that all of it is seen.
func TestEstimate(t *testing.T) {
	all, _ := recorded(t)
	var ratios []float64
	near := 0
	for _, r := range all {
		out := play(t, r)
		plain := slices.Contains([]string{"text", "longtext", "emojisplit", "code", "logprobs", "truncated"}, r.feature)
		if u := out.usage; !plain || out.end != complete && out.end != finished || u.Estimated || u.Output < 30 || u.Reasoning > 0 {
			continue
		}
		judge := dialectOf(apis[r.api]).Judge(apis[r.api])
		for _, p := range payloads(string(r.body)) {
			judge.Event(event(p.name, p.text))
		}
		account := accountOf(judge)
		ratio := float64(reckon(account.events, account.bytes)) / float64(out.usage.Output)
		ratios = append(ratios, ratio)
		if ratio > 0.75 && ratio < 1/0.75 {
			near++
		} else {
			t.Logf("%s: %.2f of %d", r.file, ratio, out.usage.Output)
		}
	}
	if len(ratios) < 10 {
		t.Logf("only %d streams to go by: nothing is asked of them", len(ratios))
		return
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("%d streams: median %.2f of what was said, %d near it", len(ratios), median, near)
	if median < 0.75 || median > 1/0.75 { // other recordings may do worse than ours, but not all of them
		t.Errorf("median %.2f of what was said", median)
	}
}

// accountOf is the account in a judge.
func accountOf(j Judge) *account {
	switch j := j.(type) {
	case *chatJudge:
		return &j.account
	case *responsesJudge:
		return &j.account
	case *messagesJudge:
		return &j.account
	case *contentJudge:
		return &j.account
	}
	return nil
}

func TestReckon(t *testing.T) {
	for _, c := range []struct {
		events, bytes int
		want          int64
	}{{0, 0, 0}, {3, 3, 3}, {10, 80, 10}, {10, 81, 20}, {1, 4000, 1000}} {
		if got := reckon(c.events, c.bytes); got != c.want {
			t.Errorf("%d events of %d bytes: got %d, want %d", c.events, c.bytes, got, c.want)
		}
	}
}

// TestUsageBeforeTheEnd: asking early changes nothing of what comes.
func TestUsageBeforeTheEnd(t *testing.T) {
	j := hear(t, stream.ChatCompletions, []line{
		{"", `{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}`, Progress, false},
		{"", `{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`, Progress, false},
	})
	for i, want := range []int64{2, 3, 4} {
		if got := j.Usage(); got != (stream.Usage{Input: 7, Output: want}) {
			t.Errorf("%d: got %+v", i, got)
		}
		data := fmt.Appendf(nil, `{"choices":[{"index":0,"delta":{"content":"c"}}],"usage":{"prompt_tokens":7,"completion_tokens":%d,"total_tokens":9}}`, i+3)
		if v := j.Event(stream.Event{Data: data}); v != Progress {
			t.Errorf("%s: judged %d", data, v)
		}
	}
}
