package sse

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// Recorded streams of real providers, named by TIDEGATE_TRANSCRIPTS, give the
// same events however they are split, and the same as the model and go-sse.
func TestTranscripts(t *testing.T) {
	dir := os.Getenv("TIDEGATE_TRANSCRIPTS")
	if dir == "" {
		dir = "../../../shared/transcripts"
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.sse"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings (*.sse) in %s: set TIDEGATE_TRANSCRIPTS to the folder that holds them", dir)
	}
	events := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := string(b)
		want := model(in)
		events += len(want.Events)
		check := func(how string, r io.Reader, o Options) {
			if diff := cmp.Diff(want, scan(t, r, o)); diff != "" {
				t.Errorf("%s, %s (-model +scanner):\n%s", filepath.Base(file), how, diff)
			}
		}
		check("whole", strings.NewReader(in), Options{})
		check("byte by byte", iotest.OneByteReader(strings.NewReader(in)), Options{})
		for seed := range uint64(2) {
			p := randomly(in, 700, rand.New(rand.NewPCG(seed, 1)))
			check("cut at random", &p, Options{Buffer: 256})
		}
		got, ok := comparableWithOracle(in, want)
		if !ok {
			t.Errorf("%s: not comparable with go-sse", filepath.Base(file))
		}
		if diff := cmp.Diff(withData(oracle(t, in)), got); diff != "" {
			t.Errorf("%s (-go-sse +scanner):\n%s", filepath.Base(file), diff)
		}
	}
	if events == 0 {
		t.Errorf("no events in %d recordings", len(files))
	}
	t.Logf("%d recordings, %d events", len(files), events)
}
