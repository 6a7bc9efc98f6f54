package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
)

//go:embed playground client/dist/tidegate.js
var embedded embed.FS

// policy allows the pages what they have: their own scripts and styles, and
// the gateway they came from (w3.org/TR/CSP3). Nothing else is loaded or told,
// whatever a model's answer contains.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Where the parts are.
const (
	folder  = "/playground/"
	library = folder + "tidegate.js"
)

// types are the content types by extension. What the system knows about them
// differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

type file struct {
	body []byte
	kind string
	etag string
}

// Handler serves GET and HEAD of / (the playground) and of the files below
// /playground/, among them tidegate.js, the client library. Anything else is
// 404, in plain text. Nothing that it serves is secret. It is safe for
// concurrent use.
func Handler() http.Handler {
	files := map[string]file{}
	add := func(url, name string) {
		body, err := embedded.ReadFile(name)
		if err != nil {
			panic("web: an embedded file can't be read: " + err.Error())
		}
		sum := sha256.Sum256(body)
		files[url] = file{body, types[path.Ext(name)], `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	entries, err := fs.ReadDir(embedded, "playground")
	if err != nil {
		panic("web: the playground is missing: " + err.Error())
	}
	for _, entry := range entries {
		if types[path.Ext(entry.Name())] != "" {
			add(folder+entry.Name(), "playground/"+entry.Name())
		}
	}
	add(library, "client/dist/tidegate.js")
	for _, url := range []string{"/", "/playground", folder} {
		files[url] = files[folder+"index.html"]
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			http.Error(w, "There is nothing here. The playground is at /, the API at /v1.", http.StatusNotFound)
			return
		}
		f.serve(w, r)
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache") // asks each time, so that parts of two versions never meet
	h.Set("ETag", f.etag)
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.body) // the error is that the client has gone
	}
}
