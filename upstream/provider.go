package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// Timeouts bound how long a provider may take. All are positive.
type Timeouts struct {
	// FirstEvent is from the call to a stream's first event. Heartbeats do not
	// count.
	FirstEvent time.Duration
	// Silence is for how long nothing at all may come in the midst of what a
	// model says, or behind its finish. Heartbeats count. It stands still while
	// the gateway itself does not read.
	Silence time.Duration
	// Progress is for how long an answer may not go on: while the model thinks,
	// and nothing needs to come, or while nothing but heartbeats do. Before
	// anything was said it is no less than FirstEvent. Never less than Silence;
	// 0 is as Silence. It stands still with it.
	Progress time.Duration
	// Total is for a whole answer that is not streamed.
	Total time.Duration
	// Stream is for a whole streamed answer. It does not stand still.
	Stream time.Duration
}

// Limits bound what is held of a provider's answers. Shared by providers.
type Limits struct {
	Buffer     int       // a stream's buffer; larger events are counted in Oversize
	ReadBuffer int       // bytes a stream reads at once, at first
	MaxEvent   int       // largest event, bytes
	Oversize   *Oversize // the sum of large events
}

// ProviderOptions configure a provider.
type ProviderOptions struct {
	Name    string
	Dialect dialect.Dialect
	BaseURL string // https://host/v1; paths such as /chat/completions are appended
	// Keys are the provider's keys, 64 at most. When it refuses one, the next is
	// used. None: calls carry none.
	Keys []string
	// PassThrough has calls carry the client's own key instead.
	PassThrough bool
	Headers     map[string]string
	// FinishReason accepts a stream that ends well after a finish_reason, for
	// providers that send no [DONE].
	FinishReason bool
	// AskUsage has streams say their usage where the client has not asked for it.
	AskUsage  bool
	Timeouts  Timeouts
	Limits    Limits
	Streams   Streams
	Breaker   breaker.Limits
	Transport http.RoundTripper
	UserAgent string
}

// Provider makes calls to one provider. Safe for concurrent use.
type Provider struct {
	name         string
	base         string
	at           *url.URL // base
	dialect      dialect.Dialect
	keys         *keys
	passThrough  bool
	own          map[string]bool // headers that clients can't set
	finishReason bool
	askUsage     bool
	timeouts     Timeouts
	limits       Limits
	slots        *slots
	breaker      breaker.Limits
	lanes        map[string]*lane // by model
	stored       *lane            // of calls about stored answers; it has no breaker
	transport    http.RoundTripper
	counts       [outcomes]atomic.Int64
}

// NewProvider makes a provider, or says what is wrong with its options.
func NewProvider(o ProviderOptions) (*Provider, error) {
	base := strings.TrimRight(o.BaseURL, "/")
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("upstream: provider %q: %w", o.Name, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("upstream: provider %q: base_url is not an http or https URL", o.Name)
	}
	if t := o.Timeouts; t.FirstEvent <= 0 || t.Silence <= 0 || t.Total <= 0 || t.Stream <= 0 {
		return nil, errors.New("upstream: timeouts have to be positive")
	}
	if len(o.Keys) > maxKeys {
		return nil, fmt.Errorf("upstream: provider %q has more than %d keys", o.Name, maxKeys)
	}
	p := &Provider{
		name: o.Name, base: base, at: u, dialect: o.Dialect, passThrough: o.PassThrough, own: map[string]bool{},
		finishReason: o.FinishReason, askUsage: o.AskUsage, timeouts: o.Timeouts, limits: o.Limits,
		slots: newSlots(o.Streams), breaker: o.Breaker, lanes: map[string]*lane{}, transport: o.Transport,
	}
	p.timeouts.Progress = max(p.timeouts.Progress, p.timeouts.Silence)
	p.keys = p.credentials(o)
	p.stored = p.newLane("", breaker.Limits{})
	return p, nil
}

// credentials makes the headers of all requests, for each key.
func (p *Provider) credentials(o ProviderOptions) *keys {
	header := http.Header{}
	header.Set("User-Agent", o.UserAgent)
	header.Set("Content-Type", "application/json")
	header.Set("Accept-Encoding", "identity") // what is compressed can't be passed on event by event
	for name, value := range o.Headers {
		header.Set(name, value)
		p.own[http.CanonicalHeaderKey(name)] = true
	}
	all := o.Keys
	if len(all) == 0 {
		all = []string{""}
	}
	k := &keys{}
	for _, key := range all {
		c := &credential{secret: key, whole: header.Clone()}
		p.dialect.Authenticate(c.whole, key)
		c.stream = c.whole.Clone()
		c.whole.Set("Accept", "application/json")
		c.stream.Set("Accept", "text/event-stream")
		k.all = append(k.all, c)
	}
	return k
}

// Name is the provider's configured name.
func (p *Provider) Name() string { return p.name }

// APIs are those that the provider speaks.
func (p *Provider) APIs() []stream.API {
	return slices.DeleteFunc(slices.Clone(dialect.APIs), func(api stream.API) bool { return !p.dialect.Speaks(api) })
}

// Status is a provider's state, for metrics.
type Status struct {
	Provider            string           // its configured name
	Streams, MaxStreams int64            // calls under way, and how many may be; 0: no bound
	Waiting             int64            // calls that wait for a place
	Tries               map[string]int64 // by outcome, see Outcomes
	Breakers            map[string]int   // states by the provider's model
}

// Status is the state at this moment.
func (p *Provider) Status() Status {
	s := Status{
		Provider: p.name,
		Streams:  p.slots.used.Load(), MaxStreams: int64(p.slots.Max), Waiting: min(p.slots.waiting.Load(), int64(p.slots.Queue)),
		Tries: make(map[string]int64, outcomes), Breakers: make(map[string]int, len(p.lanes)),
	}
	for i, name := range Outcomes {
		s.Tries[name] = p.counts[i].Load()
	}
	for model, l := range p.lanes {
		s.Breakers[model] = int(l.breaker.State())
	}
	return s
}
