//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"
)

// forever is the longest keep_alive: it ends no stream while one looks.
const forever = time.Hour

// runUnread measures what readers cost that never read: one, and a crowd at
// another gateway meanwhile. The provider would send as fast as it can, and the
// gateway is not to give up on them, so that whatever grows goes on growing
// while the run lasts.
func runUnread(ctx context.Context, o *options, s subject) ([]value, error) {
	var one []value
	failed := make(chan error, 1)
	go func() {
		var err error
		one, err = unread(ctx, o, s, 1)
		failed <- err
	}()
	crowd, err := unread(ctx, o, s, o.crowd)
	err = errors.Join(<-failed, err)
	return append(one, crowd...), err
}

func unread(ctx context.Context, o *options, s subject, n int) ([]value, error) {
	front, back, err := between(ctx, s, setting{keepAlive: forever}, "provider", "-send", fmt.Sprint(providerSend))
	if err != nil {
		return nil, err
	}
	defer back.Close()
	defer front.Close()
	if err := warmUp(ctx, front, s.protocol); err != nil {
		return nil, err
	}
	before, err := front.collected(ctx)
	if err != nil {
		return nil, err
	}
	fds := make([]int, 0, n)
	defer func() {
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	}()
	for range n {
		fd, err := dial(front.address, clientReceive)
		if err != nil {
			return nil, err
		}
		fds = append(fds, fd)
		if err := ask(fd, front, s.protocol, "tokens=10000000,"+think); err != nil {
			return nil, err
		}
	}
	if err := silent(ctx, back, n); err != nil {
		return nil, err
	}
	full, err := front.collected(ctx)
	if err != nil {
		return nil, err
	}
	const moments = 60
	var seen [moments]int64
	for i := range seen {
		if err := sleep(ctx, o.unread/moments); err != nil {
			return nil, err
		}
		if seen[i], err = resident(front.pids()); err != nil {
			return nil, err
		}
	}
	// In the first third the runtime does what it does once, such as collecting
	// garbage by itself. What grows after that goes on growing.
	middle, last := middling(seen[moments/3:2*moments/3]), middling(seen[2*moments/3:])
	took, err := counters(ctx, back)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf(", %d that never read", n)
	return []value{
		figure("memory per stream"+of, "KiB", float64(full-before)/1024/float64(n)),
		aside("memory without streams"+of, "KiB", float64(before)/1024),
		aside(fmt.Sprintf("memory in the second third of %s%s", o.unread, of), "KiB", float64(middle)/1024),
		aside("the same in the last third"+of, "KiB", float64(last)/1024),
		aside("taken from the provider per stream"+of, "KiB", float64(took.Bytes)/1024/float64(n)),
		aside("streams still held"+of, "", float64(took.Active)),
	}, nil
}

// middling is the median.
func middling(v []int64) int64 {
	return slices.Sorted(slices.Values(v))[len(v)/2]
}

// ask asks for a stream, and reads no more than it takes to ask.
func ask(fd int, front *process, protocol, script string) error {
	if protocol == "" {
		return write(fd, request(script, true, 0))
	}
	if err := write(fd, upgrade(front.address, protocol)); err != nil {
		return err
	}
	head := make([]byte, 0, maxHead)
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		k, err := syscall.Read(fd, head[len(head):cap(head)])
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || k == 0 {
			return fmt.Errorf("%w: %q %w", errUpgrade, head, err)
		}
		head = head[:len(head)+k]
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		return fmt.Errorf("%w: %.300q", errUpgrade, head)
	}
	return write(fd, openStream(script, readerWindow))
}

// silent waits until n calls have come to the provider, and none of them takes
// anything for a while.
func silent(ctx context.Context, back *process, n int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last counts
	for since := time.Now(); ; {
		now, err := counters(ctx, back)
		if err != nil {
			return err
		}
		if now != last || now.Active < int64(n) {
			last, since = now, time.Now()
		} else if time.Since(since) > time.Second {
			return nil
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("bench: %d of %d streams, %d events taken: %w", now.Active, n, now.Events, err)
		}
	}
}

// collected is the process's memory when its garbage is collected and what
// was freed is given back; one that can't be asked to is taken as it is.
func (p *process) collected(ctx context.Context) (int64, error) {
	for range 3 {
		if p.admin == "" {
			break
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+"/debug/pprof/heap?gc=1", nil)
		if err != nil {
			return 0, err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		if err := answer.Body.Close(); err != nil {
			return 0, err
		}
	}
	return resident(p.pids())
}
