package downstream

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"tidegate/internal/auth"
)

// A ticket lets a browser in that can't send a key: short-lived, good once,
// made by the app's backend with its own key. It is
//
//	v1.<payload>.<HMAC-SHA-256 of v1.<payload>>
//
// both in base64url. The secret is the process's own: a ticket is good at the
// gateway that made it.
const (
	ticketLife  = time.Minute
	ticketForm  = "v1."
	streamForm  = "s1."
	maxTicket   = 1 << 10 // bytes
	maxRedeemed = 1 << 16 // tickets remembered as used
)

// tickets makes and redeems tickets. Safe for concurrent use.
type tickets struct {
	secret [32]byte

	mu   sync.Mutex
	used map[string]time.Time // until when a ticket would be good
}

type ticketPayload struct {
	Name  string `json:"p"`
	Until int64  `json:"e"` // Unix milliseconds
	Nonce string `json:"n"`
}

func newTickets() *tickets {
	t := &tickets{used: map[string]time.Time{}}
	_, _ = rand.Read(t.secret[:])
	return t
}

// mint makes a ticket for a principal.
func (t *tickets) mint(who auth.Principal) string {
	payload, _ := json.Marshal(ticketPayload{who.Name, time.Now().Add(ticketLife).UnixMilli(), rand.Text()})
	text := ticketForm + base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(t.mac(text))
}

func (t *tickets) mac(text string) []byte {
	h := hmac.New(sha256.New, t.secret[:])
	h.Write([]byte(text))
	return h.Sum(nil)
}

// redeem uses a ticket up.
func (t *tickets) redeem(ticket string) (auth.Principal, *failure) {
	text, mac, ok := cutLast(ticket)
	given, err := base64.RawURLEncoding.DecodeString(mac)
	if !ok || len(ticket) > maxTicket || err != nil || !strings.HasPrefix(text, ticketForm) || !hmac.Equal(given, t.mac(text)) {
		return auth.Principal{}, badTicket("The ticket was not made by this gateway.")
	}
	var p ticketPayload
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text, ticketForm))
	if err != nil || json.Unmarshal(raw, &p) != nil {
		return auth.Principal{}, badTicket("The ticket can't be read.")
	}
	now, until := time.Now(), time.UnixMilli(p.Until)
	if !now.Before(until) {
		return auth.Principal{}, badTicket("The ticket has expired.")
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.used) >= maxRedeemed {
		for nonce, until := range t.used {
			if !now.Before(until) {
				delete(t.used, nonce)
			}
		}
	}
	_, used := t.used[p.Nonce]
	switch {
	case used:
		return auth.Principal{}, badTicket("The ticket was used before. Each is good once.")
	case len(t.used) >= maxRedeemed: // rather refuse than forget which were used
		return auth.Principal{}, &failure{
			status: http.StatusServiceUnavailable, kind: gatewayFailure, code: "overloaded", retry: ticketLife,
			message: "Too many tickets were used within a minute.",
		}
	}
	t.used[p.Nonce] = until
	return auth.Principal{Name: p.Name}, nil
}

// forStream is a ticket that is good for one stream and as long as it is there:
// the requests of the SSE profile are many, and a ticket is good once.
func (t *tickets) forStream(l *live) string {
	return streamForm + base64.RawURLEncoding.EncodeToString(t.mac(streamForm+l.call.ID+"."+l.who.Name))
}

// isFor says whether a ticket is one for this stream.
func (t *tickets) isFor(ticket string, l *live) bool {
	return hmac.Equal([]byte(ticket), []byte(t.forStream(l)))
}

func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

func badTicket(message string) *failure {
	return &failure{status: http.StatusUnauthorized, kind: authFailure, code: "invalid_ticket", message: message}
}

// ticket serves POST /v1/tickets.
func (s *Server) ticket(w http.ResponseWriter, r *http.Request) {
	who, f := s.authorize(r, openaiManner)
	if f != nil {
		f.write(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"ticket": s.tickets.mint(who), "expires_in_ms": ticketLife.Milliseconds(),
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
