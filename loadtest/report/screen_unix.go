//go:build unix

package report

import (
	"os"

	"golang.org/x/sys/unix"
)

func winsize(f *os.File) (columns, lines int, ok bool) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	var ws *unix.Winsize
	// Through the raw connection: Fd would put the file into blocking mode.
	failed := raw.Control(func(fd uintptr) { ws, err = unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ) })
	if failed != nil || err != nil {
		return 0, 0, false
	}
	return int(ws.Col), int(ws.Row), true
}
