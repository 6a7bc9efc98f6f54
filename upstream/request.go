package upstream

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// request makes the provider's request of a client's. asked: the events of
// usage that will come were asked for by the gateway, and not by the client.
func (p *Provider) request(ctx context.Context, call *stream.Call, rename string, key int) (r *http.Request, asked bool, err error) {
	target, err := p.url(p.dialect.Path(call, cmp.Or(rename, call.Model)))
	if err != nil {
		return nil, false, err
	}
	content := call.Body
	if rename != "" && rename != call.Model && call.ModelAt[1] > 0 {
		name, _ := json.Marshal(rename)
		content = bytes.Join([][]byte{content[:call.ModelAt[0]], name, content[call.ModelAt[1]:]}, nil)
	}
	if p.askUsage && call.Stream && (call.API == stream.ChatCompletions || call.API == stream.Completions) {
		var client bool
		content, client = dialect.AskUsage(content)
		asked = !client
	}
	r = blank.WithContext(ctx)
	r.Method, r.URL, r.Host, r.Header = cmp.Or(call.Method, http.MethodPost), target, target.Host, p.header(call, key)
	if len(content) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	}
	return r, asked, nil
}

// blank is what all requests are copies of.
var blank = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// url is where a dialect's path is.
func (p *Provider) url(path string) (*url.URL, error) {
	if p.at.RawPath != "" || strings.ContainsFunc(path, special) {
		return url.Parse(p.base + path)
	}
	target := *p.at
	target.Path += path
	return &target, nil
}

// special says that a character is none of those that nearly all paths are
// made of, and may mean something in a URL.
func special(c rune) bool { return (c < 'a' || c > 'z') && c != '/' && c != '_' }

// header is a request's header. It may be shared by all requests.
func (p *Provider) header(call *stream.Call, key int) http.Header {
	shared := p.keys.all[key].whole
	if call.Stream {
		shared = p.keys.all[key].stream
	}
	if len(call.Header) == 0 && !p.passThrough {
		return shared
	}
	h := make(http.Header, len(shared)+len(call.Header)+1)
	for name, values := range shared {
		h[name] = values
	}
	if p.passThrough && call.Credential != "" {
		p.dialect.Authenticate(h, call.Credential)
	}
	for name, values := range call.Header {
		name = http.CanonicalHeaderKey(name)
		if !p.own[name] && p.dialect.Forwards(name, p.passThrough) {
			h[name] = values
		}
	}
	return h
}
