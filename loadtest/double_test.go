package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tidegate/downstream/wire"
)

// double is a gateway that keeps all its promises but one, or all of them.
type double struct {
	flaw     string
	provider string
	http     http.Client
	upgrader websocket.Upgrader
}

// Flaws that a double may have.
const (
	flawless    = ""
	loses       = "loses"
	loseLast    = "loses the last"
	doubles     = "doubles"
	swaps       = "swaps"
	alters      = "alters"
	shortens    = "shortens"
	neverEnds   = "never ends"
	endsTwice   = "ends twice"
	goesOn      = "goes on"
	hoards      = "hoards"
	deaf        = "deaf"
	patientless = "has no patience"
	generous    = "sends what was not granted"
	boundless   = "holds more than its buffer"
	deafToStop  = "does not cancel"
	calledWhole = "calls a whole answer broken"
)

const (
	doubleKeepAlive = time.Second
	doubleBuffer    = 1024
	at10            = 10 // the event at which flaws show
)

// startDouble makes a target of a double. Options.Start calls it.
func startDouble(flaw string) func(context.Context, string) (Target, func(), error) {
	return func(_ context.Context, provider string) (Target, func(), error) {
		d := &double{flaw: flaw, provider: provider}
		d.http.Transport = &http.Transport{ResponseHeaderTimeout: time.Minute}
		d.upgrader = websocket.Upgrader{Subprotocols: []string{wire.ProtocolJSON}}
		mux := http.NewServeMux()
		mux.HandleFunc("POST /v1/chat/completions", d.plain)
		mux.HandleFunc("GET /v1/ws", d.socket)
		server := httptest.NewServer(mux)
		return Target{URL: server.URL, Name: "double"}, func() {
			server.CloseClientConnections()
			server.Close()
			d.http.CloseIdleConnections()
		}, nil
	}
}

// call makes the provider's call, and gives each event to f. The error is f's,
// the connection's, or none when the end marker came.
func (d *double) call(ctx context.Context, body []byte, f func(data []byte) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.provider+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := d.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("refused")
	}
	var scan scanner
	buf := make([]byte, 1024)
	for {
		n, err := resp.Body.Read(buf)
		_ = scan.feed(buf[:n])
		for b, ok := scan.next(); ok; b, ok = scan.next() {
			if string(b.data) == "[DONE]" {
				return nil
			}
			if err := f(b.data); err != nil {
				return err
			}
		}
		if err != nil {
			return errors.Join(io.ErrUnexpectedEOF, err)
		}
	}
}

// faulty passes on an event as the flaw has it.
func (d *double) faulty(n int, data []byte, held *[]byte, pass func([]byte) error) error {
	switch {
	case d.flaw == swaps && n == at10:
		*held = bytes.Clone(data)
		return nil
	case d.flaw == swaps && n == at10+1:
		return errors.Join(pass(data), pass(*held))
	case n != at10:
	case d.flaw == loses:
		return nil
	case d.flaw == doubles:
		return errors.Join(pass(data), pass(data))
	case d.flaw == alters:
		return pass(bytes.Replace(data, []byte(`"index":0`), []byte(`"index":7`), 1))
	case d.flaw == patientless:
		return errImpatient
	}
	return pass(data)
}

var errImpatient = errors.New("has lost patience")

func (d *double) plain(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	_ = control.Flush()
	ctx := r.Context()
	if d.flaw == deaf {
		ctx = context.WithoutCancel(ctx)
	}
	gone := false
	write := func(text string) error {
		if gone {
			return nil
		}
		_ = control.SetWriteDeadline(time.Now().Add(doubleKeepAlive))
		_, err := io.WriteString(w, text)
		if err == nil {
			err = control.Flush()
		}
		if err != nil && d.flaw == deaf {
			gone, err = true, nil
		}
		return err
	}
	pass := func(data []byte) error { return write("data: " + string(data) + "\n\n") }
	var n int
	var held []byte
	queue := []string{}
	err := d.call(ctx, body, func(data []byte) error {
		if n++; d.flaw == hoards {
			queue = append(queue, string(data))
			return nil
		}
		return d.faulty(n, data, &held, pass)
	})
	for _, data := range queue {
		err = errors.Join(err, pass([]byte(data)))
	}
	switch {
	case d.flaw == neverEnds:
		<-r.Context().Done()
	case d.flaw == shortens || err == nil && d.flaw != calledWhole:
		_ = write("data: [DONE]\n\n")
		if d.flaw == endsTwice {
			_ = write("data: [DONE]\n\n")
		}
		if d.flaw == goesOn {
			_ = write(`data: {"one":"more"}` + "\n\n")
		}
	default:
		_ = write(`data: {"error":{"message":"broken"}}` + "\n\n")
		panic(http.ErrAbortHandler)
	}
}

// tide is a stream of a double over a WebSocket.
type tide struct {
	mu    sync.Mutex
	news  sync.Cond
	max   uint64
	acked uint64
	sizes []int // of the events sent and not acknowledged
	gone  bool
}

func (d *double) socket(w http.ResponseWriter, r *http.Request) {
	ws, err := d.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	s := &tide{}
	s.news.L = &s.mu
	defer s.leave()
	for {
		_, text, err := ws.ReadMessage()
		if err != nil {
			// A double keeps a stream for as long as it may be resumed, which
			// it can't.
			if d.flaw != patientless {
				time.AfterFunc(doubleKeepAlive, cancel)
				s.leave()
				running.Wait()
			}
			return
		}
		_ = wire.Parse(text, func(m *wire.Message) error {
			switch m.T {
			case wire.Open:
				s.max = m.Max
				body := bytes.Clone(m.Body)
				running.Go(func() { d.pump(ctx, ws, s, body) })
			case wire.Ack:
				s.ack(m.Seq, m.Max)
			case wire.Cancel:
				if d.flaw != deafToStop {
					cancel()
				}
			}
			return nil
		})
	}
}

func (s *tide) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.news.Broadcast()
}

func (s *tide) ack(seq, granted uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; s.acked < seq && len(s.sizes) > 0; s.acked++ {
		s.sizes = s.sizes[1:]
	}
	s.max = max(s.max, granted)
	s.news.Broadcast()
}

// room waits until an event may be sent.
func (s *tide) room(ctx context.Context, flaw string, n uint64, size int) error {
	stop := context.AfterFunc(ctx, s.leave)
	defer stop()
	if flaw != deafToStop {
		late := time.AfterFunc(doubleKeepAlive, s.leave)
		defer late.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		held := size
		for _, one := range s.sizes {
			held += one
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case (n <= s.max || flaw == generous) && (held <= 8*doubleBuffer || flaw == boundless):
			s.sizes = append(s.sizes, size)
			return nil
		case s.gone:
			return context.Canceled
		}
		s.news.Wait()
	}
}

func (d *double) pump(ctx context.Context, ws *websocket.Conn, s *tide, body []byte) {
	say := func(m wire.Message) error {
		m.S = 1
		return ws.WriteMessage(websocket.TextMessage, m.Append(nil))
	}
	_ = say(wire.Message{T: wire.Opened, Stream: "x", Buffer: doubleBuffer})
	var n int
	var seq uint64
	var held []byte
	pass := func(data []byte) error {
		seq++
		if err := s.room(ctx, d.flaw, seq, len(data)); err != nil {
			return err
		}
		_ = say(wire.Message{T: wire.Event, Seq: seq, Data: data}) // the client may be away
		return nil
	}
	err := d.call(ctx, body, func(data []byte) error {
		n++
		return d.faulty(n, data, &held, pass)
	})
	end := wire.Message{T: wire.End, Seq: seq, Reason: "complete"}
	if err != nil && d.flaw != shortens || d.flaw == calledWhole {
		end.Reason, end.Err = "upstream_error", json.RawMessage(`{}`)
	}
	if d.flaw == loseLast {
		end.Seq++
	}
	if d.flaw == neverEnds {
		return
	}
	_ = say(end)
	if d.flaw == endsTwice {
		_ = say(end)
	}
	if d.flaw == goesOn {
		_ = say(wire.Message{T: wire.Event, Seq: seq + 1, Data: []byte(`{"one":"more"}`)})
	}
}
