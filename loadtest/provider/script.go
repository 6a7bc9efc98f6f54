package provider

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrScript is wrapped by every error about a script that cannot be played.
var ErrScript = errors.New("provider: bad script")

// Forever, as a delay or a stall, lasts until the caller goes away.
const Forever time.Duration = -1

// SplitRandom, as Script.Split, cuts the body into pieces of 1 to 97 bytes
// whose lengths follow from Script.Seed.
const SplitRandom = -1

// DefaultTokens is the length of an answer whose script does not say.
const DefaultTokens = 64

// Limits of a script. They keep a stranger's request from taking the memory
// of the process that the provider shares with what it measures.
const (
	MaxTokens      = 10_000_000 // per streamed answer, which is never held in memory
	MaxWholeTokens = 100_000    // per answer held whole: not streamed, or Instant
	MaxPace        = 1_000_000  // tokens per second
	MaxHuge        = 64 << 20   // bytes of a huge event
	MaxTranscript  = 64 << 20   // bytes of a transcript
	MaxDelay       = 24 * time.Hour
	MinPing        = time.Millisecond
)

// LineEnd is what ends a line of the event stream.
type LineEnd string

// The line ends that the event stream format allows (WHATWG HTML, 9.2.5).
const (
	LF   LineEnd = "lf" // the default
	CRLF LineEnd = "crlf"
	CR   LineEnd = "cr"
)

// Fault is a way to break an answer.
type Fault string

// The faults. All but the clean ones leave the caller with a transport error.
// On an answer that is not streamed, Fin, Reset and Cut send half of the body
// first, ErrorBody is as ever, and the others do nothing.
const (
	Fin           Fault = "fin"             // the connection is closed without the final chunk; HTTP/2: RST_STREAM
	Reset         Fault = "rst"             // the TCP connection is reset; over HTTP/2 that takes all its streams
	End           Fault = "end"             // a clean end of the body, without what was to come
	ErrorEvent    Fault = "error_event"     // an error in the API's form, then a clean end
	ErrorThenDone Fault = "error_then_done" // the same with the API's end after it: [DONE], as of vLLM; response.failed; message_stop
	ErrorBody     Fault = "error_body"      // status 200 and an error body in place of the answer, wherever At is
	Cut           Fault = "cut"             // half an event, then as Fin
	CutEnd        Fault = "cut_end"         // half an event, then a clean end
)

// Script says how a call is answered. The zero value is a well-behaved stream
// of DefaultTokens tokens, as fast as the caller reads.
type Script struct {
	// Tokens is the number of content events; 0 stands for DefaultTokens.
	Tokens int
	// Reasoning is the number of events before them that carry what is
	// thought and not said; 0 is none. Its text begins with the first token,
	// like the answer's.
	Reasoning int
	// Pace is in tokens per second; 0 is as fast as the caller reads. The
	// n-th event is due at start + n/Pace whatever happened to those before,
	// so a caller that was slow gets the backlog at once, as from a model
	// that went on generating. An answer that is not streamed takes
	// (Reasoning+Tokens)/Pace.
	Pace float64

	// Transcript is the body of a streamed answer, replayed byte for byte,
	// event by event. The fields that shape events do not go with it. Every
	// block that a blank line ends counts as an event, a comment too.
	Transcript []byte
	// File names a transcript in Options.Folder instead.
	File string

	// Split cuts the body into pieces of so many bytes, one write each:
	// 0 is whole events, SplitRandom is odd lengths that follow from Seed.
	Split int
	Seed  uint64

	LineEnd     LineEnd // "" is LF
	Comments    int     // a comment line before every n-th event; 0 is none
	NoSpace     bool    // `data:` without the space after it
	BOM         bool    // a byte order mark at the start of the body
	Obfuscation bool    // random padding in every chunk, as OpenAI sends it

	HeaderDelay time.Duration // silence before the status line
	FirstDelay  time.Duration // silence between headers and first event
	Stall       time.Duration // silence after StallAt events; the pace resumes where it was
	StallAt     int
	// Ping is the time between the heartbeats that come during FirstDelay and
	// Stall of a stream: Anthropic's ping event, else a comment. 0 is none.
	Ping time.Duration

	Fault Fault // "" is none
	At    int   // events before the fault

	Status     int  // an error status, with an error body in the API's form; 0 is 200
	RetryAfter int  // seconds, sent as Retry-After with Status
	HTML       bool // answer with a web page instead, as a proxy in the way does

	Huge   int // bytes of one extra event, framing included; 0 is none
	HugeAt int // events before it; to make sense it has to be among the text's

	// Instant sends headers, body and end at once, without a flush before the
	// end, within microseconds of the request's last byte. Pace, delays,
	// stalls, splits, faults and a huge event do not apply.
	Instant bool

	// events is Transcript cut, so that a call need not.
	events [][]byte
}

// total is the number of tokens that are paid for.
func (s *Script) total() int { return s.Reasoning + s.tokens() }

// tokens is Tokens with its default filled in.
func (s *Script) tokens() int {
	if s.Tokens == 0 {
		return DefaultTokens
	}
	return s.Tokens
}

// check reports the first field that cannot be played.
func (s *Script) check() error {
	for _, n := range []struct {
		field     string
		value     int
		low, high int
	}{
		{"tokens", s.Tokens, 0, MaxTokens},
		{"reasoning", s.Reasoning, 0, MaxTokens},
		{"split", s.Split, SplitRandom, math.MaxInt},
		{"comments", s.Comments, 0, math.MaxInt},
		{"stall_at", s.StallAt, -math.MaxInt, math.MaxInt},
		{"at", s.At, -math.MaxInt, math.MaxInt},
		{"retry_after", s.RetryAfter, 0, math.MaxInt},
		{"huge", s.Huge, 0, MaxHuge},
		{"huge_at", s.HugeAt, 0, math.MaxInt},
		{"transcript", len(s.Transcript), 0, MaxTranscript},
	} {
		if n.value < n.low || n.value > n.high {
			return badScript("%s: %d is not between %d and %d", n.field, n.value, n.low, n.high)
		}
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"header_delay", s.HeaderDelay}, {"first_delay", s.FirstDelay}, {"stall", s.Stall}} {
		if d.value != Forever && (d.value < 0 || d.value > MaxDelay) {
			return badScript("%s: %v is not between 0 and %v", d.field, d.value, MaxDelay)
		}
	}
	if s.Ping != 0 && (s.Ping < MinPing || s.Ping > MaxDelay) {
		return badScript("ping: %v is not between %v and %v", s.Ping, MinPing, MaxDelay)
	}
	// A NaN fails every comparison, hence the negation.
	if !(s.Pace >= 0 && s.Pace <= MaxPace) {
		return badScript("pace: %v is not between 0 and %d", s.Pace, MaxPace)
	}
	switch s.LineEnd {
	case "", LF, CRLF, CR:
	default:
		return badScript("line_end: %q is none of lf, crlf, cr", s.LineEnd)
	}
	switch s.Fault {
	case "", Fin, Reset, End, ErrorEvent, ErrorThenDone, ErrorBody, Cut, CutEnd:
	default:
		return badScript("fault: %q is none of fin, rst, end, error_event, error_then_done, error_body, cut, cut_end", s.Fault)
	}
	if s.Status != 0 && s.Status != 200 && (s.Status < 400 || s.Status > 599) {
		return badScript("status: %d is neither 200 nor between 400 and 599", s.Status)
	}
	if s.Instant && s.total() > MaxWholeTokens {
		return badScript("instant: at most %d tokens", MaxWholeTokens)
	}
	if s.replays() && s.shapes() {
		return badScript("a transcript is replayed as it is: line_end, comments, no_space, bom, obfuscation and huge do not go with it")
	}
	return nil
}

func (s *Script) replays() bool { return s.Transcript != nil || s.File != "" }

func (s *Script) shapes() bool {
	return s.LineEnd != "" || s.Comments != 0 || s.NoSpace || s.BOM || s.Obfuscation || s.Huge != 0
}

func badScript(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrScript, fmt.Sprintf(format, args...))
}
