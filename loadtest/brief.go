package loadtest

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"tidegate/internal/http1"
)

// brief says an error of a connection without its addresses.
func brief(err error) string {
	var number syscall.Errno
	switch {
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, net.ErrClosed):
		return "closed here"
	case errors.Is(err, http1.ErrBroken), errors.Is(err, io.ErrUnexpectedEOF):
		return "its end came inside the answer"
	}
	return err.Error()
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
