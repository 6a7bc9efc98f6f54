package upstream

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

func reserve(t *testing.T, o *Oversize, n int64) *reservation {
	t.Helper()
	r, err := o.reserve(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantHeld(t *testing.T, o *Oversize, want int64) {
	t.Helper()
	synctest.Wait()
	if got := o.Held(); got != want {
		t.Fatalf("%d bytes held, want %d", got, want)
	}
}

func TestOversizeReturnsToZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOversize(100)
		a, b := reserve(t, o, 60), reserve(t, o, 40)
		wantHeld(t, o, 100)
		a.shrink(50)
		a.shrink(70) // never more than before
		wantHeld(t, o, 90)
		b.shrink(0)
		wantHeld(t, o, 50)
		a.free()
		a.free()
		b.free()
		(*reservation)(nil).free()
		wantHeld(t, o, 0)
		reserve(t, o, 100).free() // nothing was lost
		wantHeld(t, o, 0)
	})
}

// What asks for more than there is gets all there is, alone.
func TestOversizeCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOversize(100)
		r := reserve(t, o, 1<<40)
		wantHeld(t, o, 100)
		r.free()
		wantHeld(t, o, 0)
		if o.Total() != 100 {
			t.Errorf("total %d", o.Total())
		}
	})
}

// First come, first served: a small event does not overtake a large one, which
// would otherwise wait for ever.
func TestOversizeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOversize(100)
		first := reserve(t, o, 60)
		var got []int64
		free := make(chan struct{})
		for _, n := range []int64{80, 10, 30} {
			go func() {
				r, err := o.reserve(t.Context(), n)
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, n)
				<-free
				r.free()
			}()
			synctest.Wait() // in this order
		}
		if len(got) != 0 {
			t.Fatalf("%v overtook", got)
		}
		first.shrink(20)
		synctest.Wait()
		if !slices.Equal(got, []int64{80}) {
			t.Fatalf("got %v, want the one that waited longest", got)
		}
		first.free()
		synctest.Wait()
		if !slices.Equal(got, []int64{80, 10}) {
			t.Fatalf("got %v", got)
		}
		close(free)
		wantHeld(t, o, 0)
		if len(got) != 3 {
			t.Errorf("got %v", got)
		}
	})
}

func TestOversizeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOversize(100)
		r := reserve(t, o, 100)
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := o.reserve(ctx, 50)
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v", err)
		}
		wantHeld(t, o, 100)
		r.free()
		wantHeld(t, o, 0)
	})
}
