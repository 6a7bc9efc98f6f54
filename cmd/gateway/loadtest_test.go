package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/internal/garbage"
	"tidegate/loadtest"
	checker "tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

const asProgram = "TIDEGATE_TEST_PROGRAM"

// TestAsProgram is this program for tests that need it as a process of its
// own: they run the test binary with this test alone, and what is to be run
// after it.
func TestAsProgram(t *testing.T) {
	if os.Getenv(asProgram) == "" {
		cmd := program(t, "version")
		if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), "tidegate ") {
			t.Fatalf("%q %v", out, err)
		}
		return
	}
	garbage.Pace()
	os.Exit(run(context.Background(), strings.Split(os.Getenv(asProgram), "\n"), os.Stdout, os.Stderr))
}

func program(t testing.TB, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestAsProgram$")
	cmd.Env = append(os.Environ(), asProgram+"="+strings.Join(args, "\n"))
	return cmd
}

// asProcess has load tests start their gateway from the test binary.
func asProcess(t testing.TB) {
	before := gatewayProcess
	t.Cleanup(func() { gatewayProcess = before })
	gatewayProcess = func(args ...string) (*exec.Cmd, error) { return program(t, args...), nil }
}

// loaded makes the target of a load test: a whole gateway in this process,
// whose log is book.
func loaded(t testing.TB, keepAlive time.Duration, book *logBook) func(context.Context, string) (loadtest.Target, func(), error) {
	return func(_ context.Context, provider string) (loadtest.Target, func(), error) {
		c, err := config.FromEnv(provider+"/v1", func(string) (string, bool) { return "", false })
		if err != nil {
			return loadtest.Target{}, nil, err
		}
		c.KeepAlive, c.Drain, c.Stream.Retained = keepAlive, 0, 10_000
		everyProvider(c, func(p *config.Provider) {
			p.Breaker.Failures = 0           // faults are meant
			p.Timeouts.Connect = time.Minute // a machine without time is no provider that can't be reached
		})
		c.Limits.HeaderTimeout = time.Minute // nor a client that is slow
		h := &house{name: t.Name(), log: book}
		if h.gateway, err = newGateway(c, slog.New(slog.NewJSONHandler(h.log, nil))); err != nil {
			return loadtest.Target{}, nil, err
		}
		h.serve(t)
		houses.Lock()
		houses.all = append(houses.all, h)
		houses.Unlock()
		return loadtest.Target{Name: "gateway", URL: "http://" + h.addr, Admin: h.admin}, func() { h.stop() }, nil
	}
}

func mixOf(t testing.TB, text string, known []string) []report.Weight {
	mix, err := loadtest.ParseMix(text, known)
	if err != nil {
		t.Fatal(err)
	}
	return mix
}

// Every profile over every transport, and every fault, and no promise is
// broken. Nothing but the tests' own deadline bounds the run: clients stay away
// for 20 s, and how long the rest takes is the machine's affair.
func TestFlakyClients(t *testing.T) {
	book := newLogBook()
	r, err := loadtest.Run(t.Context(), loadtest.Options{
		Start: loaded(t, 3*time.Second, book), Rate: 60, Duration: 6 * time.Second, Tokens: 60, Pace: 150,
		Profiles: mixOf(t, "all", loadtest.ProfileNames()), Faults: mixOf(t, "all,none=8", loadtest.FaultNames()),
		Transports: loadtest.Transports, Limits: checker.Limits{KeepAlive: 3 * time.Second, Cancel: 10 * time.Second, Slack: 20 * time.Second},
		Seed: 11,
	})
	if err != nil {
		t.Fatal(err)
	}
	run := r.Runs[0]
	for _, v := range run.Violations {
		t.Errorf("%s: %s over %s, %s: %s", v.Kind, v.Profile, v.Transport, v.Fault, v.Message)
		for _, m := range v.Timeline {
			t.Logf("%8.3f %s %s", m.At, m.Who, m.What)
		}
	}
	if want := len(loadtest.Profiles) * len(loadtest.Transports); len(run.Rows) != want {
		t.Errorf("%d rows, want %d", len(run.Rows), want)
	}
	for _, c := range run.Checks {
		if c.Judged == 0 {
			t.Errorf("%s was never judged", c.Kind)
		}
	}
	e, p := run.Total.Ends, run.Provider
	if e.Whole == 0 || e.Left == 0 || e.CutOff == 0 || e.Told == 0 || e.Refused == 0 || e.Failed > 0 || e.Open > 0 {
		t.Errorf("ends: %+v", e)
	}
	// A client that gets no time to answer pings is refused by the gateway or
	// gives up, maybe before its call was made. All other streams are one call
	// each, those that the provider refuses included.
	byProvider := int64(0)
	calls, _ := book.calls()
	for _, l := range calls {
		if l.text("code") == "upstream_status" {
			byProvider++
		}
	}
	if none := run.Total.Streams - p.Calls; none < 0 || none > e.Refused-byProvider || byProvider == 0 {
		t.Errorf("%d streams, %d of them refused, %d by the provider, whose calls are %+v", run.Total.Streams, e.Refused, byProvider, p)
	}
	if p.Open != 0 || p.Calls != p.Finished+p.Faulted+p.Cancelled+p.Refused {
		t.Errorf("the provider's calls: %+v", p)
	}
	if run.Server == nil || run.Server.CPU <= 0 || run.Server.BufferLimit != 4096 || len(run.Samples) < 2 { // a target that answers late has few
		t.Errorf("the target's figures: %+v, %d samples", run.Server, len(run.Samples))
	}
}

func TestLoadtestCommand(t *testing.T) {
	asProcess(t)
	folder := t.TempDir()
	file, page := filepath.Join(folder, "report.json"), filepath.Join(folder, "report.html")
	status, out, errs := runs(t, "loadtest", "-rate", "50", "-streams", "20", "-tokens", "40", "-pace", "200",
		"-faults", "cut=1,none=3", "-seed", "5", "-slack", "20s", "-cancel", "20s", "-json", file, "-html", page)
	if status != 0 || !strings.Contains(out, "no violations") {
		t.Fatalf("status %d\n%s\n%s", status, out, errs)
	}
	text, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	r, err := report.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	run := r.Runs[0]
	if run.Total.Streams != 20 || run.Total.Ends.Whole+run.Total.Ends.Told != 20 || r.Asked.Seed != 5 || run.Provider.Calls != 20 {
		t.Errorf("%+v %+v", r.Asked, run.Total)
	}
	if run.Server == nil || run.Server.CPU <= 0 || run.Server.Memory.Peak == 0 || run.Total.Added.Count != run.Total.Tokens {
		t.Errorf("%+v, %d latencies of %d tokens", run.Server, run.Total.Added.Count, run.Total.Tokens)
	}
	if html, err := os.ReadFile(page); err != nil || !bytes.Contains(html, []byte("<svg")) {
		t.Errorf("no page: %v", err)
	}
}

// Messages is an API of its own: other events, another end, other errors.
func TestLoadtestMessages(t *testing.T) {
	asProcess(t)
	status, out, errs := runs(t, "loadtest", "-api", "messages", "-transport", "plain", "-rate", "100", "-streams", "40", "-tokens", "40", "-pace", "200",
		"-profiles", "steady=3,slow,leaver,trickle", "-faults", "none=3,cut,error,end", "-seed", "3", "-slack", "20s", "-cancel", "20s", "-json", "-")
	r, err := report.Decode(strings.NewReader(out))
	if status != 0 || err != nil {
		t.Fatalf("status %d, %v\n%s\n%s", status, err, out, errs)
	}
	if e := r.Runs[0].Total.Ends; e.Whole == 0 || e.Told == 0 || e.Left == 0 || e.Failed+e.Open+e.Refused > 0 {
		t.Errorf("%+v", e)
	}
}

// What breaks its promises makes the exit status 1.
func TestLoadtestFails(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n")
	}))
	defer server.Close()
	args := []string{"loadtest", "-target", server.URL, "-provider-listen", "127.0.0.1:0", "-streams", "3", "-rate", "100", "-transport", "plain"}
	status, out, errs := runs(t, args...)
	if status != 1 || !strings.Contains(out, "short") || !strings.Contains(errs, errViolations.Error()) {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	// From the client's side alone there is nothing wrong with it.
	args = []string{"loadtest", "-target", server.URL, "-provider", "none", "-model", "m", "-streams", "3", "-rate", "100", "-transport", "plain", "-json", "-"}
	status, out, errs = runs(t, args...)
	r, err := report.Decode(strings.NewReader(out))
	if status != 0 || err != nil || r.Runs[0].Provider != nil || r.Runs[0].Total.Ends.Whole != 3 {
		t.Errorf("status %d, %v\n%s\n%s", status, err, out, errs)
	}
}

func TestLoadtestFlags(t *testing.T) {
	for _, args := range []string{
		"-profiles nobody", "-faults steady", "-profiles steady=-1", "-profiles steady=0", "-transport pigeon",
		"-target http://127.0.0.1:1", "-compare http://127.0.0.1:1", "-provider some", "-provider none",
		"-target http://127.0.0.1:1 -provider none", "-target pigeon -provider-listen 127.0.0.1:0", "-tokens -1", "-rate NaN", "-api fax",
	} {
		status, out, errs := runs(t, append([]string{"loadtest"}, strings.Fields(args)...)...)
		if status != 1 || out != "" || errs == "" {
			t.Errorf("%s: status %d, %q, %q", args, status, out, errs)
		}
	}
}

// A test that is stopped says what it has done, and leaves nothing behind.
func TestLoadtestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := loadtest.Run(ctx, loadtest.Options{
		Start:  loaded(t, time.Minute, newLogBook()),
		Limits: checker.Limits{KeepAlive: time.Minute, Cancel: time.Minute, Slack: time.Minute}, // as the gateway's
		Rate:   100, Duration: time.Hour, Tokens: 100_000, Pace: 100,
		Profiles: mixOf(t, "all", loadtest.ProfileNames()), Transports: loadtest.Transports,
		Live: func(s report.Status) {
			if s.Started > 60 && s.States.Reading > 10 {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := r.Runs[0]
	if !r.Interrupted || run.Total.Streams < 60 || run.Total.Ends.Open == 0 || run.Total.Tokens == 0 {
		t.Errorf("%v %+v", r.Interrupted, run.Total)
	}
	if len(run.Violations) > 0 {
		t.Errorf("%+v", run.Violations)
	}
}
