package sdk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/test/harness"
)

// question is a call that a program is to make.
type question struct {
	Style  string `json:"style"`
	Model  string `json:"model"`
	Prompt string `json:"prompt"`
	Tool   string `json:"tool,omitempty"`
	Base   string `json:"base"` // the gateway's URL, without a path
	Key    string `json:"key"`
	// Retries is how often the SDK may ask again.
	Retries int `json:"retries"`
}

// toolName is that of the tool that programs offer.
const toolName = "tide_table"

// worker is node/worker.mjs with one SDK. Safe for concurrent use.
type worker struct {
	writing sync.Mutex // guards in
	in      io.WriteCloser

	mu      sync.Mutex // guards the following
	last    int
	waiting map[int]chan result
	gone    error // once it has ended
}

// startWorker runs until the test ends, and fails it if there was an error
// that the program had no way to catch.
func startWorker(t *testing.T, sdk string) *worker {
	t.Helper()
	node := exec.Command("node", "node/worker.mjs", sdk)
	node.Env = append(os.Environ(), "NODE_NO_WARNINGS=1")
	node.WaitDelay = time.Second
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	node.Stderr = &complaints
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	w := &worker{in: in, waiting: make(map[int]chan result)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		w.read(t, out)
	}()
	t.Cleanup(func() {
		_ = in.Close() // it ends when there is nothing more to do
		kill := time.AfterFunc(harness.Patience, func() { _ = node.Process.Kill() })
		defer kill.Stop()
		<-read
		if err := node.Wait(); err != nil || complaints.Len() > 0 {
			t.Errorf("node: %v\n%s", err, &complaints)
		}
	})
	return w
}

func (w *worker) read(t *testing.T, out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var line struct {
			ID        int
			Unhandled string
			result
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("%v: %s", err, lines.Bytes())
			continue
		}
		if line.Unhandled != "" {
			t.Errorf("an error that no program can catch: %s", line.Unhandled)
		}
		w.mu.Lock()
		to := w.waiting[line.ID]
		delete(w.waiting, line.ID)
		w.mu.Unlock()
		if to != nil {
			to <- line.result
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = errors.Join(errEnded, lines.Err())
	for _, to := range w.waiting {
		close(to)
	}
}

// ask has the call made. When ctx ends, so does the call, as a program ends it.
func (w *worker) ask(ctx context.Context, q question) (result, error) {
	answer := make(chan result, 1)
	w.mu.Lock()
	if w.gone != nil {
		defer w.mu.Unlock()
		return result{}, w.gone
	}
	w.last++
	id := w.last
	w.waiting[id] = answer
	w.mu.Unlock()
	if err := w.say(struct {
		ID int `json:"id"`
		question
	}{id, q}); err != nil {
		return result{}, err
	}
	select {
	case r, ok := <-answer:
		return answered(r, ok)
	case <-ctx.Done():
	}
	if err := w.say(map[string]int{"cancel": id}); err != nil {
		return result{}, err
	}
	select {
	case r, ok := <-answer:
		return answered(r, ok)
	case <-time.After(harness.Patience):
		return result{}, errors.New("the SDK does not stop")
	}
}

func answered(r result, ok bool) (result, error) {
	if !ok {
		return r, errEnded
	}
	return r, nil
}

// say sends a line.
func (w *worker) say(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	_, err = w.in.Write(append(line, '\n'))
	return err
}

var errEnded = errors.New("the worker has ended")
