package config

import (
	"errors"
	"testing"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "4096": 4096, "4KiB": 4096, "8MiB": 8 << 20, "1GiB": 1 << 30, "2TiB": 2 << 40, "-1": -1,
		"8388607TiB": 8388607 << 40,
	} {
		var got, back Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q = %d, %v; want %d", text, got, err, want)
		}
		if err := back.UnmarshalText([]byte(want.String())); err != nil || back != want {
			t.Errorf("%d written as %q is read as %d, %v", want, want, back, err)
		}
	}
	for _, text := range []string{"", "KiB", "1KB", "1kib", "1.5MiB", "1 MiB", "1_000", "0x10", "8388608TiB", "9223372036854775808"} {
		got := Size(7)
		if err := got.UnmarshalText([]byte(text)); !errors.Is(err, errSize) || got != 7 {
			t.Errorf("%q = %d, %v; want %v", text, got, err, errSize)
		}
	}
}

func TestSizeString(t *testing.T) {
	for want, size := range map[string]Size{"0": 0, "1023": 1023, "1KiB": 1024, "1025": 1025, "1536KiB": 1536 * KiB, "1GiB": GiB} {
		if got := size.String(); got != want {
			t.Errorf("%d = %q, want %q", int64(size), got, want)
		}
	}
}
