package provider_test

import (
	"bufio"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// Nothing but heartbeats, before the first event and when all is said but the
// end: they come for as long as the caller stays, and are no events.
func TestHeartbeatsOnly(t *testing.T) {
	s := start(t, provider.Options{})
	c := client(t, 1)
	n := int64(0)
	for name, a := range apis {
		beat := ": scripted"
		if name == "messages" {
			beat = "event: ping"
		}
		for script, events := range map[string]int64{
			"first_delay=forever":       0,
			"stall=forever&stall_at=-1": int64(a.lead + 2 + a.trail - 1),
		} {
			resp := a.open(t, c, s.URL(), a.path, "tokens=2&ping=1ms&"+script, a.body+a.stream+"}")
			lines := bufio.NewScanner(resp.Body)
			for beats := 0; beats < 5; {
				if !lines.Scan() {
					t.Fatalf("%s, %s: %v after %d heartbeats", name, script, lines.Err(), beats)
				}
				if lines.Text() == beat {
					beats++
				} else if beats > 1 && strings.HasPrefix(lines.Text(), "data:") && name != "messages" {
					t.Errorf("%s, %s: %s among heartbeats", name, script, lines.Text())
				}
			}
			if st := s.Stats(); st.Stalled != 1 || st.Streaming != 1 {
				t.Errorf("%s, %s: %+v", name, script, st)
			}
			_ = resp.Body.Close()
			n++
			if call := ended(t, s, n); call.Ending != provider.Cancelled || call.Events != events {
				t.Errorf("%s, %s: %d events, want %d; %s", name, script, call.Events, events, call.Ending)
			}
		}
	}
}
