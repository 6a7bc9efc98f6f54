package http1

import (
	"bytes"
	"fmt"
	"strconv"
)

// What a response to a request that asked for another protocol has.
const switchingProtocols = 101

func (r *Response) head(p []byte) ([]byte, error) {
	before := len(r.line)
	r.line = append(r.line, p...)
	end := bytes.Index(r.line, []byte("\r\n\r\n"))
	if end < 0 {
		if len(r.line) > MaxLine {
			return nil, ErrHead
		}
		return nil, nil
	}
	head, rest := r.line[:end], p[end+4-before:]
	r.line = r.line[:0]
	if len(head) < 12 || string(head[:7]) != "HTTP/1." {
		return nil, ErrHead
	}
	status, err := strconv.Atoi(string(head[9:12]))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: its status is %q", ErrHead, head[9:12])
	case status == switchingProtocols:
		r.Status, r.at = status, inEnd // what follows is another protocol's (RFC 9110 section 15.2.2)
		return rest, nil
	case status < 200:
		return rest, nil // an interim response
	}
	r.Status = status
	return rest, r.fields(head)
}

func (r *Response) fields(head []byte) error {
	r.at = inRest
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			r.at = inSize
		case bytes.EqualFold(name, []byte("Content-Type")):
			r.Events = bytes.HasPrefix(value, []byte("text/event-stream"))
		case bytes.EqualFold(name, []byte("Connection")):
			r.Closes = bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte("Content-Length")) && r.at == inRest:
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 {
				return fmt.Errorf("%w: its length is %.20q", ErrHead, value)
			}
			if r.left, r.at = n, inLength; n == 0 {
				r.at = inEnd
			}
		}
	}
	switch {
	case r.Status == 204 || r.Status == 304:
		r.at = inEnd
	case r.at == inRest:
		r.Closes = true
	}
	return nil
}
