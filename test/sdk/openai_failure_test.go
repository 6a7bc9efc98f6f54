package sdk

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// deaths are the ways in which a provider breaks a stream, with what the
// client is told.
var deaths = map[provider.Fault]string{
	provider.Fin:           "upstream_truncated",
	provider.Reset:         "upstream_error",
	provider.End:           "upstream_truncated",
	provider.Cut:           "upstream_truncated",
	provider.CutEnd:        "upstream_truncated",
	provider.ErrorEvent:    "scripted_fault",
	provider.ErrorThenDone: "scripted_fault",
}

// A provider that dies is an error, wherever it happens: right after its
// headers, in the middle, and when all is said but the end marker. What came
// before is delivered.
func TestOpenAIDeath(t *testing.T) {
	w := newWorld(t, harness.Never, "upstream_error", "upstream_truncated")
	for api, stream := range openaiStreams {
		// Events around the tokens: the role before, the finish reason after.
		before, after := 1, 1
		if api == "completions" {
			before = 0
		}
		for fault, told := range deaths {
			for _, tokens := range []int{0, 4, 8} {
				at := tokens + before
				switch tokens {
				case 0:
					at = 0
				case 8:
					at += after
				}
				t.Run(api+" "+string(fault)+" after "+strconv.Itoa(at), func(t *testing.T) {
					model := w.Model("tokens=8,fault=" + string(fault) + ",at=" + strconv.Itoa(at))
					text, err := stream(harness.Patient(t), w.openai(), model)
					if err == nil {
						t.Fatalf("no error, and %q for an answer", text)
					}
					if at == 0 { // early enough to be told by a status
						if e, ok := errors.AsType[*openai.Error](err); !ok || e.StatusCode < 500 || text != "" {
							t.Errorf("%v after %q", err, text)
						}
						return
					}
					// A reset takes away what the provider's kernel has not sent.
					if want := provider.Text(tokens); text != want && (fault != provider.Reset || !strings.HasPrefix(want, text)) {
						t.Errorf("got %q before the error, want %q", text, want)
					}
					event, ok := errors.AsType[*ssestream.StreamError](err)
					if ok && !strings.Contains(string(event.Event.Data), told) || !ok && fault != provider.Reset {
						t.Errorf("%T, %v: does not tell of %s", err, err, told)
					}
				})
			}
		}
	}
}

func TestOpenAISilence(t *testing.T) {
	w := newWorld(t, harness.Never, "upstream_stalled")
	for api, stream := range openaiStreams {
		t.Run(api, func(t *testing.T) {
			text, err := stream(harness.Patient(t), w.openai(), "falls-silent")
			if err == nil || !strings.HasPrefix(provider.Text(6), text) {
				t.Errorf("%v after %q", err, text)
			}
			text, err = stream(harness.Patient(t), w.openai(), "never-begins")
			if e, ok := errors.AsType[*openai.Error](err); !ok || e.StatusCode != 504 || text != "" {
				t.Errorf("%v after %q", err, text)
			}
		})
	}
}

// An answer in one piece that breaks off is an error too.
func TestOpenAIWholeDeath(t *testing.T) {
	w := newWorld(t, harness.Never)
	for api, call := range openaiWhole {
		for _, fault := range []provider.Fault{provider.Fin, provider.Reset, provider.Cut} {
			t.Run(api+" "+string(fault), func(t *testing.T) {
				if err := call(harness.Patient(t), w.openai(), w.Model("fault="+string(fault))); err == nil {
					t.Error("no error")
				}
			})
		}
		t.Run(api+" silence", func(t *testing.T) {
			err := call(harness.Patient(t), w.openai(), "never-begins")
			if e, ok := errors.AsType[*openai.Error](err); !ok || e.StatusCode != 504 {
				t.Error(err)
			}
		})
	}
}

// Once an answer has begun, the SDK does not ask again: it would be paid for
// twice.
func TestOpenAIDeathIsNotRetried(t *testing.T) {
	w := newWorld(t, harness.Never, "upstream_truncated")
	for api, stream := range openaiStreams {
		t.Run(api, func(t *testing.T) {
			model := w.Model("tokens=8,fault=fin,at=4")
			if _, err := stream(harness.Patient(t), w.openai(option.WithMaxRetries(2)), model); err == nil {
				t.Error("no error")
			}
			if n := len(w.Calls(model)); n != 1 {
				t.Errorf("%d calls of the provider", n)
			}
		})
	}
}
