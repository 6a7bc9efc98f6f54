package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"tidegate/internal/config"
	"tidegate/internal/telemetry"
)

const aboutServe = `Usage: gateway serve [-config FILE] [-provider URL]

Runs the gateway. Without a configuration file it serves all models on loopback:
those of -provider, which speaks OpenAI's API, or of OpenAI, Anthropic and Gemini,
each if its key is in the environment: OPENAI_API_KEY, ANTHROPIC_API_KEY and
GEMINI_API_KEY or GOOGLE_API_KEY, with OPENAI_BASE_URL, ANTHROPIC_BASE_URL and
GOOGLE_GEMINI_BASE_URL for other addresses. A signal (INT, TERM) lets running
streams finish, as long as "drain" allows; a second one stops at once. HUP does
nothing: the configuration is read at start.
`

func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gateway serve", flag.ContinueOnError)
	file := flags.String("config", "", "the configuration `FILE`")
	provider := flags.String("provider", "", "without a file: the provider's base `URL`, such as http://127.0.0.1:8000/v1")
	listen := flags.String("listen", "", "`ADDR` for clients instead of the configured one")
	admin := flags.String("admin", "", "`ADDR` for metrics and health instead of the configured one")
	if err := parseFlags(flags, args, aboutServe, stdout, stderr); err != nil {
		return err
	}

	c, err := loadConfig(*file, *provider)
	if err != nil {
		return err
	}
	if *listen != "" {
		c.Listen = *listen
	}
	if *admin != "" {
		c.Admin = *admin
	}
	if err := c.Validate(); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // a reader of the log that goes away would take every stream along
	log, lines := newLog(c, stderr)
	defer lines.Close()
	defer deaf(log)()
	for _, warning := range append(c.Warnings(), tooFewFiles(c, mostFiles())...) {
		log.Warn(warning)
	}
	g, err := newGateway(c, log)
	if err != nil {
		return err
	}
	g.lines = lines
	public, private, err := g.listen()
	if err != nil {
		return err
	}
	log.Info("listening", "clients", "http://"+public.Addr().String(), "admin", "http://"+private.Addr().String(), "version", version())
	cut, err := g.serve(ctx, public, private)
	log.Info("stopped", "calls_cut", cut)
	return err
}

func loadConfig(file, provider string) (*config.Config, error) {
	switch {
	case file != "" && provider != "":
		return nil, errors.New("-provider is for running without a configuration file")
	case file != "":
		return config.Load(file)
	}
	c, err := config.FromEnv(provider, os.LookupEnv)
	if errors.Is(err, config.ErrNoProvider) {
		return nil, errors.New("nothing to call: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or give -provider URL or -config FILE")
	}
	return c, err
}

// deaf has SIGHUP do nothing but be told of, until stop is called. It asks
// daemons to read their configuration anew, and log rotation and habit send it
// to those that can't as well: that must not end every stream.
func deaf(log *slog.Logger) (stop func()) {
	heard, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(heard, syscall.SIGHUP)
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-heard:
				log.Warn("SIGHUP does nothing here: the configuration is read at start, and no file of the log's is open")
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(heard)
		close(done)
		wait.Wait()
	}
}

// newLog makes the configured log, and the buffer that its lines wait in.
func newLog(c *config.Config, w io.Writer) (*slog.Logger, *telemetry.LogBuffer) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // validated with the configuration
	b := telemetry.NewLogBuffer(w, func(w io.Writer) slog.Handler {
		return telemetry.NewLogHandler(w, c.Log.Format == "json", level)
	})
	return slog.New(b.Handler()), b
}
