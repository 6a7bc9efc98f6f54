package transport

import (
	"slices"
	"sync"
	"time"
)

// idle holds the connections that wait for their next call. One timer closes
// those that wait too long; no goroutine stands by.
type idle struct {
	max, maxPerHost int
	timeout         time.Duration

	// mu guards the following.
	mu     sync.Mutex
	conns  []*conn // the one that has waited longest comes first
	timer  *time.Timer
	closed bool
}

// get returns a connection that leads to to and is fit for a call, the one used
// last first, or nil. It closes those it finds unfit.
func (p *idle) get(to target) *conn {
	for {
		c := p.take(to)
		if c == nil || c.quiet() {
			return c
		}
		c.close()
	}
}

func (p *idle) take(to target) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.conns) - 1; i >= 0; i-- {
		if c := p.conns[i]; c.to == to {
			p.conns = slices.Delete(p.conns, i, i+1)
			return c
		}
	}
	return nil
}

// put takes c in, or closes it when its host has its share already. When all
// places are taken the connection that has waited longest makes room.
func (p *idle) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	same := 0
	for _, other := range p.conns {
		if other.to == c.to {
			same++
		}
	}
	if p.closed || same >= p.maxPerHost {
		c.close()
		return
	}
	if len(p.conns) >= p.max {
		p.conns[0].close()
		p.conns = slices.Delete(p.conns, 0, 1)
	}
	c.idleSince = time.Now()
	p.conns = append(p.conns, c)
	if p.timer == nil {
		p.timer = time.AfterFunc(p.timeout, p.expire)
	}
}

// expire closes what has waited too long and sets the timer for the next.
func (p *idle) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.conns) > 0 {
		left := p.timeout - time.Since(p.conns[0].idleSince)
		if left > 0 {
			p.timer = time.AfterFunc(left, p.expire)
			return
		}
		p.conns[0].close()
		p.conns = slices.Delete(p.conns, 0, 1)
	}
	p.timer = nil
}

func (p *idle) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// clear closes all that wait.
func (p *idle) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.close()
	}
	clear(p.conns)
	p.conns = p.conns[:0]
}

// close makes put close what it is given from now on.
func (p *idle) close() {
	p.mu.Lock()
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	p.clear()
}
