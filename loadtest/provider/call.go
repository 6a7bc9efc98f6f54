package provider

import (
	"crypto/sha256"
	"net/http"
	"sync/atomic"
	"time"
)

// Ending is how a call ended.
type Ending string

// The endings. A call that still runs has none.
const (
	Finished  Ending = "finished"  // the whole answer was sent
	Faulted   Ending = "faulted"   // the script's fault or error status was played
	Cancelled Ending = "cancelled" // the caller went away first
	Refused   Ending = "refused"   // the request was not one that a provider accepts
	Closed    Ending = "closed"    // the server was closed first
)

// Call is what the provider knows about one call, at one moment.
type Call struct {
	ID    string `json:"id"` // ends the answer's own id: "chatcmpl-" + ID
	Path  string `json:"path"`
	Proto string `json:"proto"`
	Model string `json:"model"` // as the request said it

	Events  int64 `json:"events"`  // events that Bytes holds
	Bytes   int64 `json:"bytes"`   // body bytes that the kernel (HTTP/2: the framer) has taken
	Offered int64 `json:"offered"` // Bytes, and those of a write that is blocked: the upper bound of what left

	Started   time.Time `json:"started"`
	FirstByte time.Time `json:"first_byte,omitzero"` // of the body
	Gone      time.Time `json:"gone,omitzero"`       // when the caller's leaving was noticed; only if Cancelled
	Ended     time.Time `json:"ended,omitzero"`
	Ending    Ending    `json:"ending,omitempty"`
	Stalled   bool      `json:"stalled,omitempty"` // in a silence that the script asks for

	// What was received. Not shown over HTTP.
	Header   http.Header       `json:"-"` // read only
	Key      string            `json:"-"` // that the caller sent, wherever its API has it; "" is none
	BodySize int64             `json:"-"`
	BodyHash [sha256.Size]byte `json:"-"` // SHA-256
}

// call is the record behind a Call. The ledger's mutex guards it but for the
// counters, which its handler alone writes.
type call struct {
	Call

	events, bytes, offered atomic.Int64

	response *response // of a call to Responses
}

// snapshot is the call as it stands. The ledger's mutex is held.
func (c *call) snapshot() Call {
	s := c.Call
	s.Events, s.Bytes = c.events.Load(), c.bytes.Load()
	// Read last, so that Offered is never below Bytes.
	s.Offered = c.offered.Load()
	return s
}
