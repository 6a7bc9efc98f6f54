package sdk

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

func openaiClient(q question) openai.Client {
	return openai.NewClient(option.WithBaseURL(q.Base+"/v1"), option.WithAPIKey(q.Key), option.WithMaxRetries(q.Retries))
}

func chatParams(q question) openai.ChatCompletionNewParams {
	p := chat(q.Model)
	if q.Tool != "" {
		p.Tools = []openai.ChatCompletionToolUnionParam{
			openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: q.Tool, Parameters: toolSchema}),
		}
	}
	return p
}

func chatStream(ctx context.Context, q question, r *result) error {
	p := chatParams(q)
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	c := openaiClient(q)
	s := c.Chat.Completions.NewStreaming(ctx, p)
	for s.Next() {
		chunk := s.Current()
		r.Output = max(r.Output, int(chunk.Usage.CompletionTokens))
		for _, choice := range chunk.Choices {
			r.Text += choice.Delta.Content
			for _, call := range choice.Delta.ToolCalls {
				r.Tool += call.Function.Name
				r.Arguments += call.Function.Arguments
			}
		}
	}
	return s.Err()
}

func chatWhole(ctx context.Context, q question, r *result) error {
	c := openaiClient(q)
	answer, err := c.Chat.Completions.New(ctx, chatParams(q))
	if err != nil {
		return err
	}
	r.Output = int(answer.Usage.CompletionTokens)
	for _, choice := range answer.Choices {
		r.Text += choice.Message.Content
		for _, call := range choice.Message.ToolCalls {
			r.Tool += call.Function.Name
			r.Arguments += call.Function.Arguments
		}
	}
	return nil
}

func responseParams(q question) responses.ResponseNewParams {
	p := responses.ResponseNewParams{
		Model: q.Model,
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(q.Prompt)},
	}
	if q.Tool != "" {
		p.Tools = []responses.ToolUnionParam{responses.ToolParamOfFunction(q.Tool, toolSchema, false)}
	}
	return p
}

func responseStream(ctx context.Context, q question, r *result) error {
	c := openaiClient(q)
	s := c.Responses.NewStreaming(ctx, responseParams(q))
	for s.Next() {
		switch e := s.Current().AsAny().(type) {
		case responses.ResponseTextDeltaEvent:
			r.Text += e.Delta
		case responses.ResponseReasoningSummaryTextDeltaEvent:
			r.Thought += e.Delta
		case responses.ResponseFunctionCallArgumentsDeltaEvent:
			r.Arguments += e.Delta
		case responses.ResponseOutputItemAddedEvent:
			r.Tool += e.Item.Name
		case responses.ResponseCompletedEvent:
			r.Output = int(e.Response.Usage.OutputTokens)
		}
	}
	return s.Err()
}

func responseWhole(ctx context.Context, q question, r *result) error {
	c := openaiClient(q)
	answer, err := c.Responses.New(ctx, responseParams(q))
	if err != nil {
		return err
	}
	r.Text, r.Output = answer.OutputText(), int(answer.Usage.OutputTokens)
	for _, item := range answer.Output {
		r.Tool += item.Name
		r.Arguments += item.Arguments.OfString
		for _, part := range item.Summary {
			r.Thought += part.Text
		}
	}
	return nil
}
