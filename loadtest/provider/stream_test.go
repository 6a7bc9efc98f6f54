package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidegate/loadtest/provider"
)

type chunk struct {
	ID, Object, Model string
	Choices           []struct {
		Text  string
		Delta struct {
			Role, Content string
			ToolCalls     []struct {
				ID       string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		FinishReason string `json:"finish_reason"`
	}
	Usage       *struct{ PromptTokens, CompletionTokens, TotalTokens int }
	Obfuscation string
}

// chunks decodes all payloads but the last, which has to be [DONE].
func chunks(t *testing.T, body []byte) []chunk {
	t.Helper()
	all := payloads(body)
	if len(all) == 0 || all[len(all)-1] != "[DONE]" {
		t.Fatalf("no [DONE] at the end of %d events, %d bytes", len(all), len(body))
	}
	var out []chunk
	for _, p := range all[:len(all)-1] {
		var c chunk
		if err := json.Unmarshal([]byte(p), &c); err != nil {
			t.Fatalf("%v: %s", err, p)
		}
		out = append(out, c)
	}
	return out
}

func TestStreamChat(t *testing.T) {
	s := start(t, provider.Options{})
	n := int64(0)
	both(t, func(t *testing.T, c *http.Client) {
		resp, body, err := read(t, c, s.URL()+chatPath, "tokens=100", streaming)
		if err != nil {
			t.Fatal(err)
		}
		if ct := resp.Header.Get("Content-Type"); ct != "text/event-stream; charset=utf-8" {
			t.Errorf("content type %q", ct)
		}
		n++
		call := ended(t, s, n)
		all := chunks(t, body)
		if all[0].Choices[0].Delta.Role != "assistant" {
			t.Errorf("first chunk has no role: %+v", all[0])
		}
		var text strings.Builder
		for _, c := range all {
			text.WriteString(c.Choices[0].Delta.Content)
			if c.Model != "m" || c.Object != "chat.completion.chunk" || c.ID != "chatcmpl-"+call.ID {
				t.Fatalf("chunk %+v", c)
			}
		}
		if text.String() != provider.Text(100) {
			t.Errorf("text %q", text.String())
		}
		if got := all[len(all)-1].Choices[0].FinishReason; got != "stop" {
			t.Errorf("finish_reason %q", got)
		}
		if call.Ending != provider.Finished || call.Events != 103 || call.Bytes != int64(len(body)) || call.Offered != call.Bytes {
			t.Errorf("%d bytes came, call is %+v", len(body), call)
		}
		if call.Proto != resp.Proto || !strings.HasPrefix(call.Proto, "HTTP/") {
			t.Errorf("proto %q, want %q", call.Proto, resp.Proto)
		}
		// The size of a token's event stands for the real ones, about 300.
		if size := len(body) / 103; size < 240 || size > 330 {
			t.Errorf("%d bytes per event", size)
		}
	})
}

func TestStreamUsageAndObfuscation(t *testing.T) {
	s := start(t, provider.Options{Script: provider.Script{Tokens: 7, Obfuscation: true}})
	_, body, err := read(t, client(t, 1), s.URL()+chatPath, "", `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`)
	if err != nil {
		t.Fatal(err)
	}
	all := chunks(t, body)
	if !strings.Contains(payloads(body)[3], `"usage":null`) {
		t.Errorf("no null usage in %s", payloads(body)[3])
	}
	last := all[len(all)-1]
	if last.Usage == nil || len(last.Choices) != 0 || !strings.Contains(string(body), `"completion_tokens":7,`) {
		t.Errorf("usage chunk %+v", last)
	}
	seen := map[string]bool{}
	for _, c := range all[:len(all)-1] {
		seen[c.Obfuscation] = true
	}
	if len(seen) < 5 || seen[""] {
		t.Errorf("obfuscation is not random: %v", seen)
	}
}

func TestStreamTool(t *testing.T) {
	s := start(t, provider.Options{})
	const tools = `"tools":[{"type":"function","function":{"parameters":{},"name":"find"}},{"type":"function","function":{"name":"other"}}]`
	_, body, err := read(t, client(t, 1), s.URL()+chatPath, "tokens=20", `{"model":"m","stream":true,`+tools+`}`)
	if err != nil {
		t.Fatal(err)
	}
	var name, arguments string
	all := chunks(t, body)
	for _, c := range all {
		for _, call := range c.Choices[0].Delta.ToolCalls {
			name += call.Function.Name
			arguments += call.Function.Arguments
		}
	}
	if want := `{"input":"` + provider.Text(20) + `"}`; name != "find" || arguments != want {
		t.Errorf("calls %s(%s), want find(%s)", name, arguments, want)
	}
	if got := all[len(all)-1].Choices[0].FinishReason; got != "tool_calls" {
		t.Errorf("finish_reason %q", got)
	}

	_, body, err = read(t, client(t, 1), s.URL()+chatPath, "tokens=2",
		`{"model":"m","stream":true,`+tools+`,"messages":[{"role":"user"},{"role":"tool","content":"x"}]}`)
	if err != nil || bytes.Contains(body, []byte("tool_calls")) {
		t.Errorf("after a tool's result: %v, %s", err, body)
	}
}

func TestStreamCompletions(t *testing.T) {
	s := start(t, provider.Options{})
	_, body, err := read(t, client(t, 1), s.URL()+"/v1/completions", "tokens=9", `{"model":"m","stream":true,"prompt":"x"}`)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, c := range chunks(t, body) {
		text += c.Choices[0].Text
	}
	if text != provider.Text(9) {
		t.Errorf("text %q", text)
	}
}

// Each way of writing the stream carries the same payloads.
func TestStreamShapes(t *testing.T) {
	s := start(t, provider.Options{})
	for script, sign := range map[string]string{
		"line_end=lf":      "data: [DONE]\n\n",
		"line_end=crlf":    "data: [DONE]\r\n\r\n",
		"line_end=cr":      "data: [DONE]\r\r",
		"no_space=1":       "data:[DONE]\n\n",
		"bom=1":            "\ufeffdata: {",
		"comments=3":       "\n\n: scripted\n\ndata: ",
		"split=7":          "data: {",
		"split=random":     "data: {",
		"split=1&pace=1e6": "data: {",
	} {
		t.Run(script, func(t *testing.T) {
			both(t, func(t *testing.T, c *http.Client) {
				_, body, err := read(t, c, s.URL()+chatPath, "tokens=30&"+script, streaming)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Contains(body, []byte(sign)) {
					t.Errorf("no %q in %q", sign, body)
				}
				plain := bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
				var text string
				for _, c := range chunks(t, plain[bytes.IndexByte(plain, 'd'):]) {
					text += c.Choices[0].Delta.Content
				}
				if text != provider.Text(30) {
					t.Errorf("text %q", text)
				}
			})
		})
	}
}

func TestStreamHuge(t *testing.T) {
	s := start(t, provider.Options{})
	for _, script := range []string{"tokens=4&huge=200000&huge_at=2", "tokens=4&huge=200000&huge_at=2&obfuscation=1"} {
		_, body, err := read(t, client(t, 1), s.URL()+chatPath, script, streaming)
		if err != nil {
			t.Fatal(err)
		}
		all := bytes.SplitAfter(body, []byte("\n\n"))
		if len(all[2]) != 200000 || len(payloads(body)) != 8 {
			t.Errorf("%s: event 3 has %d bytes; %d events", script, len(all[2]), len(payloads(body)))
		}
		chunks(t, body)
	}
}

func TestInstant(t *testing.T) {
	s := start(t, provider.Options{Script: provider.Script{Tokens: 50, Instant: true}})
	both(t, func(t *testing.T, c *http.Client) {
		resp, body, err := read(t, c, s.URL()+chatPath, "", streaming)
		if err != nil || resp.ContentLength != int64(len(body)) {
			t.Fatalf("%v, %d bytes, length %d", err, len(body), resp.ContentLength)
		}
		if n := len(chunks(t, body)); n != 52 {
			t.Errorf("%d chunks", n)
		}
	})
}

func TestTranscript(t *testing.T) {
	recorded := []byte("data: one\r\n\r\n: ping\r\n\r\nevent: x\ndata: two\n\ndata: three\r\rdata: cut")
	s := start(t, provider.Options{Script: provider.Script{Transcript: recorded}})
	n := int64(0)
	for _, script := range []string{"", "pace=1000", "split=1", "split=random&seed=4"} {
		both(t, func(t *testing.T, c *http.Client) {
			_, body, err := read(t, c, s.URL()+chatPath, script, streaming)
			if err != nil || !slices.Equal(body, recorded) {
				t.Errorf("%q: %v %q", script, err, body)
			}
			n++
			if call := ended(t, s, n); call.Events != 5 {
				t.Errorf("%d events", call.Events)
			}
		})
	}
	_, body, err := read(t, client(t, 1), s.URL()+chatPath, "fault=end&at=3", streaming)
	if want := recorded[:bytes.Index(recorded, []byte("data: three"))]; err != nil || !slices.Equal(body, want) {
		t.Errorf("until the fault: %v %q", err, body)
	}
}

// An event goes out when it is due, not with the next: the caller has read it
// while the provider is silent for ever.
func TestFlushBeforeStall(t *testing.T) {
	s := start(t, provider.Options{})
	both(t, func(t *testing.T, c *http.Client) {
		resp, err := post(t, c, s.URL()+chatPath, "tokens=5&stall=forever&stall_at=3", streaming)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var got []byte
		for bytes.Count(got, []byte("\n\n")) < 3 {
			b := make([]byte, 4096)
			n, err := resp.Body.Read(b)
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			got = append(got, b[:n]...)
		}
	})
}

// Hundreds at once: each gets its own answer, and the counters add up.
func TestManyStreams(t *testing.T) {
	const streams = 300
	s := start(t, provider.Options{Script: provider.Script{Tokens: 20, Pace: 500}})
	before := int64(0)
	both(t, func(t *testing.T, c *http.Client) {
		var wg sync.WaitGroup
		for range streams {
			wg.Go(func() {
				resp, err := c.Post(s.URL()+chatPath, "application/json", strings.NewReader(streaming))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if got := payloads(body); err != nil || len(got) != 23 || !strings.Contains(string(body), resp.Header.Get("X-Request-Id")[4:]) {
					t.Errorf("%v, %d events", err, len(got))
				}
			})
		}
		wg.Wait()
		ended(t, s, before+streams)
		before += streams
		if st := s.Stats(); st.Finished != before || st.Events != 23*before {
			t.Errorf("%+v", st)
		}
	})
}
