package transport

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// waiting is what a response's body can do beside reading.
type waiting interface {
	Wait()
	Ready() bool
	Widen(size int)
}

// A stream that waits for its next event holds no page: a thousand of them
// would hold 16 MiB.
func TestStillConnectionHoldsNoPage(t *testing.T) {
	url := serveStill(t, begun)
	tr := newTransport(t, Options{})
	for range 20 {
		resp := open(t, t.Context(), tr, url)
		wantNext(t, resp, "ab")
		b := resp.Body.(*body)
		if b.conn.page != nil || b.conn.in.Buffered() > 2 || b.Ready() {
			t.Errorf("page held: %v, %d bytes left, ready: %v", b.conn.page != nil, b.conn.in.Buffered(), b.Ready())
		}
		_ = resp.Body.Close()
	}
}

// The page goes as soon as its last byte is read, not before.
func TestPageGoesWithItsLastByte(t *testing.T) {
	const length = 2000
	url := serve(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + string(make([]byte, length)))
		p.gone()
	})
	tr := newTransport(t, Options{})
	resp := open(t, t.Context(), tr, url)
	b := resp.Body.(*body)
	for left := length; left > 0; left-- {
		b.Wait()
		if left < length && len(b.conn.ready) > 0 != (b.conn.page != nil) {
			t.Fatalf("%d bytes in the page, held: %v", len(b.conn.ready), b.conn.page != nil)
		}
		if n, err := b.Read(make([]byte, 1)); n != 1 || err != nil && left > 1 {
			t.Fatal(n, err)
		}
	}
	if b.conn.page != nil || tr.Stats().Idle != 1 {
		t.Errorf("page held: %v, %+v", b.conn.page != nil, tr.Stats())
	}
}

// waitThenRead waits, then reads, in a goroutine, and yields the error.
func waitThenRead(resp *http.Response) <-chan error {
	failed := make(chan error, 1)
	go func() {
		if w, ok := resp.Body.(waiting); ok {
			w.Wait()
		}
		_, err := resp.Body.Read(make([]byte, 10))
		failed <- err
	}()
	return failed
}

func TestCancelWhileWaiting(t *testing.T) {
	everyProtocol(t, func(t *testing.T, tr *Transport, url string, gone <-chan struct{}) {
		for range 20 {
			ctx, cancel := context.WithCancel(context.Background())
			resp := open(t, ctx, tr, url)
			wantNext(t, resp, "ab")
			failed := waitThenRead(resp)
			cancel()
			wantErr(t, receive(t, failed), context.Canceled)
			receive(t, gone)
			_ = resp.Body.Close()
		}
	})
}

func TestEndWhileWaiting(t *testing.T) {
	for name, test := range map[string]struct {
		act  func(*peer)
		want error
	}{
		"closed by the server": {func(p *peer) { _ = p.Close() }, io.ErrUnexpectedEOF},
		"reset by the server":  {func(p *peer) { p.reset() }, syscall.ECONNRESET},
		"ended":                {func(p *peer) { p.say("0\r\n\r\n") }, io.EOF},
		"malformed":            {func(p *peer) { p.say("what?\r\n") }, ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			act := make(chan struct{})
			tr := newTransport(t, Options{})
			resp := open(t, t.Context(), tr, serve(t, func(p *peer) {
				p.request()
				p.say(begun)
				<-act
				test.act(p)
				p.gone()
			}))
			wantNext(t, resp, "ab")
			failed := waitThenRead(resp)
			close(act)
			wantErr(t, receive(t, failed), test.want)
			if resp.Body.(waiting).Ready() {
				t.Error("ready after the end")
			}
		})
	}
}

// Closing is what another goroutine may do.
func TestCloseWhileWaiting(t *testing.T) {
	tr := newTransport(t, Options{})
	resp := open(t, context.Background(), tr, serveStill(t, begun))
	wantNext(t, resp, "ab")
	failed := waitThenRead(resp)
	_ = resp.Body.Close()
	wantErr(t, receive(t, failed), http.ErrBodyReadAfterClose)
}

// What a stream may leave in its page is little, until it carries bulk.
func TestPageIsLargeForBulk(t *testing.T) {
	const length = 2000
	more := make(chan struct{})
	tr := newTransport(t, Options{})
	resp := open(t, t.Context(), tr, serve(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\n\r\n")
		for range more {
			p.say(strings.Repeat("x", length))
		}
		p.gone()
	}))
	b := resp.Body.(*body)
	for _, want := range []int{pageSize, widePage} {
		more <- struct{}{}
		b.Wait()
		if b.conn.page == nil || len(b.conn.page.space) != want {
			t.Fatalf("a page of %d bytes, or none, is held", want)
		}
		wantNext(t, resp, strings.Repeat("x", length))
		b.Widen(1 << 20)
	}
	close(more)
	_ = resp.Body.Close()
}

// A window that was widened is not offered to another call.
func TestWidenedIsNotUsedAgain(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, repeat(streamed+"2\r\nab\r\n0\r\n\r\n"))
	for range 2 {
		resp := open(t, t.Context(), tr, url)
		resp.Body.(waiting).Widen(64 << 10)
		if got, err := io.ReadAll(resp.Body); string(got) != "ab" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if got := tr.Stats(); got.Dials != 2 || got.Open != 0 {
		t.Errorf("stats = %+v; want two dials and none open", got)
	}
}
