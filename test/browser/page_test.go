package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle builds a page's script, one of those in testdata, as an application
// would.
func bundle(t *testing.T, script string) []byte {
	t.Helper()
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"testdata/" + script}, Bundle: true, Format: api.FormatESModule,
		Platform: api.PlatformBrowser, Target: api.ES2022, LogLevel: api.LogLevelSilent,
		Define: map[string]string{"process.env.NODE_ENV": `"development"`},
	})
	for _, e := range built.Errors {
		t.Fatalf("%+v: %s", e.Location, e.Text)
	}
	return built.OutputFiles[0].Contents
}

// newPage serves a page with a script, on an origin of its own, and returns
// that.
func newPage(t *testing.T, script string) string {
	t.Helper()
	body := bundle(t, script)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+script {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(body)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><div id="root"></div><script type="module" src=%q></script>`, script)
	}))
	t.Cleanup(page.Close)
	return page.URL
}
