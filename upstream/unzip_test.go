package upstream

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"tidegate/stream"
)

// zipped compresses a body, and sends each part when it is there.
func zipped(parts ...string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, part := range parts {
		_, _ = io.WriteString(z, part)
		_ = z.Flush()
	}
	_ = z.Close()
	return b.String()
}

// What something has compressed on its way, though it was asked not to, is
// read all the same.
func TestUnzip(t *testing.T) {
	for name, c := range map[string]struct {
		answer roundTrip
		status int
		body   string
	}{
		"whole":            {answering(200, "application/json", zipped(wholeChat), "Content-Encoding", "gzip"), 200, wholeChat},
		"an error":         {answering(500, "application/json", zipped(apiError), "Content-Encoding", "X-GZIP"), 500, apiError},
		"an error as 200":  {answering(200, "application/json", zipped(tooMany), "Content-Encoding", "gzip"), 429, tooMany},
		"not, but says so": {answering(200, "application/json", wholeChat, "Content-Encoding", "identity"), 200, wholeChat},
	} {
		answer, err := caller(t, c.answer, nil).Open(t.Context(), chat("m", false))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.Status != c.status || string(body) != c.body || err != nil {
			t.Errorf("%s: %d %q, %v", name, answer.Status, body, err)
		}
		if want := (stream.Usage{Input: 7, Output: 3}); c.status == 200 && answer.Usage() != want {
			t.Errorf("%s: usage %+v", name, answer.Usage())
		}
	}
}

func TestUnzipStream(t *testing.T) {
	whole := zipped(saying(token), saying(finish, "[DONE]"))
	for body, want := range map[string]stream.Reason{
		whole: stream.Complete, whole[:len(whole)-20]: stream.UpstreamTruncated, zipped(saying(token)): stream.UpstreamTruncated,
	} {
		answer, err := caller(t, answering(200, events, body, "Content-Encoding", "gzip"), nil).Open(t.Context(), chat("m", true))
		if err != nil {
			t.Fatal(err)
		}
		got, end := pumped(t, answer)
		if end.Reason != want || len(got) == 0 || got[0] != token {
			t.Errorf("%q, ended %+v, want %s", got, end, want)
		}
	}
}

// What can't be undone, or is no gzip, is no answer.
func TestNotUnzipped(t *testing.T) {
	for name, c := range map[string]struct{ encoding, body, code string }{
		"another encoding": {"br", "x", "upstream_not_an_api"},
		"two":              {"gzip, br", "x", "upstream_not_an_api"},
		"no gzip":          {"gzip", wholeChat, "upstream_failed"},
		"nothing":          {"gzip", "", "upstream_not_an_api"},
	} {
		_, err := caller(t, answering(200, "application/json", c.body, "Content-Encoding", c.encoding), nil).Open(t.Context(), chat("m", false))
		if r := refusal(t, err); r.Code != c.code {
			t.Errorf("%s: %s", name, r.Code)
		}
	}
}
