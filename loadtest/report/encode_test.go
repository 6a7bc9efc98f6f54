package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeRoundTrip(t *testing.T) {
	for name, want := range map[string]*Report{"one": made(), "two": madePair(), "broken": broken(Kinds...), "empty": {Version: Version}} {
		var b bytes.Buffer
		if err := want.Encode(&b); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: what was read differs from what was written:\n%s", name, diff)
		}
	}
}

// TestEncodeUnknown: null says that nobody could tell, and is no 0.
func TestEncodeUnknown(t *testing.T) {
	r := made()
	r.Runs[0].Server, r.Runs[0].Provider, r.Runs[0].Total.AheadMax = nil, nil, nil
	r.Runs[0].Samples = []Sample{{}}
	var b bytes.Buffer
	if err := r.Encode(&b); err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Version int
		Runs    []struct {
			Server, Provider any
			Total            map[string]any
			Samples          []map[string]any
		}
	}
	raw.Runs = nil
	if err := json.Unmarshal(b.Bytes(), &raw); err != nil {
		t.Fatal(err)
	}
	if raw.Version != Version {
		t.Errorf("version %d", raw.Version)
	}
	run := raw.Runs[0]
	if run.Server != nil || run.Provider != nil {
		t.Error("an unknown server or provider is not null")
	}
	if v, ok := run.Total["ahead_max"]; !ok || v != nil {
		t.Errorf("ahead_max is %v, %v", v, ok)
	}
	if v, ok := run.Samples[0]["memory"]; !ok || v != nil {
		t.Errorf("memory is %v, %v", v, ok)
	}
}

// TestEncodeNoNumber: one division by zero must not cost the report.
func TestEncodeNoNumber(t *testing.T) {
	r := made()
	r.Runs[0].Total.Added.Mean = Seconds(math.NaN())
	r.Runs[0].Total.Added.Max = Seconds(math.Inf(1))
	r.Runs[0].Samples[3].Tokens, r.Runs[0].Samples[3].Sent = math.NaN(), math.Inf(-1)
	r.Finish()
	var b bytes.Buffer
	if err := r.Encode(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(&b); err != nil {
		t.Fatal(err)
	}
}

func TestDecodeErrors(t *testing.T) {
	if _, err := Decode(strings.NewReader(`{"version":99}`)); !errors.Is(err, ErrVersion) {
		t.Errorf("another version: %v", err)
	}
	if _, err := Decode(strings.NewReader(`{"version":`)); err == nil {
		t.Error("half a report was read")
	}
	if _, err := Decode(strings.NewReader(`{"version":1,"added_later":[]}`)); err != nil {
		t.Errorf("a field that is not known: %v", err)
	}
}

func TestSeconds(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 999, time.Microsecond + 1, 1500 * time.Millisecond, time.Hour + 1} {
		b, err := json.Marshal(Span(d))
		if err != nil {
			t.Fatal(err)
		}
		var back Seconds
		if err := json.Unmarshal(b, &back); err != nil || back.Duration() != d {
			t.Errorf("%v became %s and then %v, %v", d, b, back.Duration(), err)
		}
	}
}
