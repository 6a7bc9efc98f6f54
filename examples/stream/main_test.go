package main

import (
	"context"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

func TestStream(t *testing.T) {
	p, err := provider.Start(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, test := range []struct {
		model string
		text  string
		fails string
	}{
		{"script:tokens=20", provider.Text(20), ""},
		{"script:tokens=20,comments=3", provider.Text(20), ""},
		{"script:tokens=20,fault=end,at=6", provider.Text(5), "not whole"},
		{"script:tokens=20,fault=fin,at=6", provider.Text(5), "unexpected EOF"},
		{"script:tokens=20,fault=error_event,at=6", provider.Text(5), "The server had an error"},
		{"script:status=429", "", "429 Too Many Requests"},
	} {
		var out strings.Builder
		err := stream(context.Background(), &out, p.URL()+"/v1", "", test.model, "hello")
		if out.String() != test.text {
			t.Errorf("%s: got %q, want %q", test.model, &out, test.text)
		}
		switch {
		case test.fails == "" && err != nil:
			t.Errorf("%s: %v", test.model, err)
		case test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)):
			t.Errorf("%s: got error %v, want one with %q", test.model, err, test.fails)
		}
	}
}
