package upstream

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tidegate/stream"
	"tidegate/upstream/transport"
)

// Why a provider could not be reached is told apart, whichever protocol it was
// to be asked with.
func TestCauseOfConnection(t *testing.T) {
	for _, mode := range []transport.Mode{transport.Auto, transport.HTTP1, transport.HTTP2} {
		for name, c := range map[string]struct {
			base func(*testing.T) string
			want stream.Cause
		}{
			"nobody listens":        {nobody, causeRefused},
			"no TLS there":          {noTLS, causeTLS},
			"a certificate unknown": {untrusted, causeTLS},
			"never any TLS":         {mute, causeTLSTimeout},
		} {
			t.Run(fmt.Sprintf("%v %s", mode, name), func(t *testing.T) {
				connect := time.Minute // a handshake may take long on a loaded machine
				if c.want == causeTLSTimeout {
					connect = 200 * time.Millisecond
				}
				tr := transport.New(transport.Options{Mode: mode, ConnectTimeout: connect})
				defer tr.Close()
				base := c.base(t)
				p := provider(t, nil, func(o *ProviderOptions) { o.BaseURL, o.Transport = base, tr })
				routes, err := NewRoutes(map[string][]Choice{"*": {{To: "p"}}}, map[string]*Provider{"p": p})
				if err != nil {
					t.Fatal(err)
				}
				_, err = NewCaller(routes, usual).Open(t.Context(), chat("m", true))
				r := refusal(t, err)
				want := []stream.Try{{Provider: "p", Outcome: "unreachable", Cause: c.want}}
				if r.Code != "upstream_unreachable" || r.Cause != c.want || !slices.Equal(r.Failed, want) {
					t.Errorf("%s %q %v, want %q: %v", r.Code, r.Cause, r.Failed, c.want, r.Err)
				}
			})
		}
	}
}

func listening(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func nobody(t *testing.T) string {
	l := listening(t)
	_ = l.Close()
	return "https://" + l.Addr().String()
}

// mute is where connections are taken by the system, and by nobody else.
func mute(t *testing.T) string { return "https://" + listening(t).Addr().String() }

func noTLS(t *testing.T) string {
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http:", "https:", 1)
}

func untrusted(t *testing.T) string {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it has something to say of each handshake
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// What can't be had on every machine: as the system says it.
func TestCauseOfError(t *testing.T) {
	dial := func(err error) error {
		return fmt.Errorf("%w: %w", transport.ErrConnect, &net.OpError{Op: "dial", Net: "tcp", Err: err})
	}
	for name, c := range map[string]struct {
		err  error
		want stream.Cause
	}{
		"no such host":   {dial(&net.DNSError{Err: "no such host", Name: "n", IsNotFound: true}), causeNoHost},
		"no resolver":    {dial(&net.DNSError{Err: "server misbehaving", Name: "n", IsTemporary: true}), causeDNS},
		"slow resolver":  {dial(&net.DNSError{Err: "i/o timeout", Name: "n", IsTimeout: true}), causeDNS},
		"no host":        {dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), causeNoRoute},
		"no network":     {dial(os.NewSyscallError("connect", syscall.ENETUNREACH)), causeNoRoute},
		"no descriptor":  {dial(os.NewSyscallError("socket", syscall.EMFILE)), causeFiles},
		"nobody answers": {dial(os.ErrDeadlineExceeded), causeTimeout},
		"other":          {dial(io.ErrClosedPipe), causeOther},
		"reset":          {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, stream.CauseReset},
		"closed":         {fmt.Errorf("transport: %w", io.ErrUnexpectedEOF), stream.CauseCut},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := caller(t, func(*http.Request) (*http.Response, error) { return nil, c.err }, nil).Open(t.Context(), chat("m", true))
			if r := refusal(t, err); r.Cause != c.want || len(r.Failed) != 1 || r.Failed[0].Cause != c.want {
				t.Errorf("%q %v, want %q", r.Cause, r.Failed, c.want)
			}
		})
	}
}

// Whoever answers in the end: the log is to know who has not, and how.
func TestFailedTries(t *testing.T) {
	dead := serving(t, "dead", nil)
	ill := serving(t, "ill", says(status(503, "application/json", apiError)))
	well := serving(t, "well", wellStreamed)
	c := NewCaller(routes(t, map[string][]Choice{
		"m": {{To: "dead"}, {To: "ill"}, {To: "well"}}, "ill": {{To: "dead"}, {To: "ill"}},
	}, map[string]*Provider{"dead": dead.Provider, "ill": ill.Provider, "well": well.Provider}), usual)
	want := []stream.Try{{Provider: "dead", Outcome: "unreachable", Cause: "refused"}, {Provider: "ill", Outcome: "failed", Cause: "503"}}
	for _, model := range []string{"m", "ill"} {
		answer, err := c.Open(t.Context(), chat(model, true))
		if err != nil {
			t.Fatal(err)
		}
		closeAnswer(answer)
		if !slices.Equal(answer.Failed, want) {
			t.Errorf("%s: %v, want %v", model, answer.Failed, want)
		}
	}
}
