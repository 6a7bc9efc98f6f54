package docs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidegate/test/harness"
)

// block is a block of commands, known by its page and how its first line
// begins. It is either run, or why says why it is not.
type block struct {
	page, begins string
	run          func(s *shell, script string)
	why          string
}

var blocks = []block{
	{page: "README.md", begins: "make run", run: dryMake},
	{page: "README.md", begins: `curl -N http://127.0.0.1:8080/v1/chat/completions -d '{"model":"demo"`, run: curlWhole},
	{page: "README.md", begins: `curl -N http://127.0.0.1:8080/v1/chat/completions -d '{"model":"script:`, run: curlCut},
	{page: "README.md", begins: "OPENAI_API_KEY=... ", run: func(s *shell, script string) {
		s.serve(strings.TrimSpace(script) + " -listen 127.0.0.1:8080 -admin 127.0.0.1:9090")
	}},
	{page: "CONTRIBUTING.md", begins: "make ", run: dryMake},
	{page: "docs/operate.md", begins: "make build", run: firstSteps},
	{page: "docs/operate.md", begins: "CGO_ENABLED=0 go build",
		why: "compiles everything once more, for nothing that another build does not show: a minute where the cache is empty"},
	{page: "docs/loadtest.md", begins: "gateway loadtest -html", run: shortLoads},
	{page: "docs/loadtest.md", begins: "gateway loadtest -target http://127.0.0.1:8080 -provider-listen", run: loadRunning},
	{page: "docs/loadtest.md", begins: "gateway loadtest -profiles mobile", run: shortLoads},
	{page: "docs/loadtest.md", begins: "# one terminal",
		why: "three terminals and a minute; cmd/gateway's TestDrain and its siblings stop gateways with calls under way"},
	{page: "docs/loadtest.md", begins: "gateway loadtest -profiles steady", run: shortLoads},
	{page: "docs/loadtest.md", begins: "gateway loadtest -target http://127.0.0.1:8080 -pid", run: loadRunning},
	{page: "docs/loadtest.md", begins: "gateway loadtest -json - |", run: loadJSON},
	{page: "docs/memory.md", begins: "bin/gateway demo &",
		why: "a measurement with a thousand clients"},
	{page: "docs/websocket.md", begins: "ECHO_LISTEN=",
		why: "builds a package's tests with another tag, and serves until it is interrupted; make test-go vets them"},
}

// TestCommands runs every block of commands that the documentation has.
func TestCommands(t *testing.T) {
	used := map[string]bool{}
	for _, fence := range harness.Fences(t) {
		if fence.Language != "sh" {
			continue
		}
		found := false
		for _, b := range blocks {
			if b.page != fence.Page || !strings.HasPrefix(fence.Text, b.begins) {
				continue
			}
			found = true
			used[b.page+b.begins] = true
			if b.run == nil {
				continue
			}
			t.Run(fmt.Sprintf("%s:%d", fence.Page, fence.Line), func(t *testing.T) {
				t.Parallel()
				b.run(newShell(t), fence.Text)
			})
		}
		if !found {
			t.Errorf("%s:%d: commands that no test runs; say how, or why not", fence.Page, fence.Line)
		}
	}
	for _, b := range blocks {
		if !used[b.page+b.begins] {
			t.Errorf("%s has no commands that begin %q", b.page, b.begins)
		}
		if (b.run == nil) == (b.why == "") {
			t.Errorf("%s, %q: say either how it is run or why not", b.page, b.begins)
		}
	}
}

// commands are a script's, without comments, one each.
func commands(script string) (all []string) {
	for line := range strings.Lines(strings.ReplaceAll(script, "\\\n", "")) {
		line, _, _ = strings.Cut(line, " #")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// dryMake has make say what it would do: these take long, or build what is in
// use. What "make run" does at its end is what other blocks begin with.
func dryMake(s *shell, script string) {
	root, err := harness.Root()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, command := range commands(script) {
		target, ok := strings.CutPrefix(command+" ", "make ")
		if !ok {
			s.run("test -x " + root + "/" + command)
			continue
		}
		said := s.run("unset MAKEFLAGS; make --no-print-directory -n -C " + root + " " + target)
		if command == "make run" && !strings.HasSuffix(strings.TrimSpace(said), "\nbin/gateway demo") {
			s.t.Errorf("make run does something else:\n%s", said)
		}
	}
}

func curlWhole(s *shell, script string) {
	s.demo()
	if out := s.run(script); strings.Count(out, "\ndata: {") < 400 || !strings.HasSuffix(out, "data: [DONE]\n\n") {
		s.t.Errorf("no whole answer:\n%s", out)
	}
}

func curlCut(s *shell, script string) {
	s.demo()
	r := s.try(script)
	if r.status == 0 || !strings.Contains(r.out, `"error":`) || !strings.Contains(r.errors, "curl: (") {
		s.t.Errorf("curl does not report that the transfer was cut: status %d\n%s%s", r.status, r.out, r.errors)
	}
}

// firstSteps makes a configuration and serves with it.
func firstSteps(s *shell, script string) {
	all := commands(script)
	serve := all[len(all)-1]
	dryMake(s, all[0])
	said := s.run(strings.Join(all[1:len(all)-1], "\n"))
	if !strings.Contains(said, "\ntg-") || !strings.Contains(said, "gateway.yaml is good") {
		s.t.Errorf("no key, or a configuration that is not good:\n%s", said)
	}
	s.write("gateway.yaml", s.read("gateway.yaml"))
	s.serve(serve)
}

// short keeps a load test to a few seconds, and lets it put up with a machine
// that does other things: the last word of a flag counts.
const short = " -streams 8 -rate 20 -tokens 10 -pace 400 -keep-alive 2s -cancel 30s -slack 30s"

func shortLoads(s *shell, script string) {
	for _, command := range commands(script) {
		said := s.run(command + short)
		_, page, ok := strings.Cut(command, "-html ")
		if ok && !strings.Contains(s.read(page), "</html>") {
			s.t.Errorf("%s: no page was written\n%s", command, said)
		}
	}
}

// loadRunning loads gateways that run already, with the configuration that the
// page has for it.
func loadRunning(s *shell, script string) {
	for _, fence := range harness.Fences(s.t) {
		if fence.Page == "docs/loadtest.md" && fence.Language == "yaml" {
			s.write("gateway.yaml", fence.Text+"keep_alive: 2s\n")
		}
	}
	one := s.serve("gateway serve -config gateway.yaml -listen 127.0.0.1:8080 -admin 127.0.0.1:9090")
	two := s.serve("gateway serve -config gateway.yaml -listen 127.0.0.1:8081 -admin 127.0.0.1:9091")
	first, second := fmt.Sprint(one.PID), fmt.Sprint(two.PID)
	for _, command := range commands(script) {
		s.run(strings.NewReplacer(`"$(pgrep -o -f 'gateway serve')"`, first, "-pid 4711", "-pid "+first, "-compare-pid 4712", "-compare-pid "+second).Replace(command) + short)
	}
}

// loadJSON has the report, in which the fields are that the page's filter
// picks out.
func loadJSON(s *shell, script string) {
	command, filter, _ := strings.Cut(strings.TrimSpace(script), " | jq ")
	var report struct {
		Runs []struct {
			Name   *string
			Total  struct{ Added struct{ P99 *float64 } }
			Checks []struct{ Found *int }
		}
	}
	if err := json.Unmarshal([]byte(s.run(command+short)), &report); err != nil {
		s.t.Fatal(err)
	}
	const picks = `'.runs[] | {name, added: .total.added.p99, found: [.checks[] | select(.found > 0)]}'`
	if run := report.Runs[0]; filter != picks || run.Name == nil || run.Total.Added.P99 == nil || len(run.Checks) == 0 || run.Checks[0].Found == nil {
		s.t.Errorf("%s: the report has %+v", filter, report)
	}
}

// Blocks that are no commands are read by somebody else, or are JSON.
func TestOtherBlocks(t *testing.T) {
	for _, fence := range harness.Fences(t) {
		switch where := fmt.Sprintf("%s:%d", fence.Page, fence.Line); fence.Language {
		case "", "sh", "ini", "nginx": // figures and listings, TestCommands, two for other programs
		case "yaml": // package examples
		case "js": // test/sdk and test/browser
			if fence.Page != "README.md" {
				t.Errorf("%s: JavaScript that no test runs", where)
			}
		case "json":
			if !json.Valid([]byte(fence.Text)) {
				t.Errorf("%s: no JSON", where)
			}
		default:
			t.Errorf("%s: nobody reads %s", where, fence.Language)
		}
	}
}
