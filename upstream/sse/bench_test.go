package sse

import (
	"strings"
	"testing"

	gosse "github.com/tmaxmax/go-sse"
)

// endless gives the same text over and over, at most one usual read of 2048
// bytes at a time, up to n bytes.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), 2048)], e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// chunks is a made-up chat stream: events of 300 bytes with one data line.
func chunks() *endless {
	return &endless{text: strings.Repeat("data: {\"id\":\"chunk\",\"choices\":[{\"delta\":{\"content\":\""+strings.Repeat("x", 240)+"\"}}]}\n\n", 64)}
}

// One operation is one event, its share of the reads included.
func BenchmarkScanner(b *testing.B) {
	r := chunks()
	s := New(r, Options{})
	var ev Event
	b.ReportAllocs()
	b.SetBytes(int64(len(r.text) / 64))
	for b.Loop() {
		for !s.Next(&ev) {
			if err := s.Fill(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkGoSSE(b *testing.B) {
	r := chunks()
	b.ReportAllocs()
	b.SetBytes(int64(len(r.text) / 64))
	n := 0
	for _, err := range gosse.Read(r, nil) {
		if err != nil {
			b.Fatal(err)
		}
		if n++; n > b.N {
			return
		}
	}
}

// One event of 4 MiB that arrives 4 KiB at a time.
func BenchmarkScannerLarge(b *testing.B) {
	in := "data: " + strings.Repeat("x", 4<<20) + "\n\n"
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		p := every(in, 4096)
		s := New(&p, Options{})
		var ev Event
		for !s.Next(&ev) {
			if err := s.Fill(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
