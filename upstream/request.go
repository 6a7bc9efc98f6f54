package upstream

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// request makes the provider's request of a client's. asked: the events of
// usage that will come were asked for by the gateway, and not by the client.
func (p *Provider) request(ctx context.Context, call *stream.Call, rename string, key int) (r *http.Request, asked bool, err error) {
	target, err := url.Parse(p.base + p.dialect.Path(call, cmp.Or(rename, call.Model)))
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
	r = &http.Request{
		Method: cmp.Or(call.Method, http.MethodPost), URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: p.header(call, key),
	}
	if len(content) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	}
	return r.WithContext(ctx), asked, nil
}

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
