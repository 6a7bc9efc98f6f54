package upstream

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

func TestSilenceCountsOnlyWaiting(t *testing.T) {
	const limit = 10 * time.Second
	type step struct {
		wait  bool
		after time.Duration
	}
	for name, c := range map[string]struct {
		steps []step
		fires time.Duration // after the start; 0: never
	}{
		"never waited":          {[]step{{false, time.Hour}}, 0},
		"waits from the start":  {[]step{{true, time.Hour}}, limit},
		"waits later":           {[]step{{false, 25 * time.Second}, {true, time.Hour}}, 35 * time.Second},
		"heard in time":         {[]step{{true, 9 * time.Second}, {false, time.Hour}}, 0},
		"heard, and then not":   {[]step{{true, 9 * time.Second}, {false, 0}, {true, time.Hour}}, 19 * time.Second},
		"waits again and again": {[]step{{true, 9 * time.Second}, {true, 9 * time.Second}, {true, 9 * time.Second}, {false, time.Hour}}, 0},
		"paused in between":     {[]step{{true, 5 * time.Second}, {false, time.Minute}, {true, time.Hour}}, 75 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var fired []time.Duration
				s := newSilence(limit, func() { fired = append(fired, time.Since(start)) })
				for _, step := range c.steps {
					if step.wait {
						s.wait(time.Now().Add(limit))
					} else {
						s.heard()
					}
					time.Sleep(step.after)
				}
				s.stop()
				time.Sleep(time.Hour)
				synctest.Wait()
				switch {
				case c.fires == 0 && len(fired) > 0:
					t.Errorf("fired after %v", fired)
				case c.fires > 0 && (len(fired) != 1 || fired[0] != c.fires):
					t.Errorf("fired after %v, want once after %v", fired, c.fires)
				}
			})
		})
	}
}

func TestSilenceStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSilence(time.Second, func() { t.Error("fired after stop") })
		s.wait(time.Now().Add(time.Second))
		s.stop()
		time.Sleep(time.Hour)
	})
}

// beginning is a model that begins to speak.
const beginning = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"

// both runs a test with a body that tells when there is something to read, and
// with one that does not, in virtual time.
func both(t *testing.T, f func(t *testing.T, tells bool)) {
	for _, tells := range []bool{true, false} {
		t.Run(fmt.Sprintf("body tells %v", tells), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, tells) })
		})
	}
}

// wantStall waits until the provider is given up, and checks when that is.
func (x *pumping) wantStall(after time.Duration) {
	x.t.Helper()
	start := time.Now()
	end := <-x.end
	x.s.Close()
	if end.Reason != stream.UpstreamStalled || end.Cause != stream.CauseSilence {
		x.t.Errorf("ended %+v", end)
	}
	if took := time.Since(start); took != after {
		x.t.Errorf("given up after %v, want %v", took, after)
	}
}

func TestSilentProvider(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		x := pump(t, provider(t, nil), tells, beginning)
		x.wantStall(silenceLimit)
	})
}

// A comment says that the connection lives, not that the answer goes on.
func TestHeartbeatsAreNoProgress(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		x := pump(t, provider(t, nil), tells, beginning)
		go func() {
			for range 4*progressLimit/silenceLimit + 1 {
				time.Sleep(silenceLimit / 4)
				x.say(": keep-alive\n\n")
			}
		}()
		x.wantStall(progressLimit)
		time.Sleep(silenceLimit) // the heart beats on for a while
	})
}

// A part of an event is no silence.
func TestPartOfAnEventIsHeard(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		x := pump(t, provider(t, nil), tells, beginning)
		for _, part := range []string{"da", "ta: {\"choices\":[{\"delta\"", ":{\"content\":\"b\"}}]}\n", "\n"} {
			time.Sleep(silenceLimit - time.Second)
			x.say(part)
		}
		x.take()
		if len(x.got) != 2 || x.got[1] != `{"choices":[{"delta":{"content":"b"}}]}` {
			t.Fatalf("got %q", x.got)
		}
		x.wantStall(silenceLimit)
	})
}

// While the consumer does not read, neither does the gateway: the provider's
// timer stands still, however long that is, and then begins anew.
func TestPauseIsNoSilence(t *testing.T) {
	both(t, func(t *testing.T, tells bool) {
		x := pump(t, provider(t, nil), tells, beginning)
		for i := range 6 { // of 1,000 bytes that don't compress: 4 fit
			x.say("data: " + noise(i, 1000) + "\n\n")
		}
		synctest.Wait()
		if st := x.st.Stats(); !st.Full {
			t.Fatalf("%+v, want full", st)
		}
		time.Sleep(20 * silenceLimit)
		if end, over := x.over(); over {
			t.Fatalf("ended in a pause: %+v", end)
		}
		x.take()
		if len(x.got) != 7 {
			t.Fatalf("%d events", len(x.got))
		}
		x.wantStall(silenceLimit)
	})
}

// Nor is it the provider's silence when the gateway waits for its own memory
// for large events; and what came before is not held back meanwhile.
func TestReserveIsNoSilence(t *testing.T) {
	for _, together := range []bool{true, false} {
		both(t, func(t *testing.T, tells bool) {
			p := provider(t, nil)
			all, err := p.limits.Oversize.reserve(t.Context(), p.limits.Oversize.Total())
			if err != nil {
				t.Fatal(err)
			}
			x := pump(t, p, tells, beginning)
			flushed := 0
			x.r.Detach()
			if x.r, err = x.st.Attach(0, stream.NoLimit, func() { flushed++ }); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			flushed = 0
			large := "data: " + noise(1, 40<<10) + "\n\n"
			if together {
				large = "data: {\"n\":1}\n\n" + large
			} else {
				x.say("data: {\"n\":1}\n\n")
				synctest.Wait()
			}
			x.say(large)
			synctest.Wait()
			if st := x.st.Stats(); st.Appended != 2 || flushed == 0 {
				t.Fatalf("%+v, flushed %d times, want both events handed on", st, flushed)
			}
			time.Sleep(20 * silenceLimit)
			if end, over := x.over(); over {
				t.Fatalf("ended while waiting for memory: %+v", end)
			}
			all.free()
			x.take()
			if len(x.got) != 3 || len(x.got[2]) != 40<<10 {
				t.Fatalf("%d events", len(x.got))
			}
			if held := p.limits.Oversize.Held(); held != 0 {
				t.Errorf("%d bytes still reserved", held)
			}
			x.wantStall(progressLimit) // no text was last
		})
	}
}

// noise is a JSON string that does not compress.
func noise(n, size int) string {
	var b strings.Builder
	b.WriteByte('"')
	for x := uint32(n*7919 + 1); b.Len() < size-1; {
		x = x*1664525 + 1013904223
		b.WriteByte('a' + byte(x>>24)%26)
	}
	b.WriteByte('"')
	return b.String()
}
