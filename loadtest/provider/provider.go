package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
)

// Defaults of Options.
const (
	DefaultHistory = 1024
	DefaultMaxBody = 32 << 20
)

// Options configure a provider. The zero value works.
type Options struct {
	// Script is what a call does that does not say otherwise.
	Script Script
	// Folder holds the transcripts that a script may name by "file". "" is
	// none: then no call can.
	Folder string
	// History is how many calls Calls remembers; older ones are forgotten,
	// but stay in the counters. 0 is DefaultHistory.
	History int
	// MaxBody is the largest request body, in bytes; 0 is DefaultMaxBody.
	MaxBody int64
	// OnStart and OnEnd, where not nil, are called from the goroutine that
	// serves the call, before it goes on. They may call Calls and Stats.
	OnStart, OnEnd func(Call)

	// Listen is Start's address, loopback only. "" is 127.0.0.1 with a port
	// that is free.
	Listen string
	// SendBuffer bounds the kernel's send buffer (SO_SNDBUF) of every
	// connection that Start accepts, in bytes; Linux doubles it and holds at
	// least 4608. 0 leaves it to the kernel, which takes megabytes.
	SendBuffer int
}

// Provider is the handler. Its methods may be called concurrently.
//
// Under an http.Server other than [Start]'s, set ConnContext to [ConnContext],
// or the fault Reset acts as Fin.
type Provider struct {
	options Options
	script  atomic.Pointer[Script]
	ledger  *ledger
	mux     *http.ServeMux
}

// New makes a provider. The error is one about the script.
func New(o Options) (*Provider, error) {
	if o.History <= 0 {
		o.History = DefaultHistory
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	p := &Provider{options: o, ledger: newLedger(o.History), mux: http.NewServeMux()}
	if err := p.SetScript(o.Script); err != nil {
		return nil, err
	}
	for _, e := range []struct {
		pattern string
		manner  manner
		answer  func(*exchange) error
	}{
		{"POST /v1/chat/completions", openAI{}, chat},
		{"POST /v1/completions", openAI{}, completions},
		{"POST /v1/embeddings", openAI{}, embeddings},
		{"GET /v1/models", openAI{}, models},
		{"POST /v1/responses", openAIResponses{}, responses},
		{"GET /v1/responses/{id}", openAIResponses{}, stored(retrieve)},
		{"DELETE /v1/responses/{id}", openAIResponses{}, stored(remove)},
		{"POST /v1/responses/{id}/cancel", openAIResponses{}, stored(cancel)},
		{"GET /v1/responses/{id}/input_items", openAIResponses{}, stored(inputItems)},
		{"POST /v1/messages", anthropic{}, messages},
		{"POST /v1/messages/count_tokens", anthropic{}, countMessages},
		{"POST /v1beta/models/{call...}", gemini{}, contents},
		{"POST /v1/models/{call...}", gemini{}, contents},
	} {
		p.mux.Handle(e.pattern, p.endpoint(e.manner, e.answer))
	}
	p.mux.HandleFunc("GET /script/stats", p.serveStats)
	return p, nil
}

// SetScript replaces Options.Script for the calls to come.
func (p *Provider) SetScript(s Script) error {
	if err := s.check(); err != nil {
		return err
	}
	if s.File != "" {
		body, err := readTranscript(p.options.Folder, s.File)
		if err != nil {
			return err
		}
		s.Transcript, s.File = body, ""
	}
	s.events = events(s.Transcript)
	p.script.Store(&s)
	return nil
}

// ServeHTTP answers one request.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// Calls lists the last Options.History calls, those that run included, the
// oldest first.
func (p *Provider) Calls() []Call { return p.ledger.calls() }

// Keys tells how many calls came with each key since the start, "" being those
// without. Keys beyond the first Options.History different ones are not told
// apart from none.
func (p *Provider) Keys() map[string]int64 { return p.ledger.keysUsed() }

// Stats are the counters at this moment.
func (p *Provider) Stats() Stats { return p.ledger.stats() }

// Wait blocks until cond holds and returns the counters it held for, or those
// of the moment with the cause of ctx's end. It looks again whenever a call
// starts, begins its body, falls silent or resumes, is left by its caller, or
// ends, and when a connection opens or closes; a change of Events or Bytes
// alone does not make it look.
func (p *Provider) Wait(ctx context.Context, cond func(Stats) bool) (Stats, error) {
	return p.ledger.wait(ctx, cond)
}

// recent is how many calls /script/stats shows.
const recent = 16

func (p *Provider) serveStats(w http.ResponseWriter, _ *http.Request) {
	calls := p.Calls()
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	// The only error there is: the reader has gone.
	_ = e.Encode(struct {
		Stats
		Recent []Call `json:"recent"`
	}{p.Stats(), calls[max(0, len(calls)-recent):]})
}
