package sdk

import (
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// shapes are ways to send the same answer.
var shapes = []string{
	"", "instant=1", "split=1", "split=random", "line_end=crlf", "line_end=cr", "no_space=1", "bom=1", "comments=1", "obfuscation=1",
}

func TestOpenAIText(t *testing.T) {
	w := newWorld(t, harness.Never, "complete")
	for api, stream := range openaiStreams {
		for _, shape := range shapes {
			t.Run(api+" "+shape, func(t *testing.T) {
				text, err := stream(harness.Patient(t), w.openai(), w.Model("tokens=300,"+shape))
				if err != nil || text != provider.Text(300) {
					t.Errorf("%v\n%s", err, text)
				}
			})
		}
		// SDKs have broken on events above 64 KB.
		t.Run(api+" huge", func(t *testing.T) {
			text, err := stream(harness.Patient(t), w.openai(), w.Model("tokens=300,huge=1000000,huge_at=30"))
			rest := strings.ReplaceAll(text, "x", "")
			if err != nil || rest != provider.Text(300) || len(text)-len(rest) < 990_000 {
				t.Errorf("%v\n%d bytes, but for the long event: %s", err, len(text), rest)
			}
		})
	}
}

// tool is one that the model is to call.
var tool = openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
	Name: "tide_table",
	Parameters: openai.FunctionParameters{
		"type": "object", "properties": map[string]any{"input": map[string]any{"type": "string"}},
	},
})

func TestOpenAIToolsAndUsage(t *testing.T) {
	w := newWorld(t, harness.Never, "complete")
	body := chat(w.Model("tokens=50"))
	body.Tools = []openai.ChatCompletionToolUnionParam{tool}
	body.StreamOptions.IncludeUsage = openai.Bool(true)
	c := w.openai()
	s := c.Chat.Completions.NewStreaming(harness.Patient(t), body)
	var whole openai.ChatCompletionAccumulator
	var finished []openai.FinishedChatCompletionToolCall
	for s.Next() {
		if !whole.AddChunk(s.Current()) {
			t.Fatalf("a chunk that does not fit: %s", s.Current().RawJSON())
		}
		if call, ok := whole.JustFinishedToolCall(); ok {
			finished = append(finished, call)
		}
	}
	if s.Err() != nil || len(whole.Choices) != 1 {
		t.Fatal(s.Err(), whole.RawJSON())
	}
	want := `{"input":"` + provider.Text(50) + `"}`
	calls := whole.Choices[0].Message.ToolCalls
	if len(calls) != 1 || calls[0].Function.Name != "tide_table" || calls[0].Function.Arguments != want || !strings.HasPrefix(calls[0].ID, "call_") {
		t.Errorf("got %+v, want arguments %s", calls, want)
	}
	if len(finished) != 1 || finished[0].Arguments != want {
		t.Errorf("finished calls: %+v", finished)
	}
	if got := whole.Choices[0].FinishReason; got != "tool_calls" {
		t.Errorf("finish reason %q", got)
	}
	if u := whole.Usage; u.CompletionTokens != 50 || u.PromptTokens < 1 || u.TotalTokens != u.PromptTokens+50 {
		t.Errorf("usage %+v", u)
	}
}

func TestOpenAIWhole(t *testing.T) {
	w := newWorld(t, harness.Never)
	c := w.openai()
	t.Run("chat", func(t *testing.T) {
		got, err := c.Chat.Completions.New(harness.Patient(t), chat(w.Model("tokens=40")))
		if err != nil {
			t.Fatal(err)
		}
		if got.Choices[0].Message.Content != provider.Text(40) || got.Choices[0].FinishReason != "stop" || got.Usage.CompletionTokens != 40 {
			t.Error(got.RawJSON())
		}
	})
	t.Run("tool", func(t *testing.T) {
		body := chat(w.Model("tokens=40"))
		body.Tools = []openai.ChatCompletionToolUnionParam{tool}
		got, err := c.Chat.Completions.New(harness.Patient(t), body)
		if err != nil {
			t.Fatal(err)
		}
		calls := got.Choices[0].Message.ToolCalls
		if len(calls) != 1 || calls[0].Function.Arguments != `{"input":"`+provider.Text(40)+`"}` {
			t.Error(got.RawJSON())
		}
	})
	t.Run("completions", func(t *testing.T) {
		got, err := c.Completions.New(harness.Patient(t), completion(w.Model("tokens=40")))
		if err != nil {
			t.Fatal(err)
		}
		if got.Choices[0].Text != provider.Text(40) || got.Usage.CompletionTokens != 40 {
			t.Error(got.RawJSON())
		}
	})
	t.Run("embeddings", func(t *testing.T) {
		body := openai.EmbeddingNewParams{
			Model:      "any",
			Input:      openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"ebb", "flow"}},
			Dimensions: openai.Int(300),
		}
		got, err := c.Embeddings.New(harness.Patient(t), body)
		if err != nil {
			t.Fatal(err)
		}
		direct := w.openai(option.WithBaseURL(w.Provider.URL()+"/v1"), option.WithAPIKey(providerKey))
		want, err := direct.Embeddings.New(harness.Patient(t), body)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Data) != 2 || len(got.Data[1].Embedding) != 300 || got.RawJSON() != want.RawJSON() {
			t.Errorf("got %s, want %s", got.RawJSON(), want.RawJSON())
		}
	})
	t.Run("models", func(t *testing.T) {
		var names []string
		pages := c.Models.ListAutoPaging(harness.Patient(t))
		for pages.Next() {
			names = append(names, pages.Current().ID)
		}
		slices.Sort(names)
		if pages.Err() != nil || !slices.Equal(names, []string{"falls-silent", "never-begins", "unreachable"}) {
			t.Error(pages.Err(), names)
		}
	})
}
