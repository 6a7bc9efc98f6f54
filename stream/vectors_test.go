package stream_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"tidegate/stream"
)

const (
	vectorsFile  = "../docs/vectors/records.json"
	protocolFile = "../docs/protocol.md"
)

// vectors are what docs/vectors/records.json holds, for every decoder of
// records, in whatever language.
type vectors struct {
	About    string         `json:"about"`
	Decode   []goodVector   `json:"decode"`
	Corrupt  []brokenVector `json:"corrupt"`
	MaxBase  int            `json:"max_base"`
	Preset   string         `json:"preset"`
	Encoders string         `json:"encoders"`
}

// goodVector is a sequence of records and the events that they stand for.
type goodVector struct {
	Name    string        `json:"name"`
	Records []string      `json:"records"`
	Events  []vectorEvent `json:"events"`
}

type vectorEvent struct {
	Name string `json:"event,omitempty"`
	Data string `json:"data,omitempty"`
	// DataHex stands instead of Data where that is no UTF-8.
	DataHex string `json:"data_hex,omitempty"`
}

// brokenVector is a sequence of records of which the last must be refused.
type brokenVector struct {
	Name    string   `json:"name"`
	Records []string `json:"records"`
}

func events(data ...string) []vectorEvent {
	out := make([]vectorEvent, len(data))
	for i, d := range data {
		out[i].Data = d
	}
	return out
}

func (e vectorEvent) event(t *testing.T) stream.Event {
	t.Helper()
	data := []byte(e.Data)
	if e.DataHex != "" {
		var err error
		if data, err = hex.DecodeString(e.DataHex); err != nil {
			t.Fatal(err)
		}
	}
	return stream.Event{Name: []byte(e.Name), Data: data}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// example is the worked example of docs/protocol.md.
var example = events(`{"at":"a","i":0,"t":"Hel"}`, `{"at":"a","i":1,"t":"lo"}`, `{"at":"a","i":2,"t":" world"}`, `[1]`)

// encoded are the sequences whose records our own encoder makes.
var encoded = []goodVector{
	{Name: "the worked example of docs/protocol.md", Events: example},
	{Name: "the same event again", Events: events("abcdefgh", "abcdefgh", "abcdefgh")},
	{Name: "empty data", Events: events("", "a", "")},
	{Name: "event names", Events: []vectorEvent{
		{Name: "start", Data: `{"type":"start"}`}, {Name: "delta", Data: `{"type":"delta","text":"a"}`},
		{Name: "delta", Data: `{"type":"delta","text":"bc"}`}, {Data: `{"type":"delta","text":"d"}`},
	}},
	{Name: "a name of 200 bytes, whose length takes two", Events: []vectorEvent{
		{Name: strings.Repeat("n", 200), Data: "a"}, {Name: strings.Repeat("n", 200), Data: "b"},
	}},
	{Name: "data of several lines, and letters of several bytes", Events: events("one\ntwo", "one\nzwölf", "one\n🌊")},
	{Name: "data that is no UTF-8", Events: []vectorEvent{{DataHex: "00ff80c328"}, {DataHex: "00ff80c329"}}},
	{Name: "a text of 4096 bytes is a base, one of 4097 is none", Events: events(
		strings.Repeat("a", 4095), strings.Repeat("a", 4095)+"b", "short", "shorter")},
	{Name: "the preset: a first event, the one after it, and the one with the usage", Events: events(
		chunk(`"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null`),
		chunk(`"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null`),
		chunk(`"choices":[{"index":0,"delta":{"content":"!"},"logprobs":null,"finish_reason":null}],"usage":null`),
		chunk(`"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,`+
			`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,`+
			`"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`))},
	{Name: "the preset again, after an event that was too long to be a base", Events: events(
		strings.Repeat("a", 4096), stream.Preset[1:], "shorter")},
}

// chunk is an event of OpenAI's chat completions with such choices.
func chunk(choices string) string {
	return `{"id":"chatcmpl-Xy12","object":"chat.completion.chunk","created":1800000000,"model":"gpt","service_tier":"default",` +
		`"system_fingerprint":"fp_a1",` + choices + `}`
}

// handmade are records that a valid encoder may make and ours does not.
func handmade() []goodVector {
	x := func(records ...string) []string {
		for i, r := range records {
			records[i] = hex.EncodeToString([]byte(r))
		}
		return records
	}
	return []goodVector{
		{Name: "literal where a difference would do", Records: x("\x10\x00abc", "\x10\x00abd"), Events: events("abc", "abd")},
		{Name: "eight places in one record, the most there may be, and then the same eight", Records: x(
			"\x24\x00aaaaaaaa",
			"\x81\x01"+"\x01\x01\x01b"+strings.Repeat("\x00\x01\x01b", 7),
			"\x3e"+strings.Repeat("\x01c", 7)+"c"), Events: events("aaaaaaaa", "bbbbbbbb", "cccccccc")},
		{Name: "a place of no bytes, filled by the next record", Records: x(
			"\x14\x00abcd", "\x0d\x02\x01\x00", "\x06X"), Events: events("abcd", "acd", "aXcd")},
		{Name: "some of the text before, and the end of the preset; then an event that equals it", Records: x(
			"\x14\x00abcd", "\x1f\x03\x00"+varint(len(stream.Preset)-2)+"\x02::", "\x01"),
			Events: events("abcd", `ab::"}`, `ab::"}`)},
		{Name: "the preset beside a text before of which nothing is kept", Records: x(
			"\x14\x00abcd", "\x17\x00\x01"+varint(len(stream.Preset)-2)+"\x00"), Events: events("abcd", "}")},
		{Name: "lengths written longer than need be", Records: x("\x90\x80\x00\x00abc"), Events: events("abc")},
	}
}

// corrupt are sequences whose last record no encoder makes.
func corrupt() []brokenVector {
	x := func(name string, records ...string) brokenVector {
		for i, r := range records {
			records[i] = hex.EncodeToString([]byte(r))
		}
		return brokenVector{name, records}
	}
	return []brokenVector{
		x("nothing", ""),
		x("a head that goes on", "\x80"),
		x("a head of more than 64 bits", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
		x("a payload shorter than its head says", "\x10\x00ab"),
		x("the preset, but not how much is kept", "\x03"),
		x("the preset, and more kept than there is", "\x10\x00abc", "\x07\x05"),
		x("a copy beyond the preset", "\x17\x00"+varint(len(stream.Preset)+1)+"\x00\x00"),
		x("a drop beyond the preset", "\x17\x00\x01"+varint(len(stream.Preset))+"\x00"),
		x("the same places after the preset", "\x17\x00\x01\x01\x01x", "\x06y"),
		x("a literal without the name's length", "\x00"),
		x("a name longer than the text", "\x10\x05abc"),
		x("a copy beyond the text before", "\x10\x00abc", "\x0d\x05\x00\x00"),
		x("a drop beyond the text before", "\x10\x00abc", "\x0d\x02\x03\x00"),
		x("an insert beyond the payload", "\x10\x00abc", "\x0d\x02\x00\x01"),
		x("nine places", "\x10\x00abc", "\x6d"+strings.Repeat("\x00\x00\x00", 9)),
		x("the same places before there are any", "\x06a"),
		x("the same places after a literal", "\x10\x00abc", "\x11\x03\x01\x01d", "\x10\x00abc", "\x06e"),
		x("the same places after an equal event", "\x10\x00abc", "\x01", "\x06e"),
	}
}

func varint(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

func TestVectors(t *testing.T) {
	want := vectors{
		About:    "Records of tidegate.1, in hexadecimal. Each sequence begins with a new decoder. docs/protocol.md has the specification.",
		Encoders: "The first " + fmt.Sprint(len(encoded)) + " sequences of decode are what Tidegate's own encoder makes of their events; others may choose otherwise.",
		MaxBase:  stream.MaxBase,
		Preset:   stream.Preset,
		Corrupt:  corrupt(),
	}
	for _, v := range encoded {
		var enc stream.Encoder
		v.Records = nil
		for _, e := range v.Events {
			v.Records = append(v.Records, hex.EncodeToString(enc.Encode(e.event(t))))
		}
		want.Decode = append(want.Decode, v)
	}
	want.Decode = append(want.Decode, handmade()...)

	for _, v := range want.Decode {
		var dec stream.Decoder
		for i, record := range v.Records {
			p := unhex(t, record)
			got, size, err := dec.Decode(append(p, "what follows"...))
			e := v.Events[i].event(t)
			if err != nil || size != len(p) || !bytes.Equal(got.Name, e.Name) || !bytes.Equal(got.Data, e.Data) {
				t.Errorf("%s, record %d (%s): got %q %q, %d bytes, %v", v.Name, i, record, got.Name, got.Data, size, err)
			}
		}
	}
	for _, v := range want.Corrupt {
		var dec stream.Decoder
		for i, record := range v.Records {
			_, _, err := dec.Decode(unhex(t, record))
			if last := i == len(v.Records)-1; last != (err == stream.ErrCorrupt) {
				t.Errorf("%s, record %d (%s): got error %v", v.Name, i, record, err)
			}
		}
	}

	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(want); err != nil {
		t.Fatal(err)
	}
	checkFile(t, vectorsFile, text.String())
	page, err := os.ReadFile(protocolFile)
	if err != nil {
		t.Fatal(err)
	}
	text.Reset()
	text.Write(page)
	insert(t, &text, "preset", fmt.Sprintf("```\n%s\n```\n", stream.Preset[1:]))
	insert(t, &text, "example", worked(t, want.Decode[0]))
	checkFile(t, protocolFile, text.String())
}

// insert puts what into the page, between the marks of that name.
func insert(t *testing.T, page *bytes.Buffer, name, what string) {
	t.Helper()
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->"
	before, rest, ok1 := strings.Cut(page.String(), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the %s", protocolFile, name)
	}
	page.Reset()
	page.WriteString(before + begin + what + end + after)
}

// worked is the example as docs/protocol.md shows it.
func worked(t *testing.T, v goodVector) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("```\n")
	for i, record := range v.Records {
		fmt.Fprintf(&b, "%-32s % x\n", v.Events[i].Data, unhex(t, record))
	}
	b.WriteString("```\n")
	return b.String()
}

// checkFile compares a file with what it should be, or writes it with -update.
func checkFile(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./stream -run Vectors -update", file)
	}
}
