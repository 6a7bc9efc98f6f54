package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

const aboutDemo = `Usage: gateway demo

Runs the gateway with a scripted provider inside: no key and no network needed.
It answers as OpenAI, Anthropic and Gemini do, to any model name and any key, at
80 tokens a second. SDKs need the base URL alone (docs/sdks.md):

    OpenAI's      http://127.0.0.1:8080/v1
    Anthropic's   http://127.0.0.1:8080
    Google's      http://127.0.0.1:8080

OpenAI's Chat Completions and Responses, Anthropic's Messages, and Gemini:

    curl -N http://127.0.0.1:8080/v1/chat/completions -d '{"model":"demo","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    curl -N http://127.0.0.1:8080/v1/responses -d '{"model":"demo","stream":true,"input":"hi"}'
    curl -N http://127.0.0.1:8080/v1/messages -d '{"model":"demo","stream":true,"max_tokens":500,"messages":[{"role":"user","content":"hi"}]}'
    curl -N 'http://127.0.0.1:8080/v1beta/models/demo:streamGenerateContent?alt=sse' -d '{"contents":[{"parts":[{"text":"hi"}]}]}'

A model's name may be a script for the provider. This one dies after 20 events:

    curl -N http://127.0.0.1:8080/v1/chat/completions -d '{"model":"script:tokens=40,pace=80,fault=rst,at=20","stream":true}'
`

const demoText = `Tidegate is running, with a scripted provider inside (no key, no network).

    look      http://%[1]s/      a chat, and what the gateway does meanwhile
    clients   http://%[1]s/v1    as OpenAI; "gateway demo -h" has Anthropic and Gemini
    metrics   http://%[2]s/metrics

    curl -N http://%[1]s/v1/chat/completions -d '{"model":"demo","stream":true,"messages":[{"role":"user","content":"hi"}]}'

Ctrl-C stops it.

`

func demo(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gateway demo", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8080", "loopback `ADDR` for clients")
	admin := flags.String("admin", "127.0.0.1:9090", "`ADDR` for metrics and health")
	transcripts := flags.String("transcripts", "", "a `FOLDER` of recorded .sse files that a script may replay with file=NAME")
	if err := parseFlags(flags, args, aboutDemo, stdout, stderr); err != nil {
		return err
	}
	scripted, err := provider.Start(provider.Options{
		Script: provider.Script{Tokens: 400, Pace: 80},
		Folder: *transcripts,
	})
	if err != nil {
		return err
	}
	defer scripted.Close()

	c, err := demoConfig(scripted.URL())
	if err != nil {
		return err
	}
	c.Listen, c.Admin = *listen, *admin
	if err := c.Validate(); err != nil {
		return fmt.Errorf("%w\n(the demo is for this machine alone: it serves loopback addresses)", err)
	}
	log, lines := newLog(c, stderr)
	defer lines.Close()
	g, err := newGateway(c, log)
	if err != nil {
		return err
	}
	g.lines = lines
	public, private, err := g.listen()
	if err != nil {
		return fmt.Errorf("%w (is another gateway running? -listen and -admin choose other addresses)", err)
	}
	fmt.Fprintf(stdout, demoText, public.Addr(), private.Addr())
	_, err = g.serve(ctx, public, private)
	return err
}

// demoConfig makes the scripted provider at url three, one for each API, as if
// the environment had named them.
func demoConfig(url string) (*config.Config, error) {
	env := map[string]string{
		"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": url + "/v1",
		"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": url,
		"GOOGLE_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": url,
	}
	c, err := config.FromEnv("", func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	if err != nil {
		return nil, err
	}
	for name, p := range c.Providers {
		p.Breaker.Failures = 0 // who tries out ten failures wants to see the eleventh
		c.Providers[name] = p
	}
	c.Models["demo"] = c.Models[config.AnyModel] // for the playground to offer
	c.Drain = 0                                  // nobody waits for a demo
	return c, nil
}
