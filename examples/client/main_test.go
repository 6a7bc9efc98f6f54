package main

import (
	"bufio"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidegate/client"
	"tidegate/loadtest/provider"
)

// demo runs "gateway demo", as the example says, and returns its URL.
func demo(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "gateway")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "tidegate/cmd/gateway").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(binary, "demo", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
	says, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	url := regexp.MustCompile(`clients +(http://[^/]+)/v1`)
	for lines := bufio.NewScanner(says); lines.Scan(); {
		if found := url.FindStringSubmatch(lines.Text()); found != nil {
			return found[1]
		}
	}
	t.Fatal("the demo says nothing of where it is")
	return ""
}

func TestAnswer(t *testing.T) {
	url := demo(t)
	for _, test := range []struct {
		model, text string
		reason      string // "": no stream was opened
		out         int64
		estimated   bool
	}{
		{"script:tokens=20", provider.Text(20), client.Complete, 20, false},
		{"script:tokens=200,fault=fin,at=101,pace=800", provider.Text(100), "upstream_truncated", 100, true},
		{"script:status=400", "", "", 0, false},
	} {
		var out strings.Builder
		end, err := answer(context.Background(), &out, url, "", test.model, "hello")
		if out.String() != test.text || end.Reason != test.reason {
			t.Errorf("%s: %q, which ended %+v", test.model, &out, end)
		}
		// An estimate is one token for an event, give or take a quarter.
		if u := end.Usage; u.Estimated != test.estimated || u.Output < test.out*3/4 || u.Output > test.out*5/4 {
			t.Errorf("%s: usage %+v", test.model, u)
		}
		var broken *client.EndError
		var refused *client.RefusedError
		switch test.reason {
		case client.Complete:
			if err != nil {
				t.Errorf("%s: %v", test.model, err)
			}
		case "":
			if !errors.As(err, &refused) || refused.Status != 400 {
				t.Errorf("%s: %v", test.model, err)
			}
		default:
			if !errors.As(err, &broken) {
				t.Errorf("%s: %v", test.model, err)
			}
		}
	}
}
