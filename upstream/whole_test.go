package upstream

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"tidegate/stream"
)

const wholeChat = `{"id":"x","object":"chat.completion","choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}`

func TestWholeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wires := make(chan *wire, 1)
		said := make(chan *wire, 1)
		go func() {
			w := <-wires
			w.in <- wholeChat
			close(w.in)
			said <- w
		}()
		answer, err := caller(t, slow(0, "application/json", wires), nil).Open(t.Context(), chat("m", false))
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Usage(); got.Known() {
			t.Errorf("usage %+v of what is not read", got)
		}
		if got, err := io.ReadAll(answer.Body); string(got) != wholeChat || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if want := (stream.Usage{Input: 7, Output: 3}); answer.Usage() != want {
			t.Errorf("usage %+v", answer.Usage())
		}
		w := <-said
		if w.ctx.Err() != nil {
			t.Error("cancelled before it was closed")
		}
		_ = answer.Body.Close()
		<-w.done
		if w.ctx.Err() == nil {
			t.Error("the call goes on after Close")
		}
	})
	_, err := caller(t, answering(200, "text/html", "<html>"), nil).Open(t.Context(), chat("m", false))
	if r := refusal(t, err); r.Code != "upstream_not_an_api" {
		t.Errorf("a page came to %s", r.Code)
	}
}

// Bodies of any size, read in any way, come out as they went in; the usage of
// those that are kept is known.
func TestWholeBody(t *testing.T) {
	for name, c := range map[string]struct {
		padding int
		known   bool
	}{"small": {0, true}, "middling": {20_000, true}, "largest kept": {maxKept - len(wholeChat) - 8, true}, "larger": {maxKept, false}} {
		body := strings.Replace(wholeChat, `"hi"`, `"`+strings.Repeat("x", c.padding+2)+`"`, 1)
		for way, reader := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "halves": iotest.HalfReader, "with its end": iotest.DataErrReader,
		} {
			answer, err := caller(t, func(*http.Request) (*http.Response, error) {
				resp := response(200, "application/json", "")
				resp.Body = io.NopCloser(reader(strings.NewReader(body)))
				return resp, nil
			}, nil).Open(t.Context(), chat("m", false))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(iotest.HalfReader(answer.Body))
			if err != nil || string(got) != body {
				t.Errorf("%s, %s: %d bytes of %d, %v", name, way, len(got), len(body), err)
			}
			_ = answer.Body.Close()
			if u := answer.Usage(); u.Known() != c.known {
				t.Errorf("%s, %s: usage %+v", name, way, u)
			}
		}
	}
}

// An error that comes with a good status is found however it comes, and an
// answer that only speaks of one is passed on.
func TestWholeErrors(t *testing.T) {
	for body, want := range map[string]int{
		`{"error":{"message":"m","code":429}}`:                                                              429,
		"\n\n  " + `{"error":{"message":"` + strings.Repeat("x", 10_000) + `"}}`:                            502,
		`{"id":"x","error":null,"choices":[{"message":{"content":"` + strings.Repeat("x", 99_000) + `"}}]}`: 200,
		`{"choices":[],"says":"\"error\""}`:                                                                 200,
	} {
		answer, err := caller(t, func(*http.Request) (*http.Response, error) {
			resp := response(200, "application/json", "")
			resp.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(body)))
			return resp, nil
		}, nil).Open(t.Context(), chat("m", false))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || string(got) != body || answer.Status != want {
			t.Errorf("%.60q: %d, %d bytes, %v; want %d", body, answer.Status, len(got), err, want)
		}
		_ = answer.Body.Close()
	}
}

// What is no answer is not passed on as one, nor is one that its JSON says ends
// early.
func TestOddWholeAnswers(t *testing.T) {
	const failedChoice = `{"id":"a long name that goes on, so that the error stands behind what is looked at first in other APIs","choices":[{"index":0,"message":{"content":"part"},"finish_reason":"error","error":{"code":503,"message":"m"}}]}`
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       int
		code       string // of a refusal; "": passed on
		cut        bool
	}{
		"nothing":              {204, "", "", 502, "upstream_not_an_api", false},
		"text":                 {200, "text/plain", "hello", 502, "upstream_not_an_api", false},
		"events":               {200, events, finishedChat, 502, "upstream_not_an_api", false},
		"JSON as text":         {200, "text/plain", wholeChat, 200, "", false},
		"JSON of no type":      {200, "", wholeChat, 200, "", false},
		"behind empty lines":   {200, "application/json", "\n\n" + wholeChat, 200, "", false},
		"an error of a choice": {200, "application/json", failedChoice, 503, "", false},
		"the words of one":     {200, "application/json", strings.Replace(wholeChat, "hi", `an \"error\" was aborted`, 1), 200, "", false},
		"several errors":       {200, "application/json", `{"errors":[{"message":"m"}],"success":false}`, 502, "", false},
		"ends early":           {200, "application/json", wholeChat[:len(wholeChat)-20], 200, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := provider(t, answering(c.status, c.kind, c.body))
			answer, err := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}}}, map[string]*Provider{"p": p}), usual).Open(t.Context(), chat("m", false))
			if c.code != "" {
				if r := refusal(t, err); r.Status != c.want || r.Code != c.code {
					t.Errorf("%d %s", r.Status, r.Code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if answer.Status != c.want || string(body) != c.body || (err != nil) != c.cut {
				t.Errorf("%d, %q, %v", answer.Status, body, err)
			}
		})
	}
}

// A stored response that was deleted may leave nothing to be said.
func TestDeletedWithoutAWord(t *testing.T) {
	call := chat("m", false)
	call.Method = http.MethodDelete
	answer, err := caller(t, answering(204, "", ""), nil).Open(t.Context(), call)
	if err != nil || answer.Status != 204 {
		t.Fatalf("%+v, %v", answer, err)
	}
	_ = answer.Body.Close()
}

// White space that keeps a connection alive is passed on when it comes.
func TestWhiteSpaceIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wires := make(chan *wire, 1)
		go func() { (<-wires).in <- strings.Repeat(" \n", errorWithin) }()
		answer, err := caller(t, slow(0, "application/json", wires), nil).Open(t.Context(), chat("m", false))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	})
}
