package dialect

import (
	"bytes"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// What follows judges events that are of no API, or of another one.

// done says that data is OpenAI's end marker. SDKs look only at how it begins,
// so that spaces around it do not matter.
func done(data []byte) bool { return string(bytes.TrimSpace(data)) == "[DONE]" }

// blankData says that there is nothing in it.
func blankData(data []byte) bool { return len(bytes.TrimSpace(data)) == 0 }

// alarm says that an event's name is that of an error.
func alarm(name []byte) bool { return string(name) == "error" || string(name) == "exception" }

// pulse says that an event's name is that of a heartbeat.
func pulse(name []byte) bool {
	switch string(name) {
	case "ping", "keepalive", "keep-alive", "heartbeat":
		return true
	}
	return false
}

// unread judges an event that is not known. One that is text, where all are
// JSON, is said by what stands in front of a provider, or by the provider's last
// breath. One that is JSON in a loose sense, as with NaN in it, is what many
// clients can read, and judged as object; one of another name is not for them.
func unread(ev stream.Event, object Verdict) Verdict {
	switch {
	case foreign(ev):
		return Foreign
	case BeginsJSON(ev.Data):
		return object
	}
	return Step
}

func foreign(ev stream.Event) bool {
	if len(ev.Name) > 0 && string(ev.Name) != "message" {
		return false
	}
	data := bytes.TrimSpace(ev.Data)
	return len(data) > 0 && !BeginsJSON(data) && !jx.Valid(data)
}

// BeginsJSON says that data begins as a JSON object or array does. What is
// behind that is not looked at.
func BeginsJSON(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}
