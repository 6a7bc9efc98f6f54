package report

import (
	"math"
	"testing"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(-1234567), "-1,234,567"}, {count(math.MinInt64), "-9,223,372,036,854,775,808"},
		{figure(0), "0"}, {figure(0.0123), "0.012"}, {figure(0.5), "0.5"}, {figure(9.999), "10"}, {figure(12.34), "12.3"}, {figure(99.97), "100"}, {figure(12345.6), "12,346"}, {figure(math.NaN()), none},
		{span(0), "0"}, {span(5e-10), "0.5 ns"}, {span(0.9999e-6), "1 µs"}, {span(532e-6), "532 µs"}, {span(0.99996e-3), "1 ms"}, {span(0.0123), "12.3 ms"},
		{span(0.9996), "1 s"}, {span(3.214), "3.21 s"}, {span(119), "119 s"}, {span(119.6), "2 min 0 s"}, {span(252), "4 min 12 s"}, {span(-0.5), "-500 ms"}, {span(Seconds(math.Inf(1))), none},
		{sizeText(0), "0 bytes"}, {sizeText(1023), "1,023 bytes"}, {sizeText(1024), "1 KiB"}, {sizeText(19251), "18.8 KiB"}, {sizeText(1<<20 - 1), "1 MiB"}, {sizeText(5 << 40), "5 TiB"}, {sizeText(5 << 50), "5,120 TiB"},
		{inUnit(0.5, unitSeconds), "500 ms"}, {inUnit(2048, unitBytes), "2 KiB"}, {inUnit(1500, unitThroughput), "1,500/s"}, {inUnit(7, unitCount), "7"},
		{several(1, "stream", "streams"), "1 stream"}, {several(0, "stream", "streams"), "0 streams"},
		{clock(0), "0 s"}, {clock(0.5), "0.5 s"}, {clock(60), "60 s"}, {clock(125), "2:05"}, {clock(3600), "60:00"},
		{percent(0.5), "50"}, {percent(0.999), "99.9"}, {percent(0.99999), "99.999"},
		{foreign("plain-1"), "plain-1"}, {foreign("a\x1b[2J"), `a\x1b[2J`}, {foreign("漢\u202e\n"), `\u6f22\u202e\n`},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if n := len(foreign(string(make([]byte, 10_000)))); n > maxForeign+10 {
		t.Errorf("a name of others takes %d bytes", n)
	}
}

func TestMeasured(t *testing.T) {
	h := Histogram{}
	if got := h.measured(h.P99); got != none {
		t.Errorf("nothing measured reads %q", got)
	}
	h.Count = 1
	if got := h.measured(h.P99); got != "0" {
		t.Errorf("a measured 0 reads %q", got)
	}
}
