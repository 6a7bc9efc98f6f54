package loadtest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"tidegate/loadtest/report"
)

func TestMetrics(t *testing.T) {
	f := unknown()
	f.parse(strings.NewReader(`# HELP go_goroutines Number of goroutines.
go_goroutines 42
process_cpu_seconds_total 1.25
process_resident_memory_bytes 3.1e+07 1700000000
process_open_fds 17
tidegate_stream_buffer_bytes{model="*",provider="p"} 100
tidegate_stream_buffer_bytes{model="a } b",provider="p"} 20
tidegate_stream_buffer_max_bytes{model="*",provider="p"} 90
tidegate_stream_buffer_max_bytes{model="x",provider="p"} 15
tidegate_stream_buffer_high_water_max_bytes 4000
tidegate_stream_buffer_limit_bytes 4096
nonsense
`))
	want := figures{cpu: 1.25, memory: 31_000_000, goroutines: 42, files: 17, buffered: 120, bufferMax: 90, highest: 4000, limit: 4096}
	if f != want {
		t.Errorf("%+v", f)
	}
}

func TestProbe(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte("go_goroutines 3\n"))
	}))
	defer server.Close()
	e := &endpoint{Target: Target{Admin: server.URL, PID: os.Getpid()}}
	f, err := newProbe(e).read(t.Context())
	if err != nil || f.goroutines != 3 {
		t.Errorf("%+v %v", f, err)
	}
	if runtime.GOOS == "linux" && (f.cpu < 0 || f.memory < 1<<20 || f.files < 3) {
		t.Errorf("of this process: %+v", f)
	}
	e.Admin = server.URL + "/other"
	if _, err := newProbe(e).read(t.Context()); err == nil {
		t.Error("no error for what has no metrics")
	}
}

func TestGauge(t *testing.T) {
	var s server
	for i, v := range []int64{5, 9, 7, -1} {
		f := unknown()
		f.memory, f.cpu = v, float64(i)
		if i == 0 {
			s.begin(f)
			continue
		}
		s.note(f, int64(10*i))
	}
	end := unknown()
	end.cpu, end.memory = 4, 6
	s.end(end)
	if r := s.report(); *r.Memory != (report.Gauge{Start: 5, Peak: 9, End: 6}) || r.PeakStreams != 10 || r.CPU != 4 {
		t.Errorf("%+v %+v", r, r.Memory)
	}
}
