package report

import (
	"math"
	"strconv"
	"strings"
)

// none stands where nothing was measured.
const none = "–"

// count writes a whole number with its thousands apart.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// figure writes a number with three digits that count, and no more.
func figure(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return none
	}
	size := math.Abs(f)
	switch {
	case size >= 99.95:
		return count(int64(math.Round(f)))
	case size >= 9.995:
		return trim(strconv.FormatFloat(f, 'f', 1, 64))
	case size >= 0.0995 || size == 0:
		return trim(strconv.FormatFloat(f, 'f', 2, 64))
	}
	return trim(strconv.FormatFloat(f, 'f', 3, 64))
}

func trim(s string) string {
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// span writes a time in the unit that fits.
func span(s Seconds) string {
	f := float64(s)
	switch size := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return none
	case size == 0:
		return "0"
	case size < 0.9995e-6:
		return figure(f*1e9) + " ns"
	case size < 0.9995e-3:
		return figure(f*1e6) + " µs"
	case size < 0.9995:
		return figure(f*1e3) + " ms"
	case size < 119.5:
		return figure(f) + " s"
	}
	whole := int64(math.Round(f))
	return count(whole/60) + " min " + strconv.FormatInt(whole%60, 10) + " s"
}

var byteUnits = []string{"bytes", "KiB", "MiB", "GiB", "TiB"}

// sizeText writes a size in the unit that fits.
func sizeText(n int64) string {
	f, unit := float64(n), 0
	for math.Abs(f) >= 1023.5 && unit < len(byteUnits)-1 {
		f /= 1024
		unit++
	}
	return figure(f) + " " + byteUnits[unit]
}

// measured writes one of a histogram's times, or that there are none.
func (h *Histogram) measured(s Seconds) string {
	if h.Count == 0 {
		return none
	}
	return span(s)
}

// inUnit writes a ratio's figure.
func inUnit(f float64, unit string) string {
	switch unit {
	case unitSeconds:
		return span(Seconds(f))
	case unitBytes:
		return sizeText(int64(math.Round(f)))
	case unitThroughput:
		return figure(f) + "/s"
	}
	return figure(f)
}

// several writes a number and what it counts.
func several(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + more
}
