package sdk

import (
	"context"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"tidegate/test/harness"
)

// openai is a client of the gateway. It does not retry, so that a test sees
// the first error.
func (w *world) openai(options ...option.RequestOption) openai.Client {
	return openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(w.URL + "/v1"), option.WithAPIKey(w.key), option.WithMaxRetries(0),
	}, options...)...)
}

func chat(model string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(harness.Prompt)},
	}
}

func completion(model string) openai.CompletionNewParams {
	return openai.CompletionNewParams{
		Model:  openai.CompletionNewParamsModel(model),
		Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String(harness.Prompt)},
	}
}

// openaiStreams are the SDK's streaming calls. Each returns the text as far as
// it came, and the error that the loop ended with.
var openaiStreams = map[string]func(context.Context, openai.Client, string) (string, error){
	"chat": func(ctx context.Context, c openai.Client, model string) (string, error) {
		return drain(c.Chat.Completions.NewStreaming(ctx, chat(model)), func(c openai.ChatCompletionChunk) string {
			if len(c.Choices) == 0 {
				return ""
			}
			return c.Choices[0].Delta.Content
		})
	},
	"completions": func(ctx context.Context, c openai.Client, model string) (string, error) {
		return drain(c.Completions.NewStreaming(ctx, completion(model)), func(c openai.Completion) string {
			if len(c.Choices) == 0 {
				return ""
			}
			return c.Choices[0].Text
		})
	},
}

// openaiWhole are the calls that are answered in one piece.
var openaiWhole = map[string]func(context.Context, openai.Client, string) error{
	"chat": func(ctx context.Context, c openai.Client, model string) error {
		_, err := c.Chat.Completions.New(ctx, chat(model))
		return err
	},
	"completions": func(ctx context.Context, c openai.Client, model string) error {
		_, err := c.Completions.New(ctx, completion(model))
		return err
	},
	"embeddings": func(ctx context.Context, c openai.Client, model string) error {
		_, err := c.Embeddings.New(ctx, openai.EmbeddingNewParams{
			Model: model,
			Input: openai.EmbeddingNewParamsInputUnion{OfString: openai.String(harness.Prompt)},
		})
		return err
	},
}

// drain is the loop of the SDK's manual.
func drain[T any](s *ssestream.Stream[T], text func(T) string) (string, error) {
	var all strings.Builder
	for s.Next() {
		all.WriteString(text(s.Current()))
	}
	return all.String(), s.Err()
}
