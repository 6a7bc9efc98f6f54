//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
)

// Every target names a row that its part makes: a row renamed would otherwise
// never be judged again. (The smoke test holds that the parts make rows.)
func TestTargetsAreJudged(t *testing.T) {
	for _, c := range []struct {
		part, row      string
		gateway, other float64
		want           string
	}{
		{"paced", "CPU per million tokens", 20.04, 20, "met"},
		{"paced", "CPU per million tokens", 21, 20, "MISSED"},
		{"unpaced", "tokens per second, 4 KB writes", 95, 100, "met"},
		{"unpaced", "tokens per second, 4 KB writes", 80, 100, "MISSED"},
		{"memory", "memory per stream", 32, 1, "met"},
		{"memory", "memory per stream", 33, 100, "MISSED"},
	} {
		var r report
		r.add(part{name: c.part}, gatewayName, []value{figure(c.row, "", c.gateway)})
		r.add(part{name: c.part}, reverseProxyName, []value{figure(c.row, "", c.other)})
		missed := r.judge()
		if len(r.Remarks) != 1 || !strings.HasPrefix(r.Remarks[0], c.want) || (missed == 1) != (c.want == "MISSED") {
			t.Errorf("%s, %g to %g: %d missed, %q", c.row, c.gateway, c.other, missed, r.Remarks)
		}
	}
}

func TestBusyMachineIsSaid(t *testing.T) {
	var r report
	r.add(part{name: "paced"}, gatewayName, []value{aside(disturbance, "%", 2)})
	r.add(part{name: "latency"}, gatewayName, []value{aside(disturbance, "%", 30)})
	r.judge()
	if len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0], "latency") {
		t.Errorf("remarks: %q", r.Remarks)
	}
}

func TestTargetsNameParts(t *testing.T) {
	for _, target := range targets {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == target.part }) {
			t.Errorf("there is no part %q", target.part)
		}
	}
}
