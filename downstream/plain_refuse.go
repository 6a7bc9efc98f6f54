package downstream

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"tidegate/stream"
)

// refuse answers with a failure: with its status if that can still be said,
// else in the stream.
func (p *plain) refuse(f *failure) {
	switch {
	case f == nil: // nobody is left
		p.out.cut()
	case p.out.only(f.appendResponse(nil, p.header())):
	default:
		p.report.Status = http.StatusOK
		reason := p.report.End.Reason
		if reason == "" { // no provider was to blame, or asked
			reason = stream.UpstreamError
		}
		st := p.open(p.report.Provider, p.report.Model)
		st.End(stream.End{Reason: reason, Message: f.message})
	}
	p.limitTail()
}

// header is what every answer of the call has.
func (p *plain) header() http.Header {
	h := http.Header{}
	p.ownHeader(h)
	return h
}

// passOn passes a provider's error on: its status and body if they can still
// be said, else as an event.
func (p *plain) passOn(answer *stream.Answer) {
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		p.refuse(p.refused(err, p.report))
		return
	}
	answered(p.report, answer)
	p.report.Code = "upstream_status"
	p.report.End.Reason = stream.UpstreamError
	h := http.Header{}
	p.answerHeader(h, answer)
	if !p.out.only(append(appendWhole(nil, answer.Status, h, len(body)), body...)) {
		p.report.Status = http.StatusOK
		st := p.open(answer.Provider, answer.Model)
		if p.manner.strict {
			body = oneLine(body)
		}
		_ = st.Append(stream.Event{Name: []byte(p.manner.errorEvent), Data: body}, time.Now())
		st.End(stream.End{Reason: stream.UpstreamError, Told: true, Message: "the provider refused the call"})
		st.Flush() // the event may be in the writer's page, and the turn to write be this one's
	}
	p.limitTail()
}

// oneLine is a JSON body without its white space.
func oneLine(body []byte) []byte {
	var line bytes.Buffer
	if json.Compact(&line, body) != nil {
		return body
	}
	return line.Bytes()
}
