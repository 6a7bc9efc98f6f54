package downstream

import (
	"net"
	"testing"
	"time"
)

// mute is an outlet that has nothing to say, and that its turn is over.
type mute struct{ ended chan struct{} }

func (m *mute) fill(page []byte) ([]byte, bool) { return page, true }
func (m *mute) wrote(time.Time)                 {}
func (m *mute) over()                           { close(m.ended) }

// The last word may have been written by somebody else, such as the library's
// own close frame: the connection ends all the same.
func TestTurnEndsWithoutAWord(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	m := &mute{make(chan struct{})}
	turn := newTurn(&clientConn{Conn: near}, m)
	turn.wake()
	<-m.ended
	turn.wake() // nothing happens twice
	turn.hangUp()
	if busy, ended := turn.state(); !ended || !busy {
		t.Error(busy, ended)
	}
}
