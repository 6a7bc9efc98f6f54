package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"google.golang.org/genai"
)

// goCalls are the ways of the Go SDKs to take an answer. Each adds to r what it
// got, and returns the error that its loop ended with.
var goCalls = map[string]func(ctx context.Context, q question, r *result) error{
	"Chat.Completions.NewStreaming":     chatStream,
	"Chat.Completions.New":              chatWhole,
	"Responses.NewStreaming":            responseStream,
	"Responses.New":                     responseWhole,
	"Messages.NewStreaming":             messageStream,
	"Messages.NewStreaming, Accumulate": messageAccumulate,
	"Messages.New":                      messageWhole,
	"Models.GenerateContentStream":      contentStream,
	"Models.GenerateContent":            contentWhole,
}

func goStyles(ctx context.Context, q question) (result, error) {
	call := goCalls[q.Style]
	if call == nil {
		return result{}, fmt.Errorf("no such style: %q", q.Style)
	}
	var r result
	if err := call(ctx, q, &r); err != nil {
		r.Error = describe(err)
	}
	return r, nil
}

// describe names an error as the SDKs' manuals do.
func describe(err error) *sdkError {
	d := &sdkError{Message: err.Error()}
	if e, ok := errors.AsType[*openai.Error](err); ok {
		d.Names, d.Status = append(d.Names, "*openai.Error"), e.StatusCode
	}
	if e, ok := errors.AsType[*anthropic.Error](err); ok {
		d.Names, d.Status = append(d.Names, "*anthropic.Error"), e.StatusCode
	}
	if e, ok := errors.AsType[genai.APIError](err); ok {
		d.Names, d.Status = append(d.Names, "genai.APIError"), e.Code
	}
	if _, ok := errors.AsType[*ssestream.StreamError](err); ok {
		d.Names = append(d.Names, "*ssestream.StreamError")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		d.Names = append(d.Names, "io.ErrUnexpectedEOF")
	}
	return d
}

var toolSchema = map[string]any{"type": "object", "properties": map[string]any{"input": map[string]any{"type": "string"}}}
