package stream_test

import (
	"bytes"
	"fmt"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// drawEvents draws a stream of events, each made from the one before it in
// the ways in which providers' events change, and in some in which they don't.
func drawEvents(t *rapid.T) []stream.Event {
	n := rapid.IntRange(1, 40).Draw(t, "events")
	ev := stream.Event{Data: []byte(`{"id":"chatcmpl-1","n":9,"choices":[{"delta":{"content":""},"index":0}],"usage":null}`)}
	events := make([]stream.Event, 0, n)
	for range n {
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			ev = change(t, ev)
		}
		events = append(events, ev)
	}
	return events
}

func change(t *rapid.T, ev stream.Event) stream.Event {
	token := rapid.StringN(0, 12, 40)
	data := ev.Data
	switch rapid.IntRange(0, 13).Draw(t, "change") {
	case 0, 1, 2, 3: // a new token
		data = replaceValue(data, `"content":"`, `"`, token.Draw(t, "token"))
	case 4: // a counter goes up, now and then by a digit more
		data = replaceValue(data, `"n":`, ",", fmt.Sprint(rapid.IntRange(0, 2000).Draw(t, "n")))
	case 5: // a key comes
		i := bytes.IndexByte(data, '}') + 1
		data = concat(data[:i], []byte(`,"finish_reason":"stop"`), data[i:])
	case 6: // everything after some place goes
		data = concat(data[:rapid.IntRange(0, len(data)).Draw(t, "cut")])
	case 7: // the name changes
		ev.Name = []byte(rapid.SampledFrom([]string{"", "ping", "content_block_delta", "message_stop"}).Draw(t, "name"))
	case 8: // any name, longer than a one-byte length can say
		ev.Name = bytes.Repeat([]byte{'n'}, rapid.IntRange(0, 300).Draw(t, "name length"))
	case 9:
		data = nil
	case 10:
		data = rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "binary")
	case 11: // many places at once
		data = bytes.ReplaceAll(data, []byte(`"`), []byte(token.Draw(t, "quote")))
		data = data[:min(len(data), 6000)]
	case 12: // a stretch again, somewhere else
		from := rapid.IntRange(0, len(data)).Draw(t, "from")
		to := rapid.IntRange(from, len(data)).Draw(t, "to")
		at := rapid.IntRange(0, len(data)).Draw(t, "at")
		data = concat(data[:at], data[from:to], data[at:])
		data = data[:min(len(data), 6000)]
	case 13: // around the longest base, and well beyond
		size := rapid.OneOf(rapid.IntRange(stream.MaxBase-4, stream.MaxBase+4), rapid.IntRange(1000, 20000)).Draw(t, "size")
		data = replaceValue(data, `"content":"`, `"`, string(bytes.Repeat([]byte("long text. "), size/11+1)[:size]))
		if len(data) < size {
			data = append(bytes.Repeat([]byte{'x'}, size-len(data)), data...)
		}
	}
	return stream.Event{Name: ev.Name, Data: data}
}

// replaceValue puts value between the first before and the next after in data.
func replaceValue(data []byte, before, after, value string) []byte {
	i := bytes.Index(data, []byte(before))
	if i < 0 {
		return concat(data, []byte(before+value+after))
	}
	i += len(before)
	rest := data[i:]
	if j := bytes.Index(rest, []byte(after)); j >= 0 {
		rest = rest[j:]
	}
	return concat(data[:i], []byte(value), rest)
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
