//go:build linux

package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http/httputil"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/downstream"
	"tidegate/internal/auth"
	"tidegate/stream"
)

var update = flag.Bool("update", false, "write the measured table into docs/wire-size.md")

// replay is a provider that sends an event, or ends, when it is told to, so that
// an event shares its frame with nothing.
type replay struct {
	events []stream.Event
	next   chan struct{}
}

func (r *replay) Open(ctx context.Context, _ *stream.Call) (*stream.Answer, error) {
	return &stream.Answer{Provider: "p", Model: "m", Status: 200, Source: &replaying{r, ctx}}, nil
}

type replaying struct {
	*replay
	ctx context.Context
}

func (r *replaying) Pump(st *stream.Stream) stream.End {
	for i := 0; ; i++ {
		select {
		case <-r.next:
		case <-r.ctx.Done():
		}
		if i == len(r.events) || st.Append(r.events[i], time.Now()) != nil {
			break
		}
		st.Flush()
	}
	return stream.End{Reason: stream.Complete}
}

func (*replaying) Close() {}

type unwatched struct{}

func (unwatched) Meter(string, string) stream.Meter { return nil }
func (unwatched) Ended(*stream.Report)              {}

// side is a gateway in front of a replay.
func side(t *testing.T, r *replay) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := downstream.New(downstream.Options{
		Opener: r, Keys: auth.Open(), Registry: stream.NewRegistry(100), Pages: stream.NewPages(4096), Observer: unwatched{},
		Log: slog.New(slog.DiscardHandler), Retain: time.Minute, Retained: 1000, PerConn: 1, KeepAlive: time.Hour, HeaderTimeout: time.Hour,
		BodyTimeout: time.Hour, IdleTimeout: time.Hour, MaxHeader: 1 << 14, MaxBody: 1 << 20, MaxBodies: 1 << 20, MaxConns: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// chunk is what a chunk takes beside its data: four digits and two line ends.
const chunk = 8

// plainBytes is what a stream takes as plain SSE: the body, with a chunk for
// each event. How many a large event takes depends on the client's speed.
func plainBytes(t *testing.T, to netip.AddrPort, r *replay) int64 {
	t.Helper()
	conn, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(post(`{"model":"m","stream":true,"messages":[]}`)); err != nil {
		t.Fatal(err)
	}
	r.next <- struct{}{} // the head may wait for the first event
	in := bufio.NewReader(conn)
	for line := ""; line != "\r\n"; {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	body := bufio.NewReader(httputil.NewChunkedReader(in))
	var size int64
	for range r.events {
		for line := ""; line != "\n"; { // to the blank line that ends an event
			if line, err = body.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			size += int64(len(line))
		}
		size += chunk
		r.next <- struct{}{}
	}
	return size
}

// socketBytes is what a stream takes on a WebSocket: all frames that carry
// events, with their heads.
func socketBytes(t *testing.T, to netip.AddrPort, r *replay, protocol string) int64 {
	t.Helper()
	conn, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(upgrade(to, protocol)); err != nil {
		t.Fatal(err)
	}
	f := &frames{open: openStream("", 1<<30)}
	piece := make([]byte, 1<<16)
	for int(f.events) < len(r.events) {
		n, err := conn.Read(piece)
		if err != nil {
			t.Fatal(err)
		}
		before, opened := f.events, f.opened
		reply, done, err := f.feed(piece[:n], time.Time{})
		if err != nil || done {
			t.Fatalf("after %d of %d events: over %t, %v", f.events, len(r.events), done, err)
		}
		// All is acknowledged at once, or events of the size of the buffer
		// would have to wait for the others.
		if f.events > before {
			reply = append(reply, masked(opText, fmt.Appendf(nil, `{"t":"ack","s":1,"seq":%d}`, f.events))...)
		}
		if _, err := conn.Write(reply); err != nil {
			t.Fatal(err)
		}
		if f.events > before || f.opened && !opened {
			r.next <- struct{}{}
		}
	}
	return f.bytes
}

// An answer of so many events is more than a sentence: what its first and last
// event take no longer counts for much.
const (
	longAnswer = 50
	chatAPI    = "openai chat"
	longChat   = chatAPI + ", answers of 50 events and more"
)

// size is what one API's recordings take.
type size struct {
	api            string
	streams        int
	events, tokens int64
	taken          [3]int64 // plain, JSON, binary; of the streams whose tokens are known
	all            [3]int64 // of all streams
}

func (s *size) row() string {
	per := func(taken int64, of int64) string {
		if of == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f", float64(taken)/float64(of))
	}
	line := fmt.Sprintf("| %s | %d | %d | %d |", s.api, s.streams, s.events, s.tokens)
	for _, n := range s.all {
		line += " " + per(n, s.events) + " |"
	}
	for _, n := range s.taken {
		line += " " + per(n, s.tokens) + " |"
	}
	return line + fmt.Sprintf(" %.0f %% |", 100*float64(s.all[2])/float64(s.all[0]))
}

// TestWireSize measures what a token takes on the wire, in the frames that the
// gateway writes, and holds docs/wire-size.md to it. Another set of recordings
// than the page's has figures of its own, which are only held to the bound.
func TestWireSize(t *testing.T) {
	recordings, set := recorded(t)
	sizes := map[string]*size{}
	pooled := &size{api: "all"}
	for _, rec := range recordings {
		r := &replay{rec.events, make(chan struct{})}
		to := side(t, r)
		taken := [3]int64{plainBytes(t, to, r), socketBytes(t, to, r, jsonProtocol), socketBytes(t, to, r, binaryProtocol)}
		into := []*size{pooled}
		for _, api := range []string{rec.api, longChat} {
			if api == longChat && (rec.api != chatAPI || len(rec.events) < longAnswer) {
				continue
			}
			if sizes[api] == nil {
				sizes[api] = &size{api: api}
			}
			into = append(into, sizes[api])
		}
		for _, s := range into {
			s.streams++
			s.events += int64(len(rec.events))
			s.tokens += rec.tokens
			for i, n := range taken {
				s.all[i] += n
				if rec.tokens > 0 {
					s.taken[i] += n
				}
			}
		}
	}
	chat := sizes[chatAPI]
	if chat == nil || chat.tokens == 0 {
		t.Fatal("there is no recording of OpenAI's chat API")
	}
	if chat.all[2]*10 > chat.all[0] {
		t.Errorf("OpenAI's chat takes %d bytes in the binary protocol, over a tenth of the %d as plain SSE", chat.all[2], chat.all[0])
	}

	var b strings.Builder
	fmt.Fprintf(&b, "Set of recordings: `%s` (%d streams)\n\n", set, pooled.streams)
	b.WriteString("| api | streams | events | tokens | SSE, per event | json, per event | bin, per event | SSE, per token | json, per token | bin, per token | bin, of SSE |\n")
	b.WriteString("|---" + strings.Repeat("|---:", 10) + "|\n")
	for _, s := range slices.SortedFunc(maps.Values(sizes), func(a, b *size) int { return strings.Compare(a.api, b.api) }) {
		b.WriteString(s.row() + "\n")
	}
	b.WriteString(pooled.row() + "\n")
	holdPage(t, filepath.Join("..", "..", "docs", "wire-size.md"), set, b.String())
}

// holdPage compares a table with the page that has it, or writes it there.
func holdPage(t *testing.T, page, set, table string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := insert(string(text), table)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case *update:
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	case !strings.Contains(string(text), set):
		t.Logf("%s was made from another set of recordings than %s: figures not compared", page, set)
	case want != string(text):
		t.Errorf("%s is stale: run go test ./internal/bench -run WireSize -update\n%s", page, table)
	}
}
