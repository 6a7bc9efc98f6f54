package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"tidegate/client"
	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

func TestMain(m *testing.M) {
	os.Exit(harness.Main(func(string) (int, error) { return m.Run(), nil }))
}

func TestAnswer(t *testing.T) {
	url := harness.Demo(t).URL
	for _, test := range []struct {
		model, text string
		reason      string // "": no stream was opened
		out         int64
		estimated   bool
	}{
		{"script:tokens=20", provider.Text(20), client.Complete, 20, false},
		{"script:tokens=200,fault=fin,at=101,pace=800", provider.Text(100), "upstream_truncated", 100, true},
		{"script:status=400", "", "", 0, false},
	} {
		var out strings.Builder
		end, err := answer(context.Background(), &out, url, "", test.model, "hello")
		if out.String() != test.text || end.Reason != test.reason {
			t.Errorf("%s: %q, which ended %+v", test.model, &out, end)
		}
		// An estimate is one token for an event, give or take a quarter.
		if u := end.Usage; u.Estimated != test.estimated || u.Output < test.out*3/4 || u.Output > test.out*5/4 {
			t.Errorf("%s: usage %+v", test.model, u)
		}
		var broken *client.EndError
		var refused *client.RefusedError
		switch test.reason {
		case client.Complete:
			if err != nil {
				t.Errorf("%s: %v", test.model, err)
			}
		case "":
			if !errors.As(err, &refused) || refused.Status != 400 {
				t.Errorf("%s: %v", test.model, err)
			}
		default:
			if !errors.As(err, &broken) {
				t.Errorf("%s: %v", test.model, err)
			}
		}
	}
}
