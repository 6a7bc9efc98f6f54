package provider_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"tidegate/loadtest/provider"
)

// A test wants to know what its subject does when the provider dies after ten
// tokens, and that the provider saw it so.
func Example() {
	s, err := provider.Start(provider.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	body := `{"model": "script:tokens=40,fault=fin,at=11", "stream": true, "messages": []}`
	resp, err := http.Post(s.URL()+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	fmt.Println(strings.Count(string(got), "data: "), "events, then", err)

	_, err = s.Wait(context.Background(), func(st provider.Stats) bool { return st.Active == 0 })
	if err != nil {
		fmt.Println(err)
		return
	}
	call := s.Calls()[0]
	fmt.Println(call.Ending, "after", call.Events, "events")
	// Output:
	// 11 events, then unexpected EOF
	// faulted after 11 events
}
