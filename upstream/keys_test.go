package upstream

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

// keyed is a provider with keys a, b and c, and what it says to each.
type keyed struct {
	*Caller
	provider *Provider
	says     map[string]*http.Response
	used     []string
}

func withKeys(t *testing.T, change ...func(*ProviderOptions)) *keyed {
	x := &keyed{says: map[string]*http.Response{}}
	x.provider = provider(t, func(r *http.Request) (*http.Response, error) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		x.used = append(x.used, key)
		if resp := x.says[key]; resp != nil {
			again := response(resp.StatusCode, "application/json", apiError)
			again.Header = resp.Header.Clone()
			return again, nil
		}
		return response(200, events, saying(token, finish, "[DONE]")), nil
	}, append(change, func(o *ProviderOptions) {
		if !o.PassThrough {
			o.Keys = []string{"a", "b", "c"}
		}
	})...)
	x.Caller = NewCaller(routes(t, map[string][]Choice{"m": {{To: "p/m"}}, "n": {{To: "p/n"}}}, map[string]*Provider{"p": x.provider}), usual)
	return x
}

// ask makes a call and says which keys it took.
func (x *keyed) ask(t *testing.T, model string) (status, tries int, keys string) {
	t.Helper()
	x.used = nil
	answer, err := x.Open(t.Context(), chat(model, true))
	if err != nil {
		t.Fatal(err)
	}
	closeAnswer(answer)
	return answer.Status, answer.Tries, strings.Join(x.used, "")
}

func (x *keyed) want(t *testing.T, model string, status int, keys string) {
	t.Helper()
	if s, tries, k := x.ask(t, model); s != status || k != keys || tries != len(keys) {
		t.Errorf("%s: status %d with keys %q in %d tries, want %d with %q", model, s, k, tries, status, keys)
	}
}

func TestKeysRotate(t *testing.T) {
	for _, code := range []int{401, 403, 429} {
		synctest.Test(t, func(t *testing.T) {
			x := withKeys(t)
			x.want(t, "m", 200, "a")
			x.want(t, "m", 200, "a") // one is used until it is refused
			x.says["a"] = response(code, "application/json", apiError)
			x.want(t, "m", 200, "ab")
			x.want(t, "m", 200, "b")
			x.says["b"] = x.says["a"]
			x.want(t, "m", 200, "bc")
			x.says["c"] = x.says["a"]
			if status, _, keys := x.ask(t, "m"); status != code || len(keys) != 3 || keys[0] != 'c' {
				t.Errorf("all refused: %d with %q", status, keys)
			}
			idle(t, x.provider)
		})
	}
}

// A key that was refused is put aside for a while, one that has asked for a
// pause for that long, for the model that it concerns.
func TestKeysAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := withKeys(t)
		x.says["a"] = response(401, "application/json", apiError)
		x.want(t, "m", 200, "ab")
		delete(x.says, "a")
		x.says["b"] = response(429, "application/json", apiError, "Retry-After", "20")
		x.want(t, "m", 200, "bc")
		delete(x.says, "b")
		x.says["c"] = response(429, "application/json", apiError, "Retry-After-Ms", "5000")
		x.want(t, "n", 200, "cb") // a is aside for all models; b only for m
		time.Sleep(4 * time.Second)
		x.says["b"] = response(500, "application/json", apiError)
		x.want(t, "n", 500, "b") // no matter of keys
		delete(x.says, "b")
		x.provider.keys.current.Store(0)
		delete(x.says, "c")
		x.want(t, "m", 200, "c")
		time.Sleep(keyAside)
		x.want(t, "m", 200, "a")
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"none":         {nil, 0},
		"seconds":      {[]string{"Retry-After", "7"}, 7 * time.Second},
		"a fraction":   {[]string{"Retry-After", "1.5"}, 1500 * time.Millisecond},
		"milliseconds": {[]string{"Retry-After", "7", "Retry-After-Ms", "250.5"}, 250500 * time.Microsecond},
		"a date":       {[]string{"Retry-After", "Fri, 02 Jan 2026 03:04:25 GMT"}, 20 * time.Second},
		"a past date":  {[]string{"Retry-After", "Fri, 02 Jan 2026 03:04:00 GMT"}, 0},
		"too long":     {[]string{"Retry-After", "99999999999"}, maxPause},
		"for ever":     {[]string{"Retry-After", "Inf"}, maxPause},
		"negative":     {[]string{"Retry-After", "-5"}, 0},
		"nonsense":     {[]string{"Retry-After", "soon", "Retry-After-Ms", "NaN"}, 0},
	} {
		if got := retryAfter(response(429, "", "", c.header...).Header, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A client's own key goes to a provider that is to be called with it, and no
// other's refusal is the next one's.
func TestPassThrough(t *testing.T) {
	x := withKeys(t, func(o *ProviderOptions) { o.PassThrough, o.Keys = true, nil })
	ask := func(key string, want int) {
		t.Helper()
		x.used = nil
		call := chat("m", true)
		call.Credential = key
		answer, err := x.Open(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		closeAnswer(answer)
		if answer.Status != want || !slices.Equal(x.used, []string{key}) {
			t.Errorf("status %d with %q", answer.Status, x.used)
		}
	}
	x.says["theirs"] = response(429, "application/json", apiError, "Retry-After", "60")
	ask("theirs", 429)
	ask("another's", 200)
	ask("", 200)
	if p := x.provider; p.keys.blocked(p.lanes["m"], time.Now()) {
		t.Error("one client's limit pauses all")
	}
}

// What a client's own key meets is no other provider's matter.
func TestPassThroughRefused(t *testing.T) {
	for _, code := range []int{401, 403} {
		own := provider(t, answering(code, "application/json", apiError), func(o *ProviderOptions) { o.PassThrough, o.Keys = true, nil })
		c := NewCaller(routes(t, map[string][]Choice{"m": {{To: "own"}, {To: "p"}}}, map[string]*Provider{"own": own, "p": provider(t, well)}), usual)
		answer, err := c.Open(t.Context(), chat("m", true))
		if err != nil {
			t.Fatal(err)
		}
		closeAnswer(answer)
		if answer.Status != code || answer.Tries != 1 || own.Status().Tries["refused"] != 1 {
			t.Errorf("%d: status %d after %d tries, %v", code, answer.Status, answer.Tries, own.Status().Tries)
		}
	}
}

// Where all fail, what another says tells more than that a key is refused.
func TestRefusedKeysTellLeast(t *testing.T) {
	c := NewCaller(routes(t, map[string][]Choice{"m": {{To: "p"}, {To: "q"}}}, map[string]*Provider{
		"p": provider(t, answering(500, "application/json", apiError)), "q": provider(t, answering(401, "application/json", badInput)),
	}), usual)
	for range 2 {
		answer, err := c.Open(t.Context(), chat("m", true))
		if err != nil {
			t.Fatal(err)
		}
		closeAnswer(answer)
		if answer.Status != 500 || answer.Tries != 2 {
			t.Errorf("status %d after %d tries", answer.Status, answer.Tries)
		}
	}
}

// A provider that repeats the key which it refuses does not tell it to the
// client.
func TestKeyIsNotQuoted(t *testing.T) {
	const key = "sk-secret" // provider's
	for name, answer := range map[string]roundTrip{
		"a status":        answering(401, "application/json", `{"error":{"message":"Incorrect API key: `+key+`"}}`),
		"a good status":   answering(200, "application/json", `{"error":{"message":"Incorrect API key: `+key+`","code":401}}`),
		"the first event": answering(200, events, saying(`{"error":{"message":"Incorrect API key: `+key+`","code":401}}`)),
	} {
		for _, streams := range []bool{true, false} {
			if name == "the first event" && !streams {
				continue
			}
			answer, err := caller(t, answer, nil).Open(t.Context(), chat("m", streams))
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if strings.Contains(string(body), key) || !strings.Contains(string(body), "Incorrect API key: ***") || answer.Status != 401 || answer.Length != int64(len(body)) {
				t.Errorf("%s: %d %s", name, answer.Status, body)
			}
		}
	}
}

// Without pass_through a client's key goes nowhere.
func TestCredentialStaysHere(t *testing.T) {
	x := withKeys(t)
	call := chat("m", true)
	call.Credential = "theirs"
	call.Header = map[string][]string{"Authorization": {"Bearer theirs"}, "X-Api-Key": {"theirs"}, "X-Goog-Api-Key": {"theirs"}, "Cookie": {"theirs"}}
	r, _, err := x.provider.request(t.Context(), call, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range r.Header {
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "theirs") }) {
			t.Errorf("%s: %q", name, values)
		}
	}
}

var _ stream.Opener = (*Caller)(nil)
