package sdk

import (
	"context"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

func anthropicClient(q question) anthropic.Client {
	return anthropic.NewClient(option.WithBaseURL(q.Base), option.WithAPIKey(q.Key), option.WithMaxRetries(q.Retries))
}

func messageParams(q question) anthropic.MessageNewParams {
	p := anthropic.MessageNewParams{
		Model: q.Model, MaxTokens: 1000,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(q.Prompt))},
	}
	if q.Tool != "" {
		p.Tools = []anthropic.ToolUnionParam{
			anthropic.ToolUnionParamOfTool(anthropic.ToolInputSchemaParam{Properties: toolSchema["properties"]}, q.Tool),
		}
	}
	return p
}

func messageStream(ctx context.Context, q question, r *result) error {
	c := anthropicClient(q)
	s := c.Messages.NewStreaming(ctx, messageParams(q))
	for s.Next() {
		switch e := s.Current().AsAny().(type) {
		case anthropic.ContentBlockStartEvent:
			r.Tool += e.ContentBlock.Name
		case anthropic.ContentBlockDeltaEvent:
			r.Text += e.Delta.Text
			r.Thought += e.Delta.Thinking
			r.Arguments += e.Delta.PartialJSON
		case anthropic.MessageDeltaEvent:
			r.Output = int(e.Usage.OutputTokens)
		}
	}
	return s.Err()
}

func messageAccumulate(ctx context.Context, q question, r *result) error {
	c := anthropicClient(q)
	s := c.Messages.NewStreaming(ctx, messageParams(q))
	var m anthropic.Message
	for s.Next() {
		if err := m.Accumulate(s.Current()); err != nil {
			return err
		}
	}
	r.add(&m)
	return s.Err()
}

func messageWhole(ctx context.Context, q question, r *result) error {
	c := anthropicClient(q)
	m, err := c.Messages.New(ctx, messageParams(q))
	if err != nil {
		return err
	}
	r.add(m)
	return nil
}

func (r *result) add(m *anthropic.Message) {
	for _, block := range m.Content {
		r.Text += block.Text
		r.Thought += block.Thinking
		r.Tool += block.Name
		r.Arguments += string(block.Input)
	}
	r.Output = int(m.Usage.OutputTokens)
}
