package sse_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"tidegate/upstream/sse"
)

// A provider's answer is passed on, everything that is ready at once, and a cut
// end is told from a whole one.
func Example() {
	body := strings.NewReader("event: delta\ndata: Hel\n\n: ping\n\ndata: lo\n\ndata: wor")

	s := sse.New(body, sse.Options{})
	var ev sse.Event
	for {
		for s.Next(&ev) {
			fmt.Printf("%q %q\n", ev.Name, ev.Data)
		}
		err := s.Fill()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	rest, ok := s.Finish(&ev)
	fmt.Println(rest, "bytes lost, end marker:", ok, "- heartbeats:", s.Comments())
	// Output:
	// "delta" "Hel"
	// "" "lo"
	// 9 bytes lost, end marker: false - heartbeats: 1
}
