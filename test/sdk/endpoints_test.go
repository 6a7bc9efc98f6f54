package sdk

import (
	"slices"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// What the APIs have besides answers. The SDKs take no other form than their
// own API's.

func (w *world) question(script string) question {
	return question{Model: w.Model(script), Prompt: harness.Prompt, Base: w.URL, Key: w.key}
}

var configured = []string{"falls-silent", "never-begins", "unreachable"}

func TestAnthropicModels(t *testing.T) {
	w := newWorld(t, harness.Never)
	c := anthropicClient(w.question(""))
	var names []string
	list := c.Models.ListAutoPaging(harness.Patient(t), anthropic.ModelListParams{})
	for list.Next() {
		names = append(names, list.Current().ID)
	}
	slices.Sort(names)
	if list.Err() != nil || !slices.Equal(names, configured) {
		t.Errorf("%v %q, want %q", list.Err(), names, configured)
	}
	m, err := c.Models.Get(harness.Patient(t), "unreachable", anthropic.ModelGetParams{})
	if err != nil || m.ID != "unreachable" {
		t.Errorf("%v %+v", err, m)
	}
}

func TestGeminiModels(t *testing.T) {
	w := newWorld(t, harness.Never)
	c, err := genaiClient(harness.Patient(t), w.question(""))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for m, err := range c.Models.All(harness.Patient(t)) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(m.Name, "models/"))
	}
	slices.Sort(names)
	if !slices.Equal(names, configured) {
		t.Errorf("%q, want %q", names, configured)
	}
	m, err := c.Models.Get(harness.Patient(t), "unreachable", nil)
	if err != nil || m.Name != "models/unreachable" {
		t.Errorf("%v %+v", err, m)
	}
}

func TestCountTokens(t *testing.T) {
	w := newWorld(t, harness.Never)
	q := w.question("")
	a := anthropicClient(q)
	n, err := a.Messages.CountTokens(harness.Patient(t), anthropic.MessageCountTokensParams{
		Model: q.Model, Messages: messageParams(q).Messages,
	})
	if err != nil || n.InputTokens < 1 {
		t.Errorf("Messages: %v %+v", err, n)
	}
	g, err := genaiClient(harness.Patient(t), q)
	if err != nil {
		t.Fatal(err)
	}
	m, err := g.Models.CountTokens(harness.Patient(t), q.Model, genai.Text(q.Prompt), nil)
	if err != nil || m.TotalTokens < 1 {
		t.Errorf("Gemini: %v %+v", err, m)
	}
}

// TestStoredResponses asks for a response again by its id, from where it is.
func TestStoredResponses(t *testing.T) {
	w := newWorld(t, harness.Never, "complete")
	for name, create := range map[string]func(responses.ResponseService, responses.ResponseNewParams) string{
		"whole": func(c responses.ResponseService, p responses.ResponseNewParams) string {
			r, err := c.New(harness.Patient(t), p)
			if err != nil {
				t.Fatal(err)
			}
			return r.ID
		},
		"streamed": func(c responses.ResponseService, p responses.ResponseNewParams) (id string) {
			s := c.NewStreaming(harness.Patient(t), p)
			for s.Next() {
				if s.Current().Type == "response.created" {
					id = s.Current().Response.ID
				}
			}
			if s.Err() != nil {
				t.Fatal(s.Err())
			}
			return id
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := w.question("tokens=8")
			c := openaiClient(q).Responses
			id := create(c, responseParams(q))
			r, err := c.Get(harness.Patient(t), id, responses.ResponseGetParams{})
			if err != nil || r.OutputText() != provider.Text(8) {
				t.Fatalf("%v %+v", err, r)
			}
			var text string
			// By itself the SDK says so in a body, which no provider reads.
			s := c.GetStreaming(harness.Patient(t), id, responses.ResponseGetParams{}, option.WithQuery("stream", "true"))
			for s.Next() {
				if e, ok := s.Current().AsAny().(responses.ResponseTextDeltaEvent); ok {
					text += e.Delta
				}
			}
			if s.Err() != nil || text != provider.Text(8) {
				t.Errorf("%v %q", s.Err(), text)
			}
			if items, err := c.InputItems.List(harness.Patient(t), id, responses.InputItemListParams{}); err != nil || len(items.Data) != 1 {
				t.Errorf("%v %+v", err, items)
			}
			if r, err := c.Cancel(harness.Patient(t), id); err != nil || r.Status != responses.ResponseStatusCancelled {
				t.Errorf("%v %+v", err, r)
			}
			if err := c.Delete(harness.Patient(t), id); err != nil {
				t.Error(err)
			}
			if _, err := c.Get(harness.Patient(t), id, responses.ResponseGetParams{}); err == nil || describe(err).Status != 404 {
				t.Errorf("after it was deleted: %v", err)
			}
		})
	}
}
