package loadtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tidegate/loadtest/report"
)

// figures are what a target's process says of itself, or the system of it. What
// nobody says is negative.
type figures struct {
	cpu        float64 // seconds
	memory     int64
	goroutines int64
	files      int64
	buffered   int64
	bufferMax  int64 // now
	highest    int64 // since its start
	limit      int64
}

func unknown() figures {
	return figures{cpu: -1, memory: -1, goroutines: -1, files: -1, buffered: -1, bufferMax: -1, highest: -1, limit: -1}
}

// probe asks a target's metrics, and the system for its process.
type probe struct {
	metrics string // URL; "" for none
	pid     int
	http    *http.Client
}

func newProbe(t *endpoint) *probe {
	p := &probe{pid: t.PID, http: &http.Client{Timeout: 5 * time.Second}}
	if t.Admin != "" {
		p.metrics = strings.TrimSuffix(strings.TrimRight(t.Admin, "/"), "/metrics") + "/metrics"
	}
	return p
}

func (p *probe) some() bool { return p.metrics != "" || p.pid != 0 }

// read asks once. The error is that of the metrics: what the system says is
// there all the same.
func (p *probe) read(ctx context.Context) (figures, error) {
	f := unknown()
	var err error
	if p.metrics != "" {
		err = p.scrape(ctx, &f)
	}
	if p.pid != 0 {
		ofProcess(p.pid, &f)
	}
	return f, err
}

func (p *probe) scrape(ctx context.Context, f *figures) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.metrics, nil)
	if err != nil {
		return fmt.Errorf("loadtest: metrics: %w", err)
	}
	resp, err := p.http.Do(r)
	if err != nil {
		return fmt.Errorf("loadtest: metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("loadtest: metrics: status %d", resp.StatusCode)
	}
	f.parse(io.LimitReader(resp.Body, 16<<20))
	return nil
}

// parse reads Prometheus' text format
// (prometheus.io/docs/instrumenting/exposition_formats).
func (f *figures) parse(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		end := strings.IndexAny(line, "{ ")
		if end <= 0 || line[0] == '#' {
			continue
		}
		name, rest := line[:end], line[end:]
		if i := strings.LastIndexByte(rest, '}'); i >= 0 {
			rest = rest[i+1:]
		}
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			continue
		}
		switch n := int64(v); name {
		case "process_cpu_seconds_total":
			f.cpu = v
		case "process_resident_memory_bytes":
			f.memory = n
		case "go_goroutines":
			f.goroutines = n
		case "process_open_fds":
			f.files = n
		case "tidegate_stream_buffer_bytes":
			f.buffered = max(f.buffered, 0) + n
		case "tidegate_stream_buffer_max_bytes":
			f.bufferMax = max(f.bufferMax, n)
		case "tidegate_stream_buffer_high_water_max_bytes":
			f.highest = n
		case "tidegate_stream_buffer_limit_bytes":
			f.limit = n
		}
	}
}

// server adds up what a target's process took.
type server struct {
	report.Server
	cpu   float64 // at the beginning of the turn
	known bool
}

// begin is called before the load, end after it.
func (s *server) begin(f figures) { s.cpu = f.cpu; s.note(f, 0) }

func (s *server) end(f figures) {
	if f.cpu >= 0 && s.cpu >= 0 {
		s.CPU += report.Seconds(f.cpu - s.cpu)
		s.cpu = f.cpu
	}
	s.note(f, 0)
}

func (s *server) note(f figures, streams int64) {
	s.known = s.known || f.cpu >= 0 || f.memory >= 0
	if gauge(&s.Memory, f.memory) {
		s.PeakStreams = streams
	}
	gauge(&s.Goroutines, f.goroutines)
	gauge(&s.Files, f.files)
	s.BufferLimit = max(s.BufferLimit, f.limit)
	s.BufferMax = max(s.BufferMax, f.highest, f.bufferMax)
}

// gauge notes a value, and says whether it is the highest so far.
func gauge(g **report.Gauge, v int64) bool {
	if v < 0 {
		return false
	}
	if *g == nil {
		*g = &report.Gauge{Start: v}
	}
	(*g).End = v
	if v > (*g).Peak {
		(*g).Peak = v
		return true
	}
	return false
}

func (s *server) report() *report.Server {
	if !s.known {
		return nil
	}
	return new(s.Server)
}
