//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// startLimit is how long a process may take until it listens.
const startLimit = 10 * time.Second

// process is a child that listens. Close leaves nothing of it. One without a
// command stands for something that others have started.
type process struct {
	cmd     *exec.Cmd
	address netip.AddrPort
	admin   string // the gateway's own listener for debugging; "" is none
	folder  string // removed at the end; "" is none
	errors  *opening
	exited  chan struct{}
	once    sync.Once
}

// spawn starts a command that prints the address it listens on as its first
// line, or is known to listen on address.
func spawn(ctx context.Context, address netip.AddrPort, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), address: address, errors: &opening{}, exited: make(chan struct{})}
	p.cmd.Stderr = p.errors
	// Its own group, so that its own children go with it, and a Ctrl-C reaches
	// this process first. Should this process be killed, the child is told to
	// end too.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	var out io.ReadCloser
	if !address.IsValid() {
		var err error
		if out, err = p.cmd.StdoutPipe(); err != nil {
			return nil, err
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() {
		if out != nil {
			line, err := bufio.NewReader(out).ReadString('\n')
			if err == nil {
				p.address, err = netip.ParseAddrPort(strings.TrimSpace(line))
			}
			ready <- err
		}
		_ = p.cmd.Wait() // its end is what was asked for, or is seen by the clients
		close(p.exited)
	}()
	if out == nil {
		go func() { ready <- p.answers(ctx) }()
	}
	var err error
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(startLimit):
		err = errors.New("does not listen in time")
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("bench: start %s: %w %s", name, err, p.errors)
	}
	return p, nil
}

// answers waits until the address takes connections.
func (p *process) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		c, err := net.Dial("tcp", p.address.String())
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.exited:
			return errors.New("ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// pids are those of the process and its children, as of now.
func (p *process) pids() []int {
	if p.cmd == nil {
		return nil
	}
	return family(p.cmd.Process.Pid)
}

// Close kills the process with its children, and waits for it.
func (p *process) Close() {
	if p.cmd == nil {
		return
	}
	p.once.Do(func() {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // gone already is fine
		<-p.exited
		if p.folder != "" {
			_ = os.RemoveAll(p.folder)
		}
	})
}

// opening keeps the beginning of what a process says.
type opening struct {
	mu   sync.Mutex
	text []byte
}

func (t *opening) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[:min(len(p), 2000-len(t.text))]...)
	return len(p), nil
}

func (t *opening) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// freeAddress is a loopback address that nobody listens on at the moment.
func freeAddress() (netip.AddrPort, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer func() { _ = l.Close() }()
	return netip.ParseAddrPort(l.Addr().String())
}

// self runs this program again, as one of its servers.
func self(ctx context.Context, args ...string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return spawn(ctx, netip.AddrPort{}, program, args...)
}
