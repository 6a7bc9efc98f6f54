package loadtest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tidegate/internal/http1"
)

// errands are short requests beside those of event streams, over connections
// that wait for the next one.
type errands struct {
	poller  *poller
	target  *endpoint
	silence time.Duration

	mu     sync.Mutex // guards the following
	idle   []*errand
	all    map[*errand]struct{}
	closed bool
	under  sync.WaitGroup // connections
}

// errand is a connection for one request after the other: reader.
type errand struct {
	*line
	errands *errands
	answer  http1.Response
	asked   *asked // what is being answered; nil: it is idle
	used    bool   // it has answered before
	ended   error  // how its connection has
}

// asked is a request, and its answer.
type asked struct {
	request []byte
	sent    time.Time // when it was last begun with
	status  int
	content []byte
	err     error
	done    chan struct{} // closed when it is answered, or never will be; nil: nobody waits
}

// maxContent bounds an answer, in bytes.
const maxContent = 64 << 10

var errOver = errors.New("loadtest: the load is over")

// newErrands are those to one target.
func newErrands(p *poller, t *endpoint, silence time.Duration) *errands {
	return &errands{poller: p, target: t, silence: silence, all: map[*errand]struct{}{}}
}

// do sends a request and waits for its answer.
func (a *errands) do(ctx context.Context, request []byte) (status int, content []byte, err error) {
	q := &asked{request: request, done: make(chan struct{})}
	a.send(q)
	select {
	case <-q.done:
		return q.status, q.content, q.err
	case <-ctx.Done():
		return 0, nil, context.Cause(ctx)
	}
}

// send sends a request, and does not wait.
func (a *errands) send(q *asked) {
	a.mu.Lock()
	n := len(a.idle)
	if n == 0 {
		a.mu.Unlock()
		a.dial(q)
		return
	}
	e := a.idle[n-1]
	a.idle, e.asked, q.sent = a.idle[:n-1], q, time.Now()
	a.mu.Unlock()
	if _, err := e.conn.Write(q.request); err != nil {
		e.drop() // its reader notices
	}
}

// dial sends a request over a connection of its own.
func (a *errands) dial(q *asked) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		q.over(errOver)
		return
	}
	q.sent = time.Now()
	e := &errand{line: &line{target: a.target, silence: a.silence}, errands: a, asked: q}
	a.all[e] = struct{}{}
	a.under.Go(e.live)
}

func (q *asked) over(err error) {
	if q.err = err; q.done != nil {
		close(q.done)
	}
}

// live is from a connection's first request to its end.
func (e *errand) live() {
	c, err := e.dial(context.Background())
	if err == nil {
		_, err = c.Write(e.asked.request)
	}
	if err == nil {
		e.errands.poller.follow(e.line, e)
		err = cmp.Or(e.ended, http1.ErrBroken)
	}
	e.kill()
	a := e.errands
	a.mu.Lock()
	delete(a.all, e)
	a.idle = slices.DeleteFunc(a.idle, func(other *errand) bool { return other == e })
	q := e.asked
	a.mu.Unlock()
	switch {
	case q == nil:
	case e.used && e.answer.Status == 0 && (!isTimeout(err) || time.Since(q.sent) < a.silence/2):
		a.dial(q) // it ended while it was idle. What was not answered in time may have been done: not twice
	default:
		q.over(err)
	}
}

// came implements reader.
func (e *errand) came(p []byte, err error, _ time.Time) (over bool) {
	for len(p) > 0 && err == nil && !over {
		if p, err = e.answer.Feed(p, e.keep); err == nil && e.answer.Over() {
			over = e.answered()
		}
	}
	e.ended = err
	return over || err != nil
}

func (e *errand) keep(p []byte) error {
	e.errands.mu.Lock()
	q := e.asked
	e.errands.mu.Unlock()
	switch {
	case q == nil:
		return http1.ErrFraming // nothing was asked
	case q.done == nil:
	case len(q.content)+len(p) > maxContent:
		return http1.ErrFraming
	default:
		q.content = append(q.content, p...)
	}
	return nil
}

// answered makes the connection ready for the next request; over: it can't be.
func (e *errand) answered() (over bool) {
	a := e.errands
	status, closes := e.answer.Status, e.answer.Closes
	e.answer.Next()
	e.used = true
	a.mu.Lock()
	q := e.asked
	if e.asked = nil; q != nil && !closes {
		a.idle = append(a.idle, e)
	}
	a.mu.Unlock()
	if q == nil {
		return true
	}
	q.status = status
	q.over(nil)
	return closes
}

// close ends all connections, and returns when they have.
func (a *errands) close() {
	a.mu.Lock()
	a.closed = true
	for e := range a.all {
		e.kill()
	}
	a.mu.Unlock()
	a.under.Wait()
}
