//go:build linux

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// sent is a frame as a server writes it: without a mask.
func sent(op byte, payload string) string {
	if n := len(payload); n >= 126 {
		return string([]byte{0x80 | op, 126, byte(n >> 8), byte(n)}) + payload
	}
	return string([]byte{0x80 | op, byte(len(payload))}) + payload
}

const made = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

// However the bytes are cut, the events are counted once, a ping is answered,
// and what came is acknowledged.
func TestFramesCount(t *testing.T) {
	record := "\x08ab" // a literal of two bytes
	several := "\x01\x01\x01" + strings.Repeat(record, 31)
	whole := made + sent(opText, `{"t":"opened","s":1}`) + sent(opBinary, several) + sent(opPing, "x") +
		sent(opBinary, "\x02\x01\x20"+strings.Repeat("p", 300)) + sent(opBinary, "\x03\x01\x20p") +
		sent(opText, `[{"t":"event","s":1,"seq":33,"data":1},{"t":"event","s":1,"seq":34,"data":2}]`) +
		sent(opText, `{"t":"end","s":1,"seq":34,"reason":"complete"}`)
	for _, piece := range []int{1, 2, 7, 1000} {
		f := &frames{open: []byte("OPEN")}
		var said strings.Builder
		over := false
		for at := 0; at < len(whole); at += piece {
			reply, done, err := f.feed([]byte(whole[at:min(at+piece, len(whole))]), time.Time{})
			if err != nil {
				t.Fatalf("pieces of %d: %v", piece, err)
			}
			said.Write(reply)
			over = over || done
		}
		if f.events != 34 || !f.opened || !over {
			t.Errorf("pieces of %d: %d events, opened %t, over %t", piece, f.events, f.opened, over)
		}
		if piece == 1000 {
			continue // what was said was overtaken by the end
		}
		pong := string(masked(opPong, []byte("x")))
		ack := string(masked(opText, fmt.Appendf(nil, `{"t":"ack","s":1,"seq":32,"max":%d}`, 32+readerWindow)))
		if got := said.String(); got != "OPEN"+pong+ack {
			t.Errorf("pieces of %d: said %q", piece, got)
		}
	}
}

// What comes at a model's pace is acknowledged together, with the first event
// that comes when it is time.
func TestFramesAcknowledge(t *testing.T) {
	f, at, said := &frames{}, time.Time{}, 0
	for n, text := range append([]string{made}, slices.Repeat([]string{sent(opBinary, "\x01\x01\x01\x08ab")}, 80)...) {
		reply, _, err := f.feed([]byte(text), at)
		if err != nil {
			t.Fatal(err)
		}
		if len(reply) > 0 {
			if said++; n%20 != 0 || f.acked != int64(n) {
				t.Errorf("%d events are acknowledged with number %d", f.acked, n)
			}
		}
		at = at.Add(time.Second / 80)
	}
	if said != 4 {
		t.Errorf("%d acknowledgements of a second", said)
	}
}

func TestFramesThatFail(t *testing.T) {
	for text, want := range map[string]error{
		"HTTP/1.1 403 Forbidden\r\n\r\n":                                  errUpgrade,
		made + sent(opText, `{"t":"refused","s":1,"status":429}`):         errRefused,
		made + sent(opText, `{"t":"end","s":1,"reason":"slow_consumer"}`): errEnded,
		made + sent(opClose, "\x03\xe8"):                                  errEnded,
		"HTTP/1.1 101 x" + strings.Repeat("x", maxHead):                   errUpgrade,
	} {
		if _, _, err := (&frames{}).feed([]byte(text), time.Time{}); !errors.Is(err, want) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}
