package loadtest

import (
	"io"

	"tidegate/internal/http1"
)

// body is the event stream that a response carries.
type body struct {
	http http1.Response
	scan scanner
}

func (b *body) fill(p []byte) error {
	_, err := b.http.Feed(p, b.scan.feed)
	return err
}

// next is the next event of those that have come. When there will be no other,
// the error says so.
func (b *body) next() (one block, ok bool, err error) {
	one, ok = b.scan.next()
	if !ok && b.http.Over() {
		err = io.EOF
	}
	return one, ok, err
}

// broke is what the end of the connection means.
func (b *body) broke(err error) error {
	if err == io.EOF {
		return b.http.End()
	}
	return err
}
