package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"tidegate/loadtest"
)

// testGateway is the configuration of the gateway that a load test starts. Its
// breakers stay closed: the provider's faults are meant.
const testGateway = `listen: 127.0.0.1:0
admin: 127.0.0.1:0
keep_alive: %[1]v
drain: 0s
auth: none
providers:
  chat:
    api: openai
    base_url: %[2]s/v1
    breaker: {failures: 0}
  messages:
    api: anthropic
    base_url: %[2]s/v1
    breaker: {failures: 0}
models:
  "*": [chat, messages]
stream:
  max: %[3]d
  retained: 100000
limits:
  connections: %[4]d
log:
  level: info
  format: json
`

// gatewayStart is how long a gateway may take until it listens.
const gatewayStart = 10 * time.Second

// gatewayProcess is this program, as a process of its own: what it takes can
// be told from what the load takes. Tests are another program.
var gatewayProcess = func(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.Command(self, args...), nil
}

// startGateway starts a gateway in front of a provider. stop ends it, and
// returns when it is gone.
func startGateway(ctx context.Context, provider string, o *loadtest.Options) (target loadtest.Target, stop func(), err error) {
	folder, err := os.MkdirTemp("", "tidegate-loadtest-")
	if err != nil {
		return target, nil, err
	}
	file := filepath.Join(folder, "gateway.yaml")
	text := fmt.Sprintf(testGateway, o.Limits.KeepAlive, provider, 2*o.AtOnce+100, 3*o.AtOnce+100)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return target, nil, errors.Join(err, os.RemoveAll(folder))
	}
	cmd, err := gatewayProcess("serve", "-config", file)
	if err != nil {
		return target, nil, errors.Join(err, os.RemoveAll(folder))
	}
	says, err := cmd.StderrPipe()
	if err == nil {
		ownGroup(cmd)
		err = cmd.Start()
	}
	if err != nil {
		return target, nil, errors.Join(err, os.RemoveAll(folder))
	}
	listens, gone := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(gone)
		listens <- listening(says, &target)
		_, _ = io.Copy(io.Discard, says)
		_ = cmd.Wait() // it is told to end, or its end is seen by its clients
	}()
	stop = func() {
		_ = cmd.Process.Kill() // gone already is fine
		<-gone
		_ = os.RemoveAll(folder)
	}
	select {
	case err = <-listens:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(gatewayStart):
		err = errors.New("it does not listen in time")
	}
	if err != nil {
		stop()
		return loadtest.Target{}, nil, err
	}
	target.Name, target.PID = "gateway", cmd.Process.Pid
	return target, stop, nil
}

// listening reads a gateway's log until it says where it listens.
func listening(log io.Reader, target *loadtest.Target) error {
	// Line by line: what follows is not to be read ahead and lost.
	lines, last := bufio.NewReader(log), ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("it ended: %s", last)
		}
		last = line
		var entry struct{ Msg, Clients, Admin string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
			target.URL, target.Admin = entry.Clients, entry.Admin
			return nil
		}
	}
}
