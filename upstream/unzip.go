package upstream

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// unzip undoes a compression that was not asked for: something in front of a
// provider may compress whatever passes. It returns the name of an encoding
// that it can't undo, and is to be called once for a response.
func unzip(resp *http.Response) (encoding string) {
	switch encoding = strings.ToLower(resp.Header.Get("Content-Encoding")); encoding {
	case "identity":
		return ""
	case "gzip", "x-gzip": // RFC 9110 section 8.4.1.3
		resp.Body, resp.ContentLength = &unzipped{src: resp.Body}, -1
		return ""
	}
	return encoding
}

// unzipped is a body without its compression.
type unzipped struct {
	src io.ReadCloser
	zip *gzip.Reader // nil before the first Read: its header may be on its way for long
}

// Read implements io.Reader.
func (u *unzipped) Read(p []byte) (int, error) {
	if u.zip == nil {
		zip, err := gzip.NewReader(u.src)
		if err != nil {
			return 0, err
		}
		u.zip = zip
	}
	return u.zip.Read(p)
}

// Close implements io.Closer.
func (u *unzipped) Close() error { return u.src.Close() }
