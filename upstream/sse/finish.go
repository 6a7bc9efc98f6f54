package sse

import "bytes"

// done is the end marker of OpenAI's APIs and those that follow them.
const done = "[DONE]"

// Finish tells what is left when Fill has returned io.EOF and Next false. It
// changes nothing in the scanner.
//
// Section 9.2.6 discards an event that the end of the input cuts off before its
// blank line, and so does the scanner: passing it on would make a cut stream look
// whole. rest is the number of bytes so lost, a cut comment's included.
//
// One exception is for the caller to judge. Where all that is pending is one data
// line with [DONE], with or without its line end or spaces around it, Finish puts it into ev
// and returns 0 and true: some servers, and recordings that lost their last
// newline, end like this, and the marker is whole by itself. Anything begun after
// that line makes it false.
func (s *Scanner) Finish(ev *Event) (rest int, ok bool) {
	rest = len(s.buf) - s.start
	var data []byte
	switch last := s.buf[s.line:]; {
	case s.hasData && len(last) == 0:
		data = s.buf[s.from:s.to:s.to]
	case !s.hasData:
		data, _ = dataValue(last)
	}
	if string(bytes.Trim(data, " \t")) != done {
		return rest, false
	}
	ev.Name, ev.Data = s.name, data
	return 0, true
}
