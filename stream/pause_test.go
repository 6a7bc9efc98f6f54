package stream_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

const (
	tokenEvery = time.Second / 80
	readFor    = 3 * time.Second
	pauseFor   = 2 * time.Second
	playFor    = 30 * time.Second
	// longEnough is from how many events on a recording says how a long
	// answer looks. It is looped.
	longEnough = 90
)

// spoken is an event and how many tokens it carries.
type spoken struct {
	stream.Event
	tokens int
}

// maxTokens is the most that one event is counted for.
const maxTokens = 40

// tokens is how many tokens of an answer an event carries, at four bytes each;
// 0 for one that carries none. Anthropic's events carry several.
func tokens(ev stream.Event) int {
	var chunk struct {
		Choices []struct{ Delta struct{ Content string } }
		Delta   struct{ Text, Thinking string }
	}
	if json.Unmarshal(ev.Data, &chunk) != nil {
		return 0
	}
	text := chunk.Delta.Text + chunk.Delta.Thinking
	for _, c := range chunk.Choices {
		text += c.Delta.Content
	}
	return min((len(text)+3)/4, maxTokens)
}

// play sends a recording at 80 tokens/s, over and over, to a consumer that
// pauses for 2 s in every 5 s, and gives the stream's figures at the end.
func play(t *testing.T, said []spoken, pauseFor time.Duration) (stats stream.Stats, noted *meter) {
	noted = new(meter)
	synctest.Test(t, func(t *testing.T) {
		s := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now, Meter: noted, Resumable: true})
		start := time.Now()
		go func() {
			for i := 0; time.Since(start) < playFor; i++ {
				next := said[i%len(said)]
				if err := s.Append(next.Event, time.Now()); err != nil {
					t.Error(err)
				}
				s.Flush()
				time.Sleep(time.Duration(next.tokens) * tokenEvery)
			}
			s.End(stream.End{Reason: stream.Complete})
		}()

		wake := make(chan struct{}, 1)
		r, err := s.Attach(0, stream.NoLimit, func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var ev stream.Event
		for range wake {
			if at := time.Since(start) % (readFor + pauseFor); at >= readFor {
				time.Sleep(readFor + pauseFor - at)
			}
			for {
				seq, ok := r.Next(&ev)
				if !ok {
					break
				}
				if want := said[int(seq-1)%len(said)].Event; !equal(ev, want) {
					t.Fatalf("event %d: got %q, want %q", seq, ev.Data, want.Data)
				}
				if err := r.Ack(seq, stream.NoLimit); err != nil {
					t.Fatal(err)
				}
			}
			if _, ok := r.End(); ok {
				break
			}
		}
		stats = s.Stats()
	})
	return stats, noted
}

// Two seconds of every five without reading, and the provider never waits.
//
// OpenAI's recordings are played whole. Of Anthropic's, the events with text
// are: a signature, or a citation's encrypted index, is no token, may take 1 KB
// or be larger than the buffer, and then a pause may well pause the provider.
//
// Random padding is bytes that nothing makes smaller: where it stands, one
// second is what is sure to fit.
func TestPauseIsFree(t *testing.T) {
	played := map[string]int{}
	for _, r := range recorded(t).all {
		if r.api != "openai chat" && r.api != "anthropic messages" {
			continue
		}
		var said []spoken
		for _, ev := range r.events {
			n := tokens(ev)
			if r.api == "openai chat" {
				n = max(1, n)
			}
			if n > 0 {
				said = append(said, spoken{ev, n})
			}
		}
		if len(said) < longEnough {
			continue
		}
		played[r.api]++
		pauseFor := pauseFor
		if r.padded {
			pauseFor = time.Second
		}
		stats, noted := play(t, said, pauseFor)
		if stats.Paused != 0 || len(noted.paused) != 0 {
			t.Errorf("%s: the provider was paused %d times, %v in all", r.file, len(noted.paused), stats.Paused)
		}
		if stats.Acked < 80*uint64(playFor/time.Second)/maxTokens {
			t.Errorf("%s: only %d events were read", r.file, stats.Acked)
		}
		t.Logf("%s: %d events, pauses of %v, at most %d bytes held", r.file, stats.Acked, pauseFor, stats.High)
	}
	if len(played) != 2 {
		t.Fatalf("recordings played: %v; %q lacks long ones of OpenAI chat or Anthropic messages", played, transcriptFolder())
	}
}

// A buffer that is too small for the pause does pause the provider: the
// simulation can fail.
func TestPauseTooLong(t *testing.T) {
	said := make([]spoken, 100)
	for i := range said {
		said[i] = spoken{numbered(i, 50), 1}
	}
	stats, noted := play(t, said, pauseFor)
	if stats.Paused == 0 || len(noted.paused) == 0 || stats.High > bufferSize {
		t.Errorf("160 events of 50 bytes in a pause: paused %v, %d bytes held", stats.Paused, stats.High)
	}
}
