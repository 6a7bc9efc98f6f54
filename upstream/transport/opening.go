package transport

// opening is a connection's first window, larger than those that follow.
//
// A sender cuts what it queues into pieces of at most half of the largest window
// that it has seen. On loopback, where segments are otherwise as large as its
// buffers, windows of 4 KiB alone make that 2 KiB, also for what waits in its
// queue when the window is widened, and the pieces then cost more processor
// time than all else. One larger window is harmless: the first bytes of an
// answer are taken in any case. It is offered once, and the windows behind it
// are small.
//
// While it lasts, further windows are held small by a clamp, which is not to be
// relied upon, and by a receive buffer that has to be large enough for what was
// offered; from then on by the small buffer, which is the bound.
type opening struct {
	left  int // bytes of it that have not come yet; 0: it is over
	after int // the receive buffer from then on
	since int // bytes that have come since the window was held
}

// holdEvery is how many bytes come until the window is held anew.
const holdEvery = 2 << 10

// took is told of every read of n bytes from the socket fd.
func (o *opening) took(fd uintptr, n int) {
	if o.left == 0 {
		return
	}
	o.left = max(0, o.left-n)
	o.since += n
	switch {
	case o.left == 0:
		resizeReceiveBuffer(fd, o.after)
	case o.since >= holdEvery:
		o.since = 0
		holdWindow(fd, o.after)
	}
}
