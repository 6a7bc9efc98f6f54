package house

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrow says which of the module's folders the packages in from may import,
// besides those in from itself. Tests are free to.
type arrow struct {
	from string
	to   []string
	why  string
}

// arrows are all there are, the narrower before the wider. A folder that is
// not listed may import nothing of ours.
var arrows = []arrow{
	{"stream", nil,
		"stream is the contract itself: it has to stay testable without anything around it"},
	{"breaker", nil,
		"a breaker is told what happens and decides: whom it serves is not its concern"},
	{"upstream/sse", nil,
		"the scanner is fuzzed and measured by itself"},
	{"upstream/dialect", []string{"stream"},
		"a dialect judges events: it must work for any caller, and know no connection"},
	{"upstream/transport", nil,
		"the transport carries requests and knows nothing of models"},
	{"upstream", []string{"stream", "breaker"},
		"providers and clients meet in stream alone, or every client's API would need to know every provider's"},
	{"downstream/wire", []string{"stream"},
		"the protocol is shared with clients outside this program: all it needs is the encoding of events"},
	{"downstream", []string{"stream", "breaker", "internal/auth"},
		"downstream is handed an opener of calls: knowing providers, it would tie each client's API to each provider's"},
	{"client", []string{"downstream/wire"},
		"the Go client is for other programs: it brings the protocol along, not a gateway"},
	{"loadtest", []string{"client", "downstream/wire", "internal/http1"},
		"the load test measures from outside: sharing code with the gateway it would share its mistakes"},
	{"web", nil,
		"web is files and what hands them out"},
	{"internal/auth", nil,
		"who may call is decided without knowing what for"},
	{"internal/config", []string{"internal/auth"},
		"a configuration is plain data: cmd/gateway makes the parts from it"},
	{"internal/telemetry", []string{"stream"},
		"telemetry is told what happens through stream's interfaces, so that both sides work without it"},
	{"internal/garbage", nil,
		"when garbage is collected concerns the process, and nothing in it"},
	{"internal/http1", nil,
		"it reads what others answer, for those who measure: the gateway has net/http, and shares nothing with them"},
	{"internal/bench", []string{"loadtest", "internal/http1"},
		"the benchmark compares processes: it must treat ours as any other"},
	{"examples", []string{"client"},
		"an example is what somebody else's program looks like, and the client is all that such a one may import"},
	{"test", []string{"loadtest/provider"},
		"tests of the binary see it as its users do, and what the provider sees"},
	{"cmd", []string{"downstream", "upstream", "stream", "breaker", "web", "loadtest", "internal"},
		"commands wire the parts together, and nobody imports them"},
}

func TestArrows(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		rule := ruleFor(s.folder)
		for _, name := range s.imports {
			target, ours := strings.CutPrefix(name, module+"/")
			if !ours || within(target, rule.from) {
				continue
			}
			if !slices.ContainsFunc(rule.to, func(to string) bool { return within(target, to) }) {
				t.Errorf("%s imports %s, which %s must not: %s", s.path, target, rule.from, rule.why)
			}
		}
	}
}

func ruleFor(folder string) arrow {
	for _, a := range arrows {
		if within(folder, a.from) {
			return a
		}
	}
	return arrow{from: folder, why: "no arrow leads from it; add one to arrows_test.go, with its reason"}
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// foreign are packages that a folder's packages must not depend on, through
// however many others.
var foreign = []struct {
	from, to, why string
}{
	{"stream", "net", "stream knows no sockets: what it does must not depend on who carries it"},
	{"stream", "net/http", "stream knows no HTTP: what it does must not depend on who carries it"},
	{"stream", "os", "stream touches nothing but memory: clock and wake-ups are handed in"},
	{"stream", "log/slog", "stream holds contents of messages: what cannot log cannot leak"},
	{"stream", "github.com/prometheus", "metrics are handed in: a token must not pay for a library's labels"},
	{"stream", "go.opentelemetry.io", "traces are handed in: a token must not pay for a library's spans"},
	{"breaker", "net", "a breaker decides from what it is told"},
	{"breaker", "github.com/prometheus", "a breaker decides from what it is told"},
	{"upstream", "github.com/prometheus", "metrics are handed in through stream's interfaces"},
	{"downstream", "github.com/prometheus", "metrics are handed in through stream's interfaces"},
	{"upstream", module + "/downstream", "providers and clients meet in stream alone"},
	{"downstream", module + "/upstream", "providers and clients meet in stream alone"},
	// Not "loadtest" as a whole: what speaks tidegate.1 decodes events, which
	// downstream/wire has package stream do. That it imports no more of ours
	// itself is an arrow's matter.
	{"loadtest/check", module + "/stream", "the checker judges the gateway, and shares nothing with it"},
	{"loadtest/check", module + "/downstream", "the checker judges the gateway, and shares nothing with it"},
	{"loadtest/provider", module + "/stream", "the load test measures from outside"},
	{"loadtest/report", module + "/stream", "a report is plain data"},
	{"loadtest", module + "/upstream", "the load test measures from outside"},
	{"cmd/gateway", "github.com/tmaxmax/go-sse", "it is the scanner's oracle in tests; its reader is quadratic on large events"},
}

func TestForeign(t *testing.T) {
	for _, rule := range foreign {
		list := exec.Command("go", "list", "-C", root, "-deps", "./"+rule.from+"/...")
		var failure bytes.Buffer
		list.Stderr = &failure
		out, err := list.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", list.Args, err, &failure)
		}
		for name := range strings.Lines(string(out)) {
			if name = strings.TrimSpace(name); within(name, rule.to) {
				t.Errorf("%s depends on %s, which it must not: %s", rule.from, name, rule.why)
			}
		}
	}
}
