//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The stamp is the wall clock in nanoseconds, in the place of a chat chunk's
// text. Both ends of the measurement run on one machine, so they have one clock.
const (
	beforeStamp = `{"id":"chatcmpl-stamp","object":"chat.completion.chunk","created":1,"model":"stamp","choices":[{"index":0,"delta":{"content":"`
	afterStamp  = `"},"logprobs":null,"finish_reason":null}],"usage":null}`
)

// serveStamps is a provider whose tokens say when they were sent: a chat stream
// at the pace and of the length that the request's fields "pace" and "tokens"
// ask for.
func serveStamps(_ []string, stdout io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, l.Addr())
	return (&http.Server{Handler: http.HandlerFunc(stamps)}).Serve(l)
}

func stamps(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Pace   float64 `json:"pace"`
		Tokens int     `json:"tokens"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || ask.Pace <= 0 {
		http.Error(w, `{"error":{"message":"pace and tokens are needed"}}`, http.StatusBadRequest)
		return
	}
	// The rest of the body, so that the caller's leaving is noticed.
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	// As the other provider does, for the same reason: see think.
	time.Sleep(2 * time.Millisecond)
	flush := http.NewResponseController(w).Flush
	if flush() != nil {
		return
	}
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var event []byte
	for i := range ask.Tokens {
		due := start.Add(time.Duration(float64(i) / ask.Pace * float64(time.Second)))
		timer.Reset(time.Until(due))
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
		event = append(event[:0], "data: "+beforeStamp...)
		event = strconv.AppendInt(event, time.Now().UnixNano(), 10)
		event = append(event, afterStamp+"\n\n"...)
		if _, err := w.Write(event); err != nil || flush() != nil {
			return
		}
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

// stampReader finds the stamps in one stream's body and says how old they were.
type stampReader struct {
	line []byte // an unfinished one
	ages []time.Duration
}

// read takes a piece of the body that came at the moment now.
func (s *stampReader) read(piece []byte, now time.Time) {
	for len(piece) > 0 {
		i := bytes.IndexByte(piece, '\n')
		if i < 0 {
			s.line = append(s.line, piece...)
			return
		}
		line := piece[:i]
		if len(s.line) > 0 {
			s.line = append(s.line, line...)
			line, s.line = s.line, s.line[:0]
		}
		piece = piece[i+1:]
		_, after, found := bytes.Cut(line, []byte(`"content":"`))
		if !found {
			continue
		}
		digits, _, _ := bytes.Cut(after, []byte(`"`))
		if sent, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			s.ages = append(s.ages, now.Sub(time.Unix(0, sent)))
		}
	}
}
