//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
)

// target is what the gateway is to reach: a figure of its own, or, where
// another column is named, its ratio to that one's.
type target struct {
	part, row string
	against   string
	column    string // "" is the gateway's
	limit     float64
	least     bool // the limit is the least, not the most
}

var targets = []target{
	{part: "paced", row: "CPU per million tokens", against: reverseProxyName, limit: 1},
	{part: "crowded", row: "CPU per million tokens", against: reverseProxyName, limit: 1},
	{part: "unpaced", row: "tokens per second, one write each", against: reverseProxyName, limit: 0.9, least: true},
	{part: "unpaced", row: "tokens per second, 4 KB writes", against: reverseProxyName, limit: 0.9, least: true},
	{part: "memory", row: "memory per stream", limit: 32},
	{part: "whole", row: "CPU per request, 1 KB request", against: reverseProxyName, limit: 1},
	{part: "whole", row: "CPU per request, 20 KB request", against: reverseProxyName, limit: 1},
	{part: "latency", row: "p50", against: reverseProxyName, limit: 1},
	{part: "latency", row: "p99", against: reverseProxyName, limit: 1},
	{part: "stall", row: "taken beyond what was read, plain events", limit: 64},
	{part: "stall", row: "taken beyond what was read, padded events", limit: 64},
	{part: "stall", row: "taken beyond what was read, plain events", column: gatewayH2Name, limit: 64},
	{part: "stall", row: "taken beyond what was read, padded events", column: gatewayH2Name, limit: 64},
	{part: "sockets", row: "CPU per million tokens", column: gatewayBinaryName, against: gatewayName, limit: 1},
	{part: "sockets", row: "CPU per million tokens", column: gatewayJSONName, against: gatewayName, limit: 1},
	{part: "idle", row: "memory per idle connection", column: gatewayBinaryName, limit: 6},
}

// judge says of each target that was measured whether it is met. Ratios count
// to two digits: the third is noise.
func (r *report) judge() (missed int) {
	for _, t := range targets {
		x := r.row(t.part, t.row)
		if x == nil {
			continue
		}
		column := t.column
		if column == "" {
			column = gatewayName
		}
		v, ok := x.median(column)
		unit, of := x.Unit, ""
		if t.against != "" {
			v, ok = x.ratio(column, t.against)
			unit, of = "", " of "+t.against+"'s"
		}
		if !ok {
			continue
		}
		v = math.Round(v*100) / 100
		bound, met := "at most", v <= t.limit
		if t.least {
			bound, met = "at least", v >= t.limit
		}
		verdict := "met   "
		if !met {
			verdict = "MISSED"
			missed++
		}
		r.Remarks = append(r.Remarks, fmt.Sprintf("%s  %s, %s (%s): %.2f%s%s, to be %s %g",
			verdict, t.part, t.row, column, v, spaced(unit), of, bound, t.limit))
	}
	for _, x := range r.Rows {
		var worst float64
		for _, v := range x.Values {
			worst = max(worst, slices.Max(v))
		}
		if x.Name == disturbance && worst > tolerable {
			r.Remarks = append(r.Remarks, fmt.Sprintf("note    %s: other programs took up to %.0f %% of the machine; measure again when it is quiet", x.Part, worst))
		}
	}
	return missed
}

// tolerable is how many percent of the machine others may take before the
// figures, latency first, tell more of them than of the gateway.
const tolerable = 5

func spaced(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}
