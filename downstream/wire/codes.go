package wire

// The WebSocket subprotocols (RFC 6455 section 1.9), and how a ticket is given
// beside them.
const (
	ProtocolJSON   = "tidegate.1.json"
	ProtocolBinary = "tidegate.1.bin"
	TicketPrefix   = "tidegate.ticket."
)

// The types of messages. The first four are the client's.
const (
	Open   = "open"
	Resume = "resume"
	Ack    = "ack"
	Cancel = "cancel"

	Opened   = "opened"
	Event    = "event"
	Part     = "part"
	Blocked  = "blocked"
	End      = "end"
	Refused  = "refused"
	Detached = "detached"
	Draining = "draining"
)

// Close codes (RFC 6455 section 7.4). After 4000 to 4499 a client reconnects
// and resumes; after 4500 to 4999 it does not.
const (
	CloseDone             = 1000
	CloseDraining         = 1001
	CloseNotUTF8          = 1007
	CloseKeepAlive        = 4000
	CloseOverloaded       = 4008
	CloseProtocol         = 4500
	CloseNotAuthenticated = 4501
	CloseNotAllowed       = 4503
	CloseTakenOver        = 4509
)

// Reconnect says whether a client that was closed with code reconnects. Codes
// that are not tidegate's say that the line broke.
func Reconnect(code int) bool {
	return code != CloseDone && code != CloseNotUTF8 && (code < 4500 || code > 4999)
}

// Why a stream is detached from a connection.
const (
	Superseded = "superseded" // a newer connection has resumed it
	Forgotten  = "forgotten"  // it had ended, and was not read to its end in time
)
