package downstream

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// connected is a bare descriptor, which has no part in this process's heap. The
// caller closes it.
func connected(b testing.TB, addr string) (fd int) {
	b.Helper()
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		b.Fatal(err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		b.Fatal(err)
	}
	return fd
}

// upgraded is a WebSocket client of a bare descriptor.
func upgraded(b testing.TB, addr, protocol string) (fd int) {
	b.Helper()
	fd = connected(b, addr)
	hello := []byte("GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: " + protocol + "\r\n\r\n")
	if _, err := unix.Write(fd, hello); err != nil {
		b.Fatal(err)
	}
	answer := make([]byte, 1024)
	if n, err := unix.Read(fd, answer); err != nil || !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 101")) {
		b.Fatalf("%q %v", answer[:n], err)
	}
	return fd
}

// knocks makes n WebSocket clients.
func knocks(b testing.TB, addr string, n int) (fds []int) {
	b.Helper()
	b.Cleanup(func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	})
	for range n {
		fds = append(fds, upgraded(b, addr, wire.ProtocolBinary))
	}
	return fds
}

// memory is what is in use, in bytes: the heap's objects, and the stacks.
func memory() (heap, stacks int64) {
	for range 20 { // what pools held goes with the second one, and each halves a stack that is too large
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.StackInuse)
}

func report(b *testing.B, n int, heap, stacks int64) {
	h, s := memory()
	b.ReportMetric(float64(h-heap)/float64(n), "heap-B/each")
	b.ReportMetric(float64(s-stacks)/float64(n), "stack-B/each")
	b.ReportMetric(float64(h+s-heap-stacks)/float64(n), "B/each")
	b.ReportMetric(0, "ns/op")
}

func crowd(o *Options) {
	o.MaxConns, o.PerConn, o.Retained, o.Retain, o.KeepAlive = 2000, 2000, 2000, time.Hour, time.Hour
	o.Registry = stream.NewRegistry(2000)
}

// BenchmarkIdleSession is what a WebSocket connection costs on which nothing
// happens: one that is new, and one that has asked for something and been
// pinged.
func BenchmarkIdleSession(b *testing.B) {
	for _, used := range []bool{false, true} {
		b.Run(fmt.Sprintf("used=%v", used), func(b *testing.B) {
			for range b.N {
				g := serve(b, &opener{}, crowd)
				use(b, knocks(b, g.addr, 10), used) // what is made once
				heap, stacks := memory()
				use(b, knocks(b, g.addr, 1000), used)
				report(b, 1000, heap, stacks)
			}
		})
	}
}

func use(b testing.TB, fds []int, used bool) {
	b.Helper()
	sent := append(masked(fin|opText, []byte(`{"t":"resume","s":1,"stream":"x"}`)), masked(fin|opPong, nil)...)
	answer := make([]byte, 1024)
	for _, fd := range fds {
		if !used {
			return
		}
		if _, err := unix.Write(fd, sent); err != nil {
			b.Fatal(err)
		}
		if n, err := unix.Read(fd, answer); err != nil || !bytes.Contains(answer[:n], []byte("refused")) {
			b.Fatalf("%q %v", answer[:n], err)
		}
	}
}

// BenchmarkStreamNeverRead is what a stream costs whose client grants nothing:
// its buffer is full, its provider's call paused. The call's own share is one
// goroutine of this test's.
func BenchmarkStreamNeverRead(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				full := make(chan struct{}, n)
				o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
					for i := 1; i <= 10; i++ {
						if st.Append(event(i, 400), time.Now()) != nil {
							break
						}
					}
					st.Flush()
					full <- struct{}{}
					for i := 11; st.Append(event(i, 400), time.Now()) == nil; i++ {
					}
					return stream.End{Reason: stream.UpstreamError}
				}}
				g := serve(b, o, crowd)
				p := joinWith(b, g.dial(), wire.ProtocolBinary, "Origin: http://127.0.0.1")
				heap, stacks := memory()
				for s := range n {
					p.say("%s", openMessage(s, 0))
					for p.hear().T != wire.Opened {
					}
					<-full
				}
				report(b, n, heap, stacks)
			}
		})
	}
}
