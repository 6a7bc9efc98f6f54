package stream_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"tidegate/stream"
)

func record(kind int, payload ...byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(payload))<<2|uint64(kind)), payload...)
}

const (
	literal = 0
	differ  = 1
	same    = 2
	preset  = 3
)

func TestDecode(t *testing.T) {
	var dec stream.Decoder
	for i, step := range []struct {
		record []byte
		name   string
		data   string
	}{
		{record(literal, append([]byte{2}, "hiabcdef"...)...), "hi", "abcdef"},
		{record(differ), "hi", "abcdef"},                                   // nothing differs
		{record(differ, 4, 1, 2, 'X', 'Y'), "hi", "aXYcdef"},               // copy 4, drop 1, insert 2
		{record(same, 'Z'), "hi", "aZcdef"},                                // in the same place
		{record(same), "hi", "acdef"},                                      // nothing there
		{record(same, 'b'), "hi", "abcdef"},                                // and again something
		{record(differ, 3, 1, 1, '1', 2, 0, 1, '2'), "hi", "1bc2def"},      // two places
		{record(same, 2, '3', '4', '5', '6'), "hi", "34bc56def"},           // the last takes what is left
		{record(differ, 0, 3, 1, 0), "", "34bc56def"},                      // the name goes
		{record(literal, 0), "", ""},                                       // an empty event
		{record(differ, 1, 0, 3, 'n', 'e', 'w'), "", "new"},                // made of an empty one
		{record(differ, 0, 0, 0, 1, 0, 0, 0, 0, 1, '.'), "", ".new"},       // places may be empty and touch
		{record(same, 0, 1, ',', '!'), "", ",!new"},                        // whatever stands there
		{append([]byte{0x84, 0x00}, 0), "", ""},                            // a length longer than it need be
		{append(record(literal, 0, 'a'), record(same)...), "", "a"},        // only the first record is read
		{record(differ, 0, 2, 4, 0, 'e', 'n', 'd'), "", "end"},             // all of it new
		{record(literal, append([]byte{3}, "endall"...)...), "end", "all"}, // a literal forgets the places
		{record(preset, 0), "", stream.Preset[1:]},
		{record(preset, 7, 0, 127, 0), "", stream.Preset[1:7] + stream.Preset[127:]}, // of the base and of the preset
	} {
		got, _, err := dec.Decode(step.record)
		if err != nil || string(got.Name) != step.name || string(got.Data) != step.data {
			t.Fatalf("step %d: got %q %q %v, want %q %q", i, got.Name, got.Data, err, step.name, step.data)
		}
	}
}

func TestDecodeCorrupt(t *testing.T) {
	text := append([]byte{0}, "abcdef"...)
	for name, p := range map[string][]byte{
		"nothing":                      {},
		"half a head":                  {0x80},
		"a head without end":           bytes.Repeat([]byte{0xff}, 12),
		"more than there is":           {8 << 2, 0, 'a'},
		"a length beyond int":          append(binary.AppendUvarint(nil, 1<<63), 'a'),
		"preset, kept beyond the base": record(preset, 8),
		"preset, nothing kept or not":  record(preset),
		"preset, copied beyond it":     record(preset, append(binary.AppendUvarint([]byte{0}, uint64(len(stream.Preset)+1)), 0, 0)...),
		"preset, all of it dropped":    record(preset, append(binary.AppendUvarint([]byte{0, 0}, uint64(len(stream.Preset))), 0)...),
		"literal without text":         record(literal),
		"name longer than text":        record(literal, 9, 'a'),
		"name length without end":      record(literal, 0x80),
		"copy beyond the base":         record(differ, 8, 0, 0),
		"drop beyond the base":         record(differ, 3, 5, 0),
		"insert beyond the payload":    record(differ, 0, 0, 2, 'a'),
		"no drop":                      record(differ, 1),
		"no length":                    record(differ, 1, 1),
		"everything dropped":           record(differ, 0, 7, 0),
		"nine places":                  record(differ, bytes.Repeat([]byte{0, 0, 0}, 9)...),
		"same, without places":         record(same, 'a'),
		"a copy that overflows an int": record(differ, append(binary.AppendUvarint(nil, 1<<64-1), 0, 0)...),
	} {
		t.Run(name, func(t *testing.T) {
			var dec stream.Decoder
			if _, _, err := dec.Decode(record(literal, text...)); err != nil {
				t.Fatal(err)
			}
			if _, _, err := dec.Decode(p); !errors.Is(err, stream.ErrCorrupt) {
				t.Errorf("error %v, want ErrCorrupt", err)
			}
		})
	}

	t.Run("same, after preset", func(t *testing.T) {
		var dec stream.Decoder
		if _, _, err := dec.Decode(record(preset, 0, 1, 1, 1, 'x')); err != nil {
			t.Fatal(err)
		}
		if _, _, err := dec.Decode(record(same, 'y')); !errors.Is(err, stream.ErrCorrupt) {
			t.Errorf("error %v, want ErrCorrupt", err)
		}
	})

	t.Run("same, with a place missing", func(t *testing.T) {
		var dec stream.Decoder
		for _, p := range [][]byte{record(literal, text...), record(differ, 1, 1, 1, 'x', 1, 1, 1, 'y')} {
			if _, _, err := dec.Decode(p); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := dec.Decode(record(same)); !errors.Is(err, stream.ErrCorrupt) {
			t.Errorf("error %v, want ErrCorrupt", err)
		}
	})
}

// decodeAll decodes records until one is corrupt, and fails when an event is
// larger than the record it came from, the longest base and the preset can
// account for.
func decodeAll(t *testing.T, p []byte) {
	var dec stream.Decoder
	for len(p) > 0 {
		ev, size, err := dec.Decode(p)
		if err != nil {
			if !errors.Is(err, stream.ErrCorrupt) {
				t.Fatalf("error %v, want ErrCorrupt", err)
			}
			return
		}
		if size < 1 || size > len(p) {
			t.Fatalf("record of %d bytes in %d", size, len(p))
		}
		if got := len(ev.Name) + len(ev.Data); got > stream.MaxBase+len(stream.Preset)+size {
			t.Fatalf("record of %d bytes made an event of %d", size, got)
		}
		p = p[size:]
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(record(literal, 0, 'a'))
	f.Add(bytes.Join([][]byte{
		record(literal, append([]byte{0}, "abcdefghijkl"...)...),
		record(differ, 2, 1, 2, 'X', 'Y', 6, 0, 1, 'Z'),
		record(same, 1, 'x', 'z'),
		record(preset, 3, 5, 1, 1, 'p'),
		record(differ, 2, 1, 1, 'X'),
	}, nil))
	f.Add(bytes.Join([][]byte{record(preset), record(same)}, nil))
	f.Fuzz(decodeAll)
}

// A decoder reads what a stranger sent. No sequence of records, however
// greedy, may make its text grow beyond MaxBase plus what was really sent: a
// text longer than MaxBase is no base, so nothing builds upon it.
func TestDecodeBound(t *testing.T) {
	// Insert 100 bytes before all that is there, again and again.
	greedy := record(differ, append([]byte{0, 0, 100, 0}, bytes.Repeat([]byte{'x'}, 99)...)...)
	p := bytes.Repeat(greedy, 5000)
	decodeAll(t, p)

	var before, after runtime.MemStats
	var dec stream.Decoder
	largest := 0
	runtime.ReadMemStats(&before)
	for q := p; len(q) > 0; {
		ev, size, err := dec.Decode(q)
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, len(ev.Data))
		q = q[size:]
	}
	runtime.ReadMemStats(&after)
	if largest < stream.MaxBase {
		t.Errorf("largest event %d bytes: the bound was not reached, so this shows nothing", largest)
	}
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(8*len(p)); got > limit {
		t.Errorf("%d bytes of records made the decoder allocate %d, want at most %d", len(p), got, limit)
	}
}

func TestDecodeAllocs(t *testing.T) {
	records := warmRecords(t)
	var dec stream.Decoder
	i := 0
	one := func() {
		if i == len(records) {
			i = 0
			dec.Reset()
		}
		if _, _, err := dec.Decode(records[i]); err != nil {
			t.Fatal(err)
		}
		i++
	}
	for range records {
		one()
	}
	if n := testing.AllocsPerRun(len(records), one); n != 0 {
		t.Errorf("%v allocations per event, want none", n)
	}
}

// warmRecords is the records of all events of warm.
func warmRecords(tb testing.TB) [][]byte {
	var enc stream.Encoder
	var records [][]byte
	for _, ev := range warm(tb) {
		records = append(records, bytes.Clone(enc.Encode(ev)))
	}
	return records
}

func BenchmarkDecode(b *testing.B) {
	records := warmRecords(b)
	var dec stream.Decoder
	var size int
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, _, err := dec.Decode(records[i]); err != nil {
			b.Fatal(err)
		}
		size += len(records[i])
		if i++; i == len(records) {
			i = 0
			dec.Reset()
		}
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/event")
}
