package sdk

import (
	"context"
	"encoding/json"

	"google.golang.org/genai"
)

func genaiClient(ctx context.Context, q question) (*genai.Client, error) {
	return genai.NewClient(ctx, &genai.ClientConfig{
		APIKey: q.Key, Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: q.Base},
	})
}

func contentConfig(q question) *genai.GenerateContentConfig {
	if q.Tool == "" {
		return nil
	}
	return &genai.GenerateContentConfig{
		Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{Name: q.Tool, ParametersJsonSchema: toolSchema}}}},
	}
}

func contentStream(ctx context.Context, q question, r *result) error {
	c, err := genaiClient(ctx, q)
	if err != nil {
		return err
	}
	for chunk, err := range c.Models.GenerateContentStream(ctx, q.Model, genai.Text(q.Prompt), contentConfig(q)) {
		if err != nil {
			return err
		}
		if err := r.addContent(chunk); err != nil {
			return err
		}
	}
	return nil
}

func contentWhole(ctx context.Context, q question, r *result) error {
	c, err := genaiClient(ctx, q)
	if err != nil {
		return err
	}
	answer, err := c.Models.GenerateContent(ctx, q.Model, genai.Text(q.Prompt), contentConfig(q))
	if err != nil {
		return err
	}
	return r.addContent(answer)
}

func (r *result) addContent(chunk *genai.GenerateContentResponse) error {
	for _, candidate := range chunk.Candidates {
		for _, part := range candidate.Content.Parts {
			if call := part.FunctionCall; call != nil {
				arguments, err := json.Marshal(call.Args)
				if err != nil {
					return err
				}
				r.Tool, r.Arguments = r.Tool+call.Name, r.Arguments+string(arguments)
			}
			if part.Thought {
				r.Thought += part.Text
			} else {
				r.Text += part.Text
			}
		}
	}
	if u := chunk.UsageMetadata; u != nil {
		r.Output = int(u.CandidatesTokenCount + u.ThoughtsTokenCount)
	}
	return nil
}
