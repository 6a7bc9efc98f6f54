package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"tidegate/breaker"
	"tidegate/downstream"
	"tidegate/internal/config"
	"tidegate/internal/telemetry"
	"tidegate/stream"
	"tidegate/upstream"
	"tidegate/upstream/dialect"
	"tidegate/upstream/transport"
	"tidegate/web"
)

// gateway is a whole gateway, wired from its configuration.
type gateway struct {
	config     *config.Config
	log        *slog.Logger
	lines      *telemetry.LogBuffer // where those of log wait; nil: they do not. Set before serve
	server     *downstream.Server
	admin      *http.Server
	telemetry  *telemetry.Telemetry
	registry   *stream.Registry
	transports []*transport.Transport
	refusing   map[string]*atomic.Int64 // connections that could not be accepted, by listener
}

// readBuffer is how many bytes of a provider's stream are read at once, at
// first. It is borrowed while there are any.
const readBuffer = 16 << 10

// newGateway wires a gateway. It does not listen yet.
func newGateway(c *config.Config, log *slog.Logger) (*gateway, error) {
	keys, err := c.ClientKeys()
	if err != nil {
		return nil, err
	}
	g := &gateway{
		config: c, log: log, registry: stream.NewRegistry(c.Stream.Max),
		refusing: map[string]*atomic.Int64{clients: new(atomic.Int64), admins: new(atomic.Int64)},
	}
	limits := upstream.Limits{
		Buffer:     int(c.Stream.Buffer),
		ReadBuffer: readBuffer,
		MaxEvent:   int(c.Stream.MaxEvent),
		Oversize:   upstream.NewOversize(int64(c.Stream.OversizeTotal)),
	}
	providers := map[string]*upstream.Provider{}
	for name, p := range c.Providers {
		if providers[name], err = g.provider(name, p, limits); err != nil {
			return nil, err
		}
	}
	models := map[string][]upstream.Choice{}
	for name, route := range c.Models {
		for _, target := range route {
			models[name] = append(models[name], upstream.Choice(target))
		}
	}
	routes, err := upstream.NewRoutes(models, providers)
	if err != nil {
		return nil, err
	}
	caller := upstream.NewCaller(routes, upstream.CallerOptions{
		Failover: upstream.Failover(c.Failover), Stored: c.Limits.StoredResponses,
	})

	g.telemetry = g.observe(routes, limits.Oversize)
	var pages http.Handler
	if c.HasPlayground() {
		pages = web.Handler()
	}
	g.server, err = downstream.New(downstream.Options{
		Web:    pages,
		Opener: caller, Models: routes.Models(), AnyModel: len(c.Models[config.AnyModel]) > 0, Keys: keys,
		Registry: g.registry, Pages: stream.NewPages(int(c.Stream.Buffer)), Observer: g.telemetry, Log: log,
		Origins:       c.Origins,
		Retain:        c.Stream.Retain,
		Retained:      c.Stream.Retained,
		PerConn:       c.Limits.StreamsPerConnection,
		KeepAlive:     c.KeepAlive,
		HeaderTimeout: c.Limits.HeaderTimeout,
		BodyTimeout:   c.Limits.BodyTimeout,
		IdleTimeout:   c.Limits.IdleTimeout,
		MaxHeader:     int(c.Limits.RequestHeader),
		MaxBody:       int64(c.Limits.RequestBody),
		MaxBodies:     int64(c.Limits.RequestBodiesTotal),
		MaxConns:      c.Limits.Connections,
	})
	if err != nil {
		return nil, err
	}
	g.admin = newAdmin(g.telemetry.Handler(), log)
	return g, nil
}

// provider wires a provider and its connections.
func (g *gateway) provider(name string, p config.Provider, limits upstream.Limits) (*upstream.Provider, error) {
	t := transport.New(transport.Options{
		Mode:           modes[p.HTTP],
		ConnectTimeout: p.Timeouts.Connect,
		MaxIdle:        p.Connections,
		MaxIdlePerHost: p.Connections,
	})
	g.transports = append(g.transports, t)
	secrets, err := p.Keys()
	if err != nil {
		return nil, fmt.Errorf("providers.%s.api_key_file: %w", name, err)
	}
	var keys []string
	for _, key := range secrets {
		keys = append(keys, key.Reveal())
	}
	headers := map[string]string{}
	for header, value := range p.Headers {
		headers[header] = value.Reveal()
	}
	speaks, ok := dialect.ByName(p.API)
	if !ok {
		return nil, fmt.Errorf("providers.%s.api: %q is not spoken here", name, p.API)
	}
	return upstream.NewProvider(upstream.ProviderOptions{
		Name: name, Dialect: speaks, BaseURL: p.BaseURL, Keys: keys, PassThrough: p.PassThrough, Headers: headers,
		FinishReason: p.End == config.EndFinishReason, AskUsage: p.IncludeUsage,
		Timeouts: upstream.Timeouts{
			FirstEvent: p.Timeouts.FirstEvent, Silence: p.Timeouts.Silence,
			Progress: p.Timeouts.Progress,
			Total:    p.Timeouts.Total, Stream: p.Timeouts.Stream,
		},
		Streams: upstream.Streams{Max: cmp.Or(p.Streams, g.config.Stream.Max), Queue: p.Queue, Wait: p.Wait},
		Breaker: breaker.Limits(p.Breaker),
		Limits:  limits, Transport: t, UserAgent: "tidegate/" + version(),
	})
}

var modes = map[string]transport.Mode{
	config.HTTPAuto: transport.Auto, config.HTTP1: transport.HTTP1, config.HTTP2: transport.HTTP2,
}

// listen opens the listeners that the configuration names.
func (g *gateway) listen() (public, admin net.Listener, err error) {
	if public, err = net.Listen("tcp", g.config.Listen); err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	if admin, err = net.Listen("tcp", g.config.Admin); err != nil {
		_ = public.Close()
		return nil, nil, fmt.Errorf("admin: %w", err)
	}
	return public, admin, nil
}

// serve serves until ctx is done, then drains. It returns how many calls had
// to be cut.
func (g *gateway) serve(ctx context.Context, public, admin net.Listener) (cut int, err error) {
	failed := make(chan error, 2)
	go func() { failed <- g.server.Serve(newEnduring(public, clients, g.refusing[clients], g.log)) }()
	go func() {
		err := g.admin.Serve(newLimited(newEnduring(admin, admins, g.refusing[admins], g.log), adminConns))
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		failed <- err
	}()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	g.log.Info("draining", "calls", g.registry.Len(), "at_most", g.config.Drain.String())
	deadline, cancel := context.WithTimeout(context.Background(), g.config.Drain)
	defer cancel()
	cut = g.server.Shutdown(deadline)
	g.close()
	return cut, err
}

// close drops everything.
func (g *gateway) close() {
	g.server.Close()
	_ = g.admin.Close()
	for _, t := range g.transports {
		t.Close()
	}
}
