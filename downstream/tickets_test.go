package downstream

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/downstream/wire"
	"tidegate/internal/auth"
)

func TestTicketLetsItsPrincipalIn(t *testing.T) {
	who, f := (func() (auth.Principal, *failure) {
		ts := newTickets()
		return ts.redeem(ts.mint(auth.Principal{Name: "app"}))
	})()
	if f != nil || who.Name != "app" {
		t.Error(who, f)
	}
}

// A ticket stands in URLs and logs of proxies: a minute later it opens
// nothing.
func TestTicketExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := newTickets()
		early, late := ts.mint(auth.Principal{Name: "app"}), ts.mint(auth.Principal{Name: "app"})
		time.Sleep(ticketLife - time.Millisecond)
		if _, f := ts.redeem(early); f != nil {
			t.Error(f)
		}
		time.Sleep(time.Millisecond)
		if _, f := ts.redeem(late); f == nil || f.status != http.StatusUnauthorized || !strings.Contains(f.message, "expired") {
			t.Error(f)
		}
	})
}

// Whoever copies a ticket comes too late: it is good once, also when many try
// at the same moment.
func TestTicketIsGoodOnce(t *testing.T) {
	ts := newTickets()
	ticket := ts.mint(auth.Principal{Name: "app"})
	var in atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, f := ts.redeem(ticket); f == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if n := in.Load(); n != 1 {
		t.Errorf("let in %d times", n)
	}
	if _, f := ts.redeem(ticket); f == nil || f.status != http.StatusUnauthorized || !strings.Contains(f.message, "before") {
		t.Error(f)
	}
}

// What was not made here is nobody's, however much of it is right.
func TestForgedTickets(t *testing.T) {
	ts := newTickets()
	good := ts.mint(auth.Principal{Name: "app"})
	payload, mac, _ := cutLast(good)
	other, _ := json.Marshal(ticketPayload{"admin", time.Now().Add(time.Hour).UnixMilli(), "N"})
	forged := ticketForm + base64.RawURLEncoding.EncodeToString(other)
	for name, ticket := range map[string]string{
		"nothing":              "",
		"of another gateway":   newTickets().mint(auth.Principal{Name: "app"}),
		"another payload":      forged + "." + mac,
		"no signature":         payload + ".",
		"half a signature":     payload + "." + mac[:len(mac)/2],
		"a signature changed":  payload + "." + flip(mac),
		"a payload changed":    flip(payload) + "." + mac,
		"another version":      "v2" + good[2:],
		"too long":             good + strings.Repeat("A", maxTicket),
		"a stream's ticket":    streamForm + mac,
		"a key":                "tg-AAAAAAAAAAAAAAAAAAAAAAAAAA",
		"no base64":            "v1.%%%.%%%",
		"a signed stream form": streamForm + base64.RawURLEncoding.EncodeToString(ts.mac(streamForm+"ID.app")),
	} {
		if who, f := ts.redeem(ticket); f == nil || f.status != http.StatusUnauthorized || who.Name != "" {
			t.Errorf("%s: %v %v", name, who, f)
		}
	}
	if _, f := ts.redeem(good); f != nil {
		t.Error("the good one was used up by the forged ones:", f)
	}
}

func flip(text string) string {
	last := byte('A')
	if text[len(text)/2] == last {
		last = 'B'
	}
	return text[:len(text)/2] + string(last) + text[len(text)/2+1:]
}

// Used tickets are remembered, and no more of them than there is room for:
// then none is let in rather than one twice. A minute later there is room.
func TestRememberedTicketsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := newTickets()
		until := time.Now().Add(ticketLife)
		for i := range maxRedeemed {
			ts.used[fmt.Sprint(i)] = until
		}
		if _, f := ts.redeem(ts.mint(auth.Principal{Name: "app"})); f == nil || f.status != http.StatusServiceUnavailable || f.retry == 0 {
			t.Error(f)
		}
		time.Sleep(ticketLife)
		if _, f := ts.redeem(ts.mint(auth.Principal{Name: "app"})); f != nil {
			t.Error(f)
		}
		if n := len(ts.used); n != 1 {
			t.Errorf("%d are remembered", n)
		}
	})
}

// The whole way: minted with a key, given as a subprotocol, never repeated to
// the client, and good once.
func TestTicketAtTheDoor(t *testing.T) {
	key, keys := oneKey(t, "app")
	g := serve(t, &opener{}, func(o *Options) { o.Keys = keys })
	conn := g.dial()
	resp := answerTo(t, conn, http.MethodPost, "/v1/tickets", "", "Authorization: Bearer "+key, "Content-Length: 0")
	var minted struct {
		Ticket    string
		ExpiresMS int64 `json:"expires_in_ms"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&minted); err != nil || resp.StatusCode != 200 || minted.ExpiresMS != 60000 {
		t.Fatal(resp.Status, minted, err)
	}
	_ = conn.Close()
	offered := fmt.Sprintf("Sec-WebSocket-Protocol: %s, %s, %s%s", wire.ProtocolBinary, wire.ProtocolJSON, wire.TicketPrefix, minted.Ticket)
	for _, c := range []struct {
		origin string
		status int
	}{
		{"https://evil.example", 403}, // a stolen ticket on another page; it is not used up by that
		{"http://127.0.0.1", 101},
		{"http://127.0.0.1", 401},
	} {
		conn := g.dial()
		resp, _ := knock(t, conn, "Origin: "+c.origin, offered)
		if resp.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", c.origin, resp.Status, c.status)
		}
		if c.status == 101 && resp.Header.Get("Sec-Websocket-Protocol") != wire.ProtocolBinary {
			t.Error(resp.Header)
		}
		_ = conn.Close()
	}
	g.empty()
}

// Without a key there is no ticket: else anybody could make himself one.
func TestTicketsNeedAKey(t *testing.T) {
	_, keys := oneKey(t, "app")
	g := serve(t, &opener{}, func(o *Options) { o.Keys = keys })
	conn := g.dial()
	if resp := answerTo(t, conn, http.MethodPost, "/v1/tickets", "", "Origin: http://127.0.0.1", "Content-Length: 0"); resp.StatusCode != 401 {
		t.Error(resp.Status)
	}
	_ = conn.Close()
	g.empty()
}
