package downstream

import (
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// A connection whose stream has ended comes in again with its next request, an
// empty line before it or not, and takes no second place. It waits for that as
// long as any idle connection, and after the end it is closed.
func TestListenerGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIncoming()
		l := newListener(in, 1, time.Second, time.Minute)
		conns, _ := accepting(l)
		client := in.dial()
		conn := (<-conns).(*clientConn)
		for _, said := range []string{"G", "\r\nG", "\r\n\r\n\nG"} {
			l.giveBack(conn)
			time.Sleep(time.Minute - time.Second)
			if len(conns) != 0 {
				t.Fatal("the connection comes before its request")
			}
			go func() { _, _ = io.WriteString(client, said+"ET") }()
			if again := <-conns; again != conn || l.open() != 1 {
				t.Fatalf("another connection came, or %d are open", l.open())
			}
			time.Sleep(2 * time.Minute) // net/http's deadlines are its own
			var got [3]byte
			if _, err := io.ReadFull(conn, got[:]); err != nil || string(got[:]) != "GET" {
				t.Fatalf("%q came, %v", got, err)
			}
			conn.ahead = []byte("\r\n")
		}
		l.giveBack(conn)
		synctest.Wait()
		_ = l.Close()
		if _, err := client.Read(make([]byte, 1)); err == nil || l.open() != 0 {
			t.Errorf("the connection is left open after the end: %d open", l.open())
		}
		l.giveBack(conn)
		synctest.Wait()
	})
}

// A connection on which no further request comes is closed: the client ends
// it, or its time does.
func TestListenerGiveBackIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIncoming()
		l := newListener(in, 2, time.Second, time.Minute)
		defer l.Close()
		conns, _ := accepting(l)
		silent, leaves := in.dial(), in.dial()
		for range 2 {
			l.giveBack((<-conns).(*clientConn))
		}
		_ = leaves.Close()
		synctest.Wait()
		if l.open() != 1 {
			t.Errorf("%d open, one has left", l.open())
		}
		_, _ = io.WriteString(silent, "\r\n") // no request: it prolongs nothing
		began := time.Now()
		if _, err := silent.Read(make([]byte, 1)); err != io.EOF || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		synctest.Wait()
		if l.open() != 0 || len(conns) != 0 || len(l.waiting) != 0 {
			t.Errorf("%d open, %d came in, %d wait", l.open(), len(conns), len(l.waiting))
		}
	})
}
