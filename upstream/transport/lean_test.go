package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestLeanReadsEveryFraming(t *testing.T) {
	for name, test := range map[string]struct {
		answer, body string
		idle         int // connections kept afterwards
	}{
		"content length":         {ok, "ok", 1},
		"chunked":                {streamed + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc", 1},
		"chunked with trailer":   {streamed + "2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n", "ab", 1},
		"chunked, closing":       {"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "a", 0},
		"no content":             {"HTTP/1.1 204 No Content\r\n\r\n", "", 1},
		"empty":                  {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 1},
		"HTTP/1.0 with length":   {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "a", 0},
		"one interim response":   {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok, "ok", 1},
		"most interim ones":      {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim) + ok, "ok", 1},
		"more than was promised": {ok + "HTTP/1.1 200 OK\r\n", "ok", 0},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{})
			wantBody(t, tr, serve(t, repeat(test.answer)), test.body)
			if got := tr.Stats(); got.Idle != test.idle || got.Open != int64(test.idle) {
				t.Errorf("stats = %+v; want %d idle and open", got, test.idle)
			}
		})
	}
}

func TestLeanReadsToTheClose(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.0 200 OK\r\n\r\nuntil the end")
	})
	wantBody(t, tr, url, "until the end")
	if got := tr.Stats(); got.Open != 0 {
		t.Errorf("stats = %+v; want none open", got)
	}
}

func TestLeanBodyMayExceedTheHeadersLimit(t *testing.T) {
	tr := newTransport(t, Options{})
	long := strings.Repeat("x", 300_000)
	url := serve(t, repeat("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"+long))
	for range 2 {
		wantBody(t, tr, url, long)
	}
	if got := tr.Stats(); got.Reuses != 1 {
		t.Errorf("stats = %+v; want one reuse", got)
	}
}

func TestLeanHead(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, repeat("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"))
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); len(body) != 0 || err != nil || resp.ContentLength != 1234 {
			t.Fatalf("body %q, %v, length %d", body, err, resp.ContentLength)
		}
	}
	if got := tr.Stats(); got.Dials != 1 || got.Reuses != 1 {
		t.Errorf("stats = %+v; want 1 dial, 1 reuse", got)
	}
}

func TestLeanSendsTheRequestAsItIs(t *testing.T) {
	tr := newTransport(t, Options{})
	seen := make(chan *http.Request, 1)
	url := serve(t, func(p *peer) {
		seen <- p.request()
		p.say(ok)
	})
	prompt := strings.Repeat("prompt ", 50_000)
	req := post(t, t.Context(), url+"/v1/chat?x=1", prompt)
	req.Header.Set("Authorization", "Bearer k")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got := receive(t, seen)
	body, err := io.ReadAll(got.Body)
	if err != nil || string(body) != prompt {
		t.Errorf("the body arrived as %d bytes, %v; want %d", len(body), err, len(prompt))
	}
	if got.RequestURI != "/v1/chat?x=1" || got.Header.Get("Authorization") != "Bearer k" ||
		got.ContentLength != int64(len(prompt)) || got.Header.Get("Accept-Encoding") != "" {
		t.Errorf("request arrived as %s %v", got.RequestURI, got.Header)
	}
	if resp.Request == nil || resp.Request.Body != nil || resp.Request.GetBody != nil {
		t.Error("the response holds on to the request's body")
	}
}

func TestLeanRefusesBadResponses(t *testing.T) {
	secret := "sk-secret"
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"not HTTP":             {"220 " + secret + " ESMTP\r\n\r\n", ErrMalformed},
		"bad header":           {"HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n", ErrMalformed},
		"closed at once":       {"", io.ErrUnexpectedEOF},
		"closed in the header": {"HTTP/1.1 200 OK\r\nContent-Le", io.ErrUnexpectedEOF},
		"other protocol":       {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ErrMalformed},
		"interim for ever":     {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim+1) + ok, ErrMalformed},
		"huge header":          {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70_000) + "\r\n\r\n", ErrHeaderTooLarge},
		"many headers":         {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Y: zzzzzzzz\r\n", 5_000) + "\r\n", ErrHeaderTooLarge},
		"huge interim headers": {strings.Repeat("HTTP/1.1 102 P\r\nX: "+strings.Repeat("x", 20_000)+"\r\n\r\n", 4) + ok, ErrHeaderTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{})
			_, _, err := fetch(t, tr, serve(t, func(p *peer) {
				p.request()
				p.say(test.answer)
			}))
			wantErr(t, err, test.want)
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error quotes the server: %v", err)
			}
			if got := tr.Stats(); got.Open != 0 {
				t.Errorf("stats = %+v; want none open", got)
			}
		})
	}
}

func TestLeanAcceptsAHeaderBelowTheLimit(t *testing.T) {
	tr := newTransport(t, Options{})
	value := strings.Repeat("x", 60_000)
	resp := wantBody(t, tr, serve(t, repeat("HTTP/1.1 200 OK\r\nX: "+value+"\r\nContent-Length: 2\r\n\r\nok")), "ok")
	if resp.Header.Get("X") != value {
		t.Error("the header was changed")
	}
}

// A server that refuses a prompt before it has read it closes while the prompt
// is still being written.
func TestLeanReadsAnEarlyRefusal(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, func(p *peer) {
		_, _ = p.in.ReadString('\n')
		p.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
	})
	for range 20 {
		resp, err := tr.RoundTrip(post(t, t.Context(), url, strings.Repeat("x", 8<<20)))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); resp.StatusCode != 413 || string(body) != "big" || err != nil {
			t.Fatalf("status %d, body %q, %v", resp.StatusCode, body, err)
		}
	}
	if got := tr.Stats(); got.Open != 0 || got.Idle != 0 {
		t.Errorf("stats = %+v; want none open", got)
	}
}

// A prompt that is cut off without an answer may have been acted upon.
func TestLeanCutWhileSending(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, func(p *peer) {
		_, _ = p.in.ReadString('\n')
		p.reset()
	})
	_, err := tr.RoundTrip(post(t, t.Context(), url, strings.Repeat("x", 8<<20)))
	if err == nil || errors.Is(err, ErrConnect) {
		t.Errorf("error = %v; want one that is not ErrConnect", err)
	}
}

func TestLeanMakesManyCallsAtOnce(t *testing.T) {
	tr := newTransport(t, Options{MaxIdlePerHost: 8})
	url := serve(t, func(p *peer) {
		for {
			req := p.request()
			if req == nil {
				return
			}
			body, _ := io.ReadAll(req.Body)
			p.say("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + string(body))
		}
	})
	var calls sync.WaitGroup
	for i := range 16 {
		calls.Go(func() {
			for j := range 20 {
				want := strings.Repeat(strconv.Itoa(i*100+j), 50)
				resp, err := tr.RoundTrip(post(t, context.Background(), url, want))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || string(got) != want {
					t.Errorf("call %d/%d got another's answer: %v", i, j, err)
				}
			}
		})
	}
	calls.Wait()
	if got := tr.Stats(); got.Idle > 8 || got.Dials+got.Reuses != 320 || got.Open != int64(got.Idle) {
		t.Errorf("stats = %+v", got)
	}
}
