package sdk

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tidegate/test/harness"
)

// tally finds the figures at the end of a TAP report by node.
var tally = regexp.MustCompile(`(?m)^# (tests|pass) (\d+)$`)

// nodeEnds are the names that a file of tests may have, with the reasons for
// which the streams in it end.
var nodeEnds = map[string][]string{
	"answer.test.mjs":    {"complete"},
	"cancel.test.mjs":    {"cancelled"},
	"failure.test.mjs":   {"upstream_error", "upstream_stalled", "upstream_truncated"},
	"heartbeat.test.mjs": {"cancelled"},
	"refusal.test.mjs":   {"upstream_error"},
}

// TestNode runs each node/SDK/*.test.mjs in a world of its own: one with
// heartbeats if that is its name.
func TestNode(t *testing.T) {
	files, err := filepath.Glob("node/*/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests found", err)
	}
	if _, err := os.Stat("node_modules"); err != nil {
		t.Fatal("the SDKs are not installed; run make, which does that: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "node/"), func(t *testing.T) {
			t.Parallel()
			ends, ok := nodeEnds[filepath.Base(file)]
			if !ok {
				t.Fatal("the file has none of the names in nodeEnds")
			}
			keepAlive := harness.Never
			if filepath.Base(file) == "heartbeat.test.mjs" {
				keepAlive = "100ms"
			}
			w := newWorld(t, keepAlive, ends...)
			ctx, cancel := context.WithTimeout(t.Context(), 5*harness.Patience)
			defer cancel()
			node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", file)
			node.Env = append(os.Environ(),
				"OPENAI_BASE_URL="+w.URL+"/v1", "OPENAI_API_KEY="+w.key,
				"PROVIDER_URL="+w.Provider.URL()+"/v1", "PROVIDER_KEY="+providerKey,
				"OBSERVER_URL="+w.observer(t), "PROMPT="+harness.Prompt)
			// node runs the file in a process of its own, which must not outlive it.
			node.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			node.Cancel = func() error { return syscall.Kill(-node.Process.Pid, syscall.SIGKILL) }
			node.WaitDelay = time.Second
			out, err := node.CombinedOutput()
			if err == nil {
				err = allPassed(out)
			}
			if err != nil {
				t.Errorf("%v %v\n%s", err, context.Cause(ctx), out)
			}
		})
	}
}

// allPassed is an error unless there were tests and each one ran and passed:
// node's exit status is 0 as well if all were skipped or there was none.
func allPassed(report []byte) error {
	count := map[string]int{}
	for _, m := range tally.FindAllSubmatch(report, -1) {
		n, err := strconv.Atoi(string(m[2]))
		if err != nil {
			return err
		}
		count[string(m[1])] = n
	}
	if count["tests"] == 0 || count["pass"] != count["tests"] {
		return errors.New("not every test has run")
	}
	return nil
}
