//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the test binary be this program's servers, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if serve, ok := servers[os.Args[1]]; ok {
			if err := serve(os.Args[2:], os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// Everything is measured that can be without a gateway: each part, in small,
// gives figures of ReverseProxy, for every row that a target wants, and leaves
// no process behind.
func TestEveryPartMeasures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.json")
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-quick", "-gateway", "", "-nginx=false", "-relay=false", "-json", file,
		"-md", filepath.Join(t.TempDir(), "figures.md")}, &stdout, &stderr)
	if status != 0 {
		t.Fatalf("status %d\n%s", status, stderr.String())
	}
	if left := family(os.Getpid()); len(left) != 1 {
		t.Errorf("processes are left: %v", left[1:])
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if ofGateway(target.part) {
			continue
		}
		x := r.row(target.part, target.row)
		if x == nil {
			t.Errorf("%s has no row %q", target.part, target.row)
			continue
		}
		if len(x.Values[reverseProxyName]) != 1 {
			t.Errorf("%s, %s: %v", target.part, target.row, x.Values)
		}
	}
	for _, name := range []string{"requests per second, 20 KB request", "streams per second", "p99.9", "streams open"} {
		i := slices.IndexFunc(r.Rows, func(x *row) bool { return x.Name == name })
		if i < 0 {
			t.Errorf("there is no row %q", name)
		} else if m, _ := r.Rows[i].median(reverseProxyName); m <= 0 {
			t.Errorf("%s: %g", name, m)
		}
	}
	if !strings.Contains(stdout.String(), "Age of a token on arrival") {
		t.Errorf("no table:\n%s", stdout.String())
	}
}

// ofGateway says whether a part measures the gateway alone.
func ofGateway(name string) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.name == name && p.own })
}

// What is measured of the gateway alone needs one.
func TestGatewayPartsMeasure(t *testing.T) {
	folder := t.TempDir()
	binary, file := filepath.Join(folder, "gateway"), filepath.Join(folder, "figures.json")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "./cmd/gateway")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var names []string
	for _, p := range parts {
		if p.own {
			names = append(names, p.name)
		}
	}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-quick", "-gateway", binary, "-only", strings.Join(names, ","), "-json", file}, &stdout, &stderr)
	if status != 0 {
		t.Fatalf("status %d\n%s", status, stderr.String())
	}
	if left := family(os.Getpid()); len(left) != 1 {
		t.Errorf("processes are left: %v", left[1:])
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if !ofGateway(target.part) {
			continue
		}
		if x := r.row(target.part, target.row); x == nil || len(x.Values[target.column]) != 1 {
			t.Errorf("%s has no row %q of %s", target.part, target.row, target.column)
		}
	}
	for _, want := range []struct {
		part, name, column string
		least, most        float64
	}{
		{"sockets", "bytes per token", gatewayBinaryName, 5, 60},
		{"sockets", "bytes per token", gatewayName, 200, 400},
		{"sockets", "streams failed", gatewayJSONName, 0, 0},
		{"idle", "connections open", gatewayBinaryName, 160, 160},
		{"unread", "streams still held, 1 that never read", gatewayName, 1, 1},
		{"unread", "streams still held, 40 that never read", gatewayBinaryName, 40, 40},
	} {
		x := r.row(want.part, want.name)
		if x == nil {
			t.Errorf("%s has no row %q", want.part, want.name)
		} else if m, ok := x.median(want.column); !ok || m < want.least || m > want.most {
			t.Errorf("%s, %s of %s: %g, want %g to %g", want.part, want.name, want.column, m, want.least, want.most)
		}
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, args := range [][]string{{"-only", "paced,nothing"}, {"-rounds", "0"}, {"-duration", "-1s"}, {"left over"}, {"-what"}} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), args, &stdout, &stderr); status != 2 || stderr.Len() == 0 {
			t.Errorf("%q: status %d, %q", args, status, stderr.String())
		}
	}
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"-h"}, &stdout, &stderr); status != 0 || !strings.Contains(stderr.String(), "-gateway") {
		t.Errorf("-h: status %d, %q", status, stderr.String())
	}
}

// A binary that does not start is an error that says what it said.
func TestGatewayThatDoesNotStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway")
	if err := os.WriteFile(file, []byte("#!/bin/sh\necho no such thing >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-quick", "-only", "paced", "-nginx=false", "-relay=false", "-gateway", file}, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "no such thing") {
		t.Errorf("status %d, %q", status, stderr.String())
	}
	if left := family(os.Getpid()); len(left) != 1 {
		t.Errorf("processes are left: %v", left[1:])
	}
}
