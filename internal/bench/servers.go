//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"tidegate/loadtest/provider"
)

// servers are what this program can also be, as a process of its own: the
// first argument is one of these names. Each prints the address it listens on
// and serves until it is killed.
var servers = map[string]func(args []string, stdout io.Writer) error{
	"provider":     serveProvider,
	"stamp":        serveStamps,
	"reverseproxy": serveReverseProxy,
	"relay":        serveRelay,
}

func serveProvider(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("provider", flag.ContinueOnError)
	send := flags.Int("send", 0, "bytes of the kernel's send buffer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := provider.Start(provider.Options{SendBuffer: *send})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintln(stdout, s.Addr())
	select {} // until killed
}

// serveReverseProxy is the yardstick: net/http/httputil's proxy as one would
// set it up for streaming, with the connections to the provider kept and the
// copy buffers shared.
func serveReverseProxy(args []string, stdout io.Writer) error {
	target, err := url.Parse(args[0])
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = 10_000
	transport.DisableCompression = true
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1,
		BufferPool:    &copyBuffers{},
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, l.Addr())
	return (&http.Server{Handler: proxy, ErrorLog: proxy.ErrorLog}).Serve(l)
}

// copyBuffers are of the size that the proxy makes for itself otherwise.
type copyBuffers struct{ pool sync.Pool }

func (b *copyBuffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *copyBuffers) Put(p []byte) { b.pool.Put(&p) }

// serveRelay passes bytes on without looking at them, through a small buffer:
// the least that a proxy written in Go can do, and so the floor.
func serveRelay(args []string, stdout io.Writer) error {
	target, err := url.Parse(args[0])
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, l.Addr())
	for {
		client, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			server, err := net.Dial("tcp", target.Host)
			if err != nil {
				_ = client.Close()
				return
			}
			go pass(server, client)
			pass(client, server)
		}()
	}
}

// pass copies until one side ends, and then ends the other. The wrappers keep
// io.Copy from handing the job to the kernel, which no proxy that looks at
// events could do.
func pass(to, from net.Conn) {
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 4096))
	if err != nil && !errors.Is(err, net.ErrClosed) {
		_ = from.Close()
	}
	_ = to.Close()
}
