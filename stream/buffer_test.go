package stream

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Against a model that is a list of records.
func TestBuffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 50
		b := buffer{pages: NewPages(size)}
		var held [][]byte
		unread, high, made := 0, 0, byte(0) // unread is the index of the first record not handed out
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				made++
				record := bytes.Repeat([]byte{made}, rapid.IntRange(1, size).Draw(t, "size"))
				used := len(bytes.Join(held, nil))
				if fits := used+len(record) <= size; b.fits(len(record)) != fits {
					t.Fatalf("fits(%d) = %v, %d held", len(record), !fits, used)
				} else if !fits {
					t.Skip("does not fit")
				}
				b.append(record)
				held = append(held, record)
				high = max(high, used+len(record))
			},
			"hand out": func(t *rapid.T) {
				if unread == len(held) {
					t.Skip("none")
				}
				b.handOut(len(held[unread]))
				unread++
			},
			"release": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip("none")
				}
				b.release(len(held[0]))
				held, unread = held[1:], max(0, unread-1)
			},
			"rewind": func(*rapid.T) {
				b.rewind()
				unread = 0
			},
			"drop": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
					b.drop()
					held, unread = nil, 0
				}
			},
			"": func(t *rapid.T) {
				if got, want := b.oldest(), bytes.Join(held, nil); !bytes.Equal(got, want) {
					t.Fatalf("holds %v, want %v", got, want)
				}
				if got, want := b.unread(), bytes.Join(held[unread:], nil); !bytes.Equal(got, want) {
					t.Fatalf("unread %v, want %v", got, want)
				}
				if b.high != high {
					t.Fatalf("high-water mark %d, want %d", b.high, high)
				}
				if (b.page != nil) != (len(held) > 0) {
					t.Fatalf("page borrowed: %v, with %d records held", b.page != nil, len(held))
				}
			},
		})
	})
}

// A record that does not fit must not be cut: the next reader would decode
// rubbish.
func TestBufferOverflow(t *testing.T) {
	b := buffer{pages: NewPages(10)}
	b.append(make([]byte, 8))
	defer func() {
		if recover() == nil {
			t.Error("appended 11 bytes to a buffer of 10")
		}
	}()
	b.append(make([]byte, 3))
}

func TestPages(t *testing.T) {
	p := NewPages(123)
	if p.Size() != 123 || len(p.get().b) != 123 {
		t.Errorf("pages of %d bytes, one of %d, want 123", p.Size(), len(p.get().b))
	}
}
