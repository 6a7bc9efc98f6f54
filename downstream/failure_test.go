package downstream

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// said is an error as a client reads it.
type said struct {
	Error struct {
		Message, Type, Code string
		Param               *string
	}
}

func TestFailureIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		f := &failure{
			status: 400, kind: invalidRequest, code: text.Draw(t, "code"),
			message: text.Draw(t, "message"), param: text.Draw(t, "param"),
		}
		data := f.appendJSON([]byte("before "))
		if bytes.ContainsAny(data, "\r\n") {
			t.Fatalf("%q does not fit into one line of an event", data)
		}
		var got said
		if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("before ")), &got); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		e := got.Error
		if e.Message != f.message || e.Code != f.code || e.Type != f.kind || (e.Param == nil) != (f.param == "") || e.Param != nil && *e.Param != f.param {
			t.Fatalf("%+v came out as %+v", f, e)
		}
	})
}

// Broken UTF-8, such as a name cut in the middle, still makes valid JSON.
func TestFailureOfBrokenText(t *testing.T) {
	data := (&failure{message: "\xff\xc3", code: "c"}).appendJSON(nil)
	if !json.Valid(data) {
		t.Errorf("%q", data)
	}
}

func TestFailureOf(t *testing.T) {
	secret := errors.New("sk-secret")
	for _, c := range []struct {
		err    error
		status int
		kind   string
		code   string
	}{
		{secret, 500, gatewayFailure, "internal_error"},
		{&stream.Refusal{Status: 502, Code: "upstream_failed", Err: secret}, 502, upstreamFails, "upstream_failed"},
		{&stream.Refusal{Status: 429, Code: "provider_full"}, 429, gatewayFailure, "provider_full"},
		{&stream.Refusal{Status: 404, Code: "model_not_found", Param: "model"}, 404, invalidRequest, "model_not_found"},
	} {
		f := failureOf(c.err)
		if f.status != c.status || f.kind != c.kind || f.code != c.code {
			t.Errorf("%v is said as %+v", c.err, f)
		}
		if data := f.appendJSON(nil); bytes.Contains(data, []byte("sk-secret")) {
			t.Errorf("says %s", data)
		}
	}
}

// The same failure, written through net/http and as bytes of our own.
func TestFailureAsResponse(t *testing.T) {
	f := &failure{
		status: 503, kind: gatewayFailure, code: "overloaded", message: "m",
		retry: 1200 * time.Millisecond, header: map[string]string{"Allow": "POST"},
	}
	w := httptest.NewRecorder()
	f.write(w)
	own, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(f.appendResponse(nil, http.Header{"X-Request-Id": {"id"}}))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if own.Header.Get("X-Request-Id") != "id" || own.Header.Get("Date") == "" {
		t.Errorf("header %v", own.Header)
	}
	for _, resp := range []*http.Response{w.Result(), own} {
		body, err := io.ReadAll(resp.Body)
		if err != nil || !bytes.Equal(body, f.appendJSON(nil)) || resp.StatusCode != 503 {
			t.Errorf("%d %q, %v", resp.StatusCode, body, err)
		}
		h := resp.Header
		if h.Get("Retry-After") != "2" || h.Get("Allow") != "POST" || h.Get("Content-Type") != "application/json" {
			t.Errorf("header %v", h)
		}
		if resp.ContentLength != int64(len(body)) {
			t.Errorf("length %d of %d", resp.ContentLength, len(body))
		}
	}
}

func TestEndFailure(t *testing.T) {
	ours := map[stream.Reason]bool{
		stream.SlowConsumer: true, stream.Cancelled: true, stream.Abandoned: true, stream.Limit: true, stream.Shutdown: true,
	}
	for _, reason := range stream.Reasons {
		if reason == stream.Complete {
			continue
		}
		f := endFailure(stream.End{Reason: reason, Message: "m"})
		if f.code != string(reason) || f.message != "m" || (f.kind == gatewayFailure) != ours[reason] {
			t.Errorf("%s is said as %+v", reason, f)
		}
	}
	if f := endFailure(stream.End{Reason: stream.UpstreamTruncated, Cause: stream.CauseCut}); f.code != "upstream_truncated.cut" {
		t.Errorf("code %q", f.code)
	}
}
