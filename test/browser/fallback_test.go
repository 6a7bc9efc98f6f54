package browser

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestFallback has a proxy in front that knows no WebSocket, as some offices
// do: the page falls back to SSE by itself.
func TestFallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	target, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // or the page's origin would be another's
		},
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	b := newTab(t)
	b.open(front.URL)
	b.transport("auto")
	model := w.Model("tokens=600,pace=200")
	b.ask(model)
	b.until(`document.getElementById('connection').textContent === 'SSE'`)
	b.click("cut")
	b.whole(provider.Text(600))
	w.once(t, model, provider.Finished)
}
