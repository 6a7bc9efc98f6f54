//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// value is one figure of one run.
type value struct {
	name, unit string
	v          float64
	side       bool // says how the run went, and is not compared
}

// figure is a value that subjects are compared by.
func figure(name, unit string, v float64) value { return value{name, unit, v, false} }

// aside is a value that says how the run went.
func aside(name, unit string, v float64) value { return value{name, unit, v, true} }

// part measures one thing about one subject.
type part struct {
	name, title string
	once        bool                       // one round tells all
	own         bool                       // of the gateway alone: nobody takes part but those in more
	more        func(o *options) []subject // besides those that take part otherwise
	run         func(context.Context, *options, subject) ([]value, error)
}

var parts = []part{
	{name: "paced", title: "Paced streams", run: runPaced},
	{name: "crowded", title: "Paced streams, crowded", run: runCrowded},
	{name: "unpaced", title: "Unpaced streams", run: runUnpaced},
	{name: "memory", title: "Memory of open streams", run: runMemory},
	{name: "whole", title: "Calls that are not streamed", run: runWhole},
	{name: "short", title: "Short streams", run: runShort},
	{name: "latency", title: "Age of a token on arrival", run: runLatency,
		more: func(*options) []subject { return []subject{direct()} }},
	{name: "stall", title: "Client that stops reading", run: runStall, once: true, more: overHTTP2},
	{name: "sockets", title: "WebSocket beside plain SSE, paced", run: runSockets, own: true, more: sides},
	{name: "idle", title: "Idle WebSocket connections", run: runIdle, own: true, more: binarySide},
	{name: "unread", title: "Readers that never read", run: runUnread, once: true, own: true, more: unreadSides},
}

func overHTTP2(o *options) []subject {
	if o.gateway == "" {
		return []subject{direct()}
	}
	return []subject{gateway(o.gateway, o.log, true), direct()}
}

// subjects are those that take part everywhere.
func (o *options) subjects() []subject {
	all := []subject{child(reverseProxyName, "reverseproxy")}
	if o.gateway != "" {
		all = append(all, gateway(o.gateway, o.log, false))
	}
	if path := findNginx(); path != "" && o.nginx {
		all = append(all, nginx(path))
	}
	if o.relay {
		all = append(all, child(relayName, "relay"))
	}
	return all
}

// measure runs the parts. All subjects take their turns in each round, so that
// what changes on the machine meanwhile changes for all.
func measure(ctx context.Context, o *options, progress io.Writer) (*report, error) {
	r := &report{Machine: describe()}
	for _, p := range o.parts {
		rounds := o.rounds
		if p.once {
			rounds = 1
		}
		var subjects []subject
		if !p.own {
			subjects = o.subjects()
		}
		if p.more != nil {
			subjects = append(subjects, p.more(o)...)
		}
		for round := range rounds {
			for _, s := range subjects {
				fmt.Fprintf(progress, "%s %d/%d: %s\n", p.name, round+1, rounds, s.name)
				values, err := p.run(ctx, o, s)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", p.name, s.name, err)
				}
				r.add(p, s.name, values)
			}
		}
	}
	return r, nil
}

// request is a chat call in the form that the scripted provider takes, padded
// to a size in bytes where that is larger, as one HTTP/1.1 request.
func request(script string, stream bool, size int) []byte {
	const end = `"}]}`
	body := fmt.Sprintf(`{"model":%q,"stream":%t,"messages":[{"role":"user","content":"`, "script:"+script, stream)
	return post(body + strings.Repeat("m", max(1, size-len(body)-len(end))) + end)
}

func post(body string) []byte {
	return fmt.Appendf(nil, "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"+
		"Authorization: Bearer bench\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
