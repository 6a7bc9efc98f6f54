package transport

import (
	"strconv"
	"testing"
)

func TestHostsAreBounded(t *testing.T) {
	var h hosts
	for i := range 3 * maxHosts {
		h.add(strconv.Itoa(i))
		if !h.has(strconv.Itoa(i)) {
			t.Fatalf("host %d is not there after it was added", i)
		}
		if len(h.set) > maxHosts {
			t.Fatalf("%d hosts are remembered", len(h.set))
		}
	}
	last := strconv.Itoa(3*maxHosts - 1)
	h.forget(last)
	if h.has(last) || h.has("0") {
		t.Error("a forgotten host is still there")
	}
}
