package downstream

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/downstream/wire"
)

// Compression (RFC 7692) and whatever else is offered is declined by silence,
// and the connection works without: a bit that would say compressed is a
// reserved one.
func TestExtensionsAreDeclined(t *testing.T) {
	g, e := serve(t, &opener{}), echoing(t)
	e.start("127.0.0.1:0")
	for _, offer := range [][]string{
		{"permessage-deflate"},
		{"permessage-deflate; client_max_window_bits"},
		{"permessage-deflate; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover"},
		{"permessage-deflate; client_max_window_bits=15, permessage-deflate"},
		{"permessage-deflate; server_max_window_bits=99"}, // one that could not be accepted
		{"x-webkit-deflate-frame"},
		{"permessage-bzip2, tidegate; q=\"a, b\"", "permessage-deflate"},
	} {
		ok := t.Run(strings.Join(offer, " and "), func(t *testing.T) {
			var header []string
			for _, o := range offer {
				header = append(header, "Sec-WebSocket-Extensions: "+o)
			}
			upgraded := func(g *gate, path string) *peer {
				conn := g.dial()
				resp, r := knockAt(t, conn, path, slices.Concat(header, []string{
					"Origin: http://127.0.0.1", "Sec-WebSocket-Protocol: " + wire.ProtocolJSON,
				})...)
				if got := resp.Header.Values("Sec-Websocket-Extensions"); resp.StatusCode != 101 || got != nil {
					t.Fatal(resp.Status, got)
				}
				return &peer{t: t, conn: conn, r: r}
			}
			compressed := masked(fin|0x40|opText, []byte("\xaa\x56\x2a\x51\xb2\x52\x4a\x4e\xcc\x4b\x4e\xcd\x51\xd2\x51\x2a\x56\xb2\x32\xac\x05\x00"))
			for _, last := range []struct {
				sent []byte
				code int
			}{{bye, 1000}, {compressed, 1002}} {
				p := upgraded(g, "/v1/ws")
				p.say(`{"t":"resume","s":3,"stream":"x"}`)
				if m := p.want(wire.Refused, 3); m.Status != 404 {
					t.Errorf("%+v", m)
				}
				p.raw(last.sent)
				p.wantClose(last.code)

				p = upgraded(e, "/")
				long := strings.Repeat(noop, 1000)
				p.raw(text(long))
				p.wantFrame(fin|opText, []byte(long)) // not compressed either
				p.raw(last.sent)
				p.wantClose(last.code)
			}
		})
		if !ok {
			return // its connection is open, and no other is served
		}
	}
	g.empty()
	e.empty()
}

// The answer to a handshake proves that it was read (section 4.2.2), and says
// nothing that the client has not offered.
func TestHandshake(t *testing.T) {
	g := serve(t, &opener{})
	conn := g.dial()
	resp, r := knock(t, conn, "Origin: http://127.0.0.1", "Sec-WebSocket-Protocol: chat, "+wire.ProtocolBinary+", "+wire.ProtocolJSON)
	for name, want := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Accept": "BACScCJPNqyz+UBoqMH89VmURoA=",
		"Sec-Websocket-Protocol": wire.ProtocolBinary,
	} {
		if got := resp.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	p := &peer{t: t, conn: conn, r: r}
	p.raw(bye)
	p.wantClose(1000)
	g.empty()
}

// A handshake that is not one is answered as HTTP, in the API's error form, and
// with the version that would do (section 4.2.2).
func TestBadHandshakes(t *testing.T) {
	g := serve(t, &opener{})
	good := map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
		"Origin": "http://127.0.0.1", "Sec-WebSocket-Protocol": wire.ProtocolJSON,
	}
	for _, c := range []struct {
		header, instead string
		status          int
	}{
		{"Sec-WebSocket-Protocol", "", 400},
		{"Sec-WebSocket-Protocol", "graphql-ws", 400},
		{"Origin", "", 403},
		{"Sec-WebSocket-Key", "", 400},
		{"Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2Rl", 400}, // 15 bytes
		{"Sec-WebSocket-Version", "", 400},
		{"Sec-WebSocket-Version", "8", 400},
		{"Sec-WebSocket-Version", "14", 400},
		{"Connection", "close", 426},
		{"Upgrade", "h2c", 426},
	} {
		t.Run(c.header+" "+c.instead, func(t *testing.T) {
			var header []string
			for name, value := range good {
				if name == c.header {
					value = c.instead
				}
				if value != "" {
					header = append(header, name+": "+value)
				}
			}
			conn := g.dial()
			resp := answerTo(t, conn, http.MethodGet, "/v1/ws", "", header...)
			body, err := all(resp)
			if resp.StatusCode != c.status || err != nil || !strings.HasPrefix(body, `{"error":{`) {
				t.Errorf("%s %s %v", resp.Status, body, err)
			}
			if got := resp.Header.Get("Sec-Websocket-Version"); c.header == "Sec-WebSocket-Version" && got != "13" {
				t.Errorf("version %q", got)
			}
			_ = conn.Close()
		})
	}
	g.empty()
}
