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
The provider streams 80 tokens a second, and misbehaves on demand: give its
script in the model's name, as in "script:tokens=40,pace=80,fault=rst,at=10".
`

const demoText = `Tidegate is running, with a scripted provider inside (no key, no network).

    look      http://%[1]s/      a chat, and what the gateway does meanwhile
    clients   http://%[1]s/v1
    metrics   http://%[2]s/metrics

Stream an answer:

    curl -N http://%[1]s/v1/chat/completions -d '{"model":"demo","stream":true,"messages":[{"role":"user","content":"hi"}]}'

The same with a provider that dies after 20 events:

    curl -N http://%[1]s/v1/chat/completions -d '{"model":"script:tokens=40,pace=80,fault=rst,at=20","stream":true}'

With OpenAI's SDK for Node (npm install openai, save as hello.mjs, node hello.mjs):

    import OpenAI from "openai";
    const client = new OpenAI({ baseURL: "http://%[1]s/v1", apiKey: "none" });
    const stream = await client.chat.completions.create({
      model: "demo", stream: true, messages: [{ role: "user", content: "hi" }],
    });
    for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");

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

	c, err := config.FromEnv(scripted.URL()+"/v1", func(string) (string, bool) { return "", false })
	if err != nil {
		return err
	}
	c.Listen, c.Admin = *listen, *admin
	c.Models["demo"] = c.Models[config.AnyModel] // for the playground to offer
	c.Drain = 0                                  // nobody waits for a demo
	if err := c.Validate(); err != nil {
		return fmt.Errorf("%w\n(the demo is for this machine alone: it serves loopback addresses)", err)
	}
	log, closeLog := newLog(c, stderr)
	defer closeLog()
	g, err := newGateway(c, log)
	if err != nil {
		return err
	}
	public, private, err := g.listen()
	if err != nil {
		return fmt.Errorf("%w (is another gateway running? -listen and -admin choose other addresses)", err)
	}
	fmt.Fprintf(stdout, demoText, public.Addr(), private.Addr())
	_, err = g.serve(ctx, public, private)
	return err
}
