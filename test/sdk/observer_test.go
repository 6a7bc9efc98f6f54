package sdk

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// observer tells tests in other languages what the provider sees, so that they
// neither guess nor sleep:
//
//	GET /text?tokens=N                        what an answer of N tokens says
//	GET /calls?model=M                        the provider's calls for a model
//	GET /wait?model=M&until=stalled or ended  the newest of them, once it is so
func (w *world) observer(t *testing.T) (url string) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /text", func(rw http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.FormValue("tokens"))
		if err != nil || n < 0 {
			http.Error(rw, "tokens: not a number", http.StatusBadRequest)
			return
		}
		reply(rw, provider.Text(n))
	})
	mux.HandleFunc("GET /calls", func(rw http.ResponseWriter, r *http.Request) {
		reply(rw, w.Calls(r.FormValue("model")))
	})
	until := map[string]func(provider.Call) bool{"stalled": isStalled, "ended": harness.HasEnded}
	mux.HandleFunc("GET /wait", func(rw http.ResponseWriter, r *http.Request) {
		cond := until[r.FormValue("until")]
		if cond == nil {
			http.Error(rw, "until: stalled or ended", http.StatusBadRequest)
			return
		}
		call, err := w.Wait(r.Context(), r.FormValue("model"), cond)
		if err != nil {
			return // whoever asked has gone
		}
		reply(rw, call)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func reply(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(v) // fails only if whoever asked has gone
}
