package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// Timeouts bound how long a provider may take. All are positive.
type Timeouts struct {
	// FirstEvent is from the call to a stream's first event. Heartbeats do not
	// count.
	FirstEvent time.Duration
	// Silence is between two events of a stream. It stands still while the
	// gateway itself does not read. Heartbeats do not count.
	Silence time.Duration
	// Total is for a whole answer that is not streamed.
	Total time.Duration
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
	BaseURL string // https://host/v1; paths such as /chat/completions are appended
	APIKey  string // sent as a bearer token; empty: none is sent
	Headers map[string]string
	// FinishReason accepts a stream that ends well after a finish_reason, for
	// providers that send no [DONE].
	FinishReason bool
	Timeouts     Timeouts
	Limits       Limits
	Transport    http.RoundTripper
	UserAgent    string
}

// Provider makes calls to one provider. Safe for concurrent use. Its URLs and
// headers are shared by all requests: nobody may change them.
type Provider struct {
	name         string
	urls         map[stream.API]*url.URL
	header       http.Header // of requests for a whole answer
	streamHeader http.Header // of requests for a stream
	finishReason bool
	timeouts     Timeouts
	limits       Limits
	transport    http.RoundTripper
	dialect      dialect.Dialect
}

// NewProvider makes a provider, or says what is wrong with its options.
func NewProvider(o ProviderOptions) (*Provider, error) {
	base, err := url.Parse(strings.TrimRight(o.BaseURL, "/"))
	if err != nil {
		return nil, fmt.Errorf("upstream: provider %q: %w", o.Name, err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("upstream: provider %q: base_url is not an http or https URL", o.Name)
	}
	if o.Timeouts.FirstEvent <= 0 || o.Timeouts.Silence <= 0 || o.Timeouts.Total <= 0 {
		return nil, errors.New("upstream: timeouts have to be positive")
	}
	p := &Provider{
		name: o.Name, urls: map[stream.API]*url.URL{}, header: http.Header{}, finishReason: o.FinishReason, dialect: dialect.OpenAI{},
		timeouts: o.Timeouts, limits: o.Limits, transport: o.Transport,
	}
	for _, api := range []stream.API{stream.ChatCompletions, stream.Completions, stream.Embeddings} {
		u := *base
		u.Path += p.dialect.Path(&stream.Call{API: api}, "")
		p.urls[api] = &u
	}
	p.header.Set("User-Agent", o.UserAgent)
	p.header.Set("Content-Type", "application/json")
	p.header.Set("Accept-Encoding", "identity") // what is compressed can't be passed on event by event
	for name, value := range o.Headers {
		p.header.Set(name, value)
	}
	if o.APIKey != "" {
		p.dialect.Authenticate(p.header, o.APIKey)
	}
	p.streamHeader = p.header.Clone()
	p.header.Set("Accept", "application/json")
	p.streamHeader.Set("Accept", "text/event-stream")
	return p, nil
}

// Name is the provider's configured name.
func (p *Provider) Name() string { return p.name }
