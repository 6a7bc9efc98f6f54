//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestReportComparesMedians(t *testing.T) {
	p := part{name: "paced", title: "Paced"}
	var r report
	for _, v := range []float64{30, 10, 20} {
		r.add(p, reverseProxyName, []value{figure("CPU per million tokens", "s", v), aside("failed", "", 1)})
	}
	for _, v := range []float64{31, 9, 21, 23} {
		r.add(p, gatewayName, []value{figure("CPU per million tokens", "s", v), aside("failed", "", 2)})
	}
	x := r.row("paced", "CPU per million tokens")
	if m, ok := x.median(reverseProxyName); m != 20 || !ok {
		t.Errorf("median of three: %g, %t", m, ok)
	}
	if m, ok := x.median(gatewayName); m != 22 || !ok {
		t.Errorf("median of four: %g, %t", m, ok)
	}
	if q, ok := x.ratio(gatewayName, reverseProxyName); q != 1.1 || !ok {
		t.Errorf("ratio: %g, %t", q, ok)
	}
	if _, ok := x.ratio(gatewayName, nginxName); ok {
		t.Error("a ratio to what was not measured")
	}
	if _, ok := r.row("paced", "failed").ratio(gatewayName, reverseProxyName); ok {
		t.Error("a ratio of what is not compared")
	}

	text := r.markdown([]part{p})
	for _, want := range []string{
		"| | gateway | ReverseProxy | gateway / ReverseProxy |\n|---|---:|---:|---:|\n",
		"| CPU per million tokens | 22 s | 20 s | 1.10 |\n",
		"| failed | 2 | 1 |  |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7: "7", 0.125: "0.12", 12.34: "12.3", 1234.5: "1234", -3.456: "-3.46"} {
		if got := number(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
