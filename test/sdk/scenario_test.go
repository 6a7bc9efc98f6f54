package sdk

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/loadtest/provider"
)

// outcome is how a call is to end for the program that made it.
type outcome string

const (
	wholeAnswer outcome = "whole"   // the answer is there, all of it, and there is no error
	refusal     outcome = "refused" // an error, before any of the answer
	brokenOff   outcome = "broken"  // an error, after a part of the answer
)

// scenario is one thing that happens to a call, with what is to come of it in
// every SDK.
type scenario struct {
	name   string
	script string // what the provider does. at=mid stands for the middle of the text
	model  string // in place of a script: a name in the configuration
	key    string // in place of the client's own
	tool   bool   // the program offers a tool
	want   outcome
	status int  // of what is refused; 0 is any
	once   bool // for calls in one piece too
}

// tokens is the length of every answer. A broken one is broken after half.
const tokens = 8

var scenarios = []scenario{
	{name: "text", want: wholeAnswer, once: true},
	{name: "text, oddly cut", script: "line_end=crlf,comments=2,split=random", want: wholeAnswer},
	{name: "text, huge event", script: "huge=300000,huge_at=mid", want: wholeAnswer},
	{name: "reasoning", script: "reasoning=5", want: wholeAnswer, once: true},
	{name: "tool", tool: true, want: wholeAnswer, once: true},
	{name: "reasoning and tool", tool: true, script: "reasoning=5", want: wholeAnswer, once: true},

	{name: "refused: 400", script: "status=400", want: refusal, status: 400, once: true},
	{name: "refused: 429", script: "status=429", want: refusal, status: 429, once: true},
	{name: "refused: 500", script: "status=500", want: refusal, status: 500, once: true},
	{name: "refused: web page", script: "html=1", want: refusal, status: 502, once: true},
	{name: "refused: error with status 200", script: "fault=error_body", want: refusal, once: true},
	{name: "refused: error as first event", script: "fault=error_event", want: refusal},
	{name: "refused: wrong key", key: "tg-wrong", want: refusal, status: 401, once: true},
	{name: "refused: nobody there", model: "unreachable", want: refusal, status: 502, once: true},

	{name: "error event", script: "fault=error_event,at=mid", want: brokenOff},
	{name: "error event, then the end as if nothing had happened", script: "fault=error_then_done,at=mid", want: brokenOff},
	{name: "cut: end without marker", script: "fault=end,at=mid", want: brokenOff},
	{name: "cut: all but the last event", script: "fault=end,at=-1", want: brokenOff},
	{name: "cut: connection closed", script: "fault=fin,at=mid", want: brokenOff, once: true},
	{name: "cut: connection reset", script: "fault=rst,at=mid", want: brokenOff, once: true},
	{name: "cut: within an event", script: "fault=cut_end,at=mid", want: brokenOff},
	{name: "silence, but for heartbeats", model: "falls-silent", want: brokenOff},
}

// lead is how many events go before an answer's first token.
var lead = map[string]int{"chat": 1, "responses": 4, "messages": 3, "gemini": 0}

// modelName is the name that carries the scenario's script, and that no other
// call has.
func (s *scenario) modelName(w *world, api string) string {
	if s.model != "" {
		return s.model
	}
	script := strings.ReplaceAll(s.script, "mid", fmt.Sprint(lead[api]+tokens/2))
	return w.Model(strings.TrimSuffix(fmt.Sprintf("tokens=%d,%s", tokens, script), ","))
}

// result is what a program got from a call, by whichever SDK.
type result struct {
	Text      string    `json:"text"`
	Thought   string    `json:"thought"`
	Tool      string    `json:"tool"`
	Arguments string    `json:"arguments"` // JSON
	Output    int       `json:"output"`    // tokens, as the usage has them
	Error     *sdkError `json:"error"`
}

type sdkError struct {
	Names   []string `json:"names"` // of its class, and of those above it
	Message string   `json:"message"`
	Status  int      `json:"status"` // 0: it does not say
}

func (e *sdkError) isA(names ...string) bool {
	return slices.ContainsFunc(e.Names, func(name string) bool { return slices.Contains(names, name) })
}

// judge says what is wrong with a result; "" is nothing.
func (s *scenario) judge(k *kit, st *style, r result) string {
	text := strings.ReplaceAll(r.Text, "x", "") // what a huge event is made of
	if st.silent[s.want] != "" {
		// What cannot be noticed: see to it that this is still so.
		if r.Error != nil {
			return fmt.Sprintf("%s is noticed after all: %+v. Take it out of the table", s.want, r.Error)
		}
		return ""
	}
	switch {
	case s.want == wholeAnswer && r.Error != nil:
		return fmt.Sprintf("error %+v", r.Error)
	case s.want == wholeAnswer:
		return s.judgeWhole(st, r, text)
	case r.Error == nil:
		return fmt.Sprintf("no error, and %q for an answer", r.Text)
	case s.want == refusal && r.Text != "":
		return fmt.Sprintf("refused, after %q", r.Text)
	case s.want == refusal && s.status != 0 && r.Error.Status != 0 && r.Error.Status != s.status:
		return fmt.Sprintf("status %d, want %d: %+v", r.Error.Status, s.status, r.Error)
	case !strings.HasPrefix(provider.Text(tokens), text):
		return fmt.Sprintf("%q is not how the answer begins", r.Text)
	case s.want == refusal && !r.Error.isA(k.refuses):
		return fmt.Sprintf("%+v is no %s", r.Error, k.refuses)
	case s.want == brokenOff && st.once && r.Error.Status/100 == 4:
		return "a cut told as the client's fault"
	case s.want == brokenOff && !r.Error.isA(k.breaks...) && (!st.once || !r.Error.isA(k.refuses)):
		return fmt.Sprintf("%+v is none of %s", r.Error, k.breaks)
	}
	return ""
}

func (s *scenario) judgeWhole(st *style, r result, text string) string {
	want, output := result{Text: provider.Text(tokens)}, tokens
	if s.tool && !st.noTools {
		want = result{Tool: toolName, Arguments: `{"input":"` + want.Text + `"}`}
	} else if s.tool {
		want = result{}
	}
	if strings.Contains(s.script, "reasoning") {
		want.Thought = provider.Text(5)
		output += 5
	}
	switch {
	case text != want.Text, r.Tool != want.Tool, r.Arguments != want.Arguments:
		return fmt.Sprintf("got %+v, want %+v", r, want)
	case strings.Contains(s.script, "huge") && !st.repeated && len(r.Text)-len(text) < 290_000:
		return fmt.Sprintf("only %d bytes of the huge event", len(r.Text)-len(text))
	case st.thoughts == "" && r.Thought != want.Thought:
		return fmt.Sprintf("thought %q, want %q", r.Thought, want.Thought)
	case !st.noUsage && r.Output != output:
		return fmt.Sprintf("%d tokens of output, want %d", r.Output, output)
	}
	return ""
}
