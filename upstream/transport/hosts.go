package transport

import "sync"

// maxHosts bounds what is remembered about hosts; beyond it all is forgotten.
const maxHosts = 1024

// hosts is a bounded set of host:port.
type hosts struct {
	mu  sync.Mutex
	set map[string]bool
}

func (h *hosts) has(addr string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set[addr]
}

func (h *hosts) add(addr string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.set == nil || len(h.set) >= maxHosts {
		h.set = make(map[string]bool)
	}
	h.set[addr] = true
}

func (h *hosts) forget(addr string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.set, addr)
}
