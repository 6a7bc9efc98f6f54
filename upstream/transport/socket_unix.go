//go:build linux || darwin

package transport

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// controlReceiveBuffer returns a [net.Dialer.Control] that sets SO_RCVBUF to
// size bytes before the socket connects: the first window is announced in the
// handshake, and one that was announced is never taken back.
//
// It also limits segments, which on loopback have 64 KiB: a receiver announces
// room only for a whole one, so that a small window is shut most of the time.
// Those of Ethernet are smaller anyhow.
func controlReceiveBuffer(size int) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = errors.Join(
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size),
				syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, segment),
			)
		})
		return errors.Join(err, failed)
	}
}

// segment is the largest segment that a server may send, in bytes: as much as
// the smallest receive buffer is meant to hold.
const segment = 4096

// limitReceiveBuffer has nothing left to do once connected.
func limitReceiveBuffer(net.Conn, int) error { return nil }

// alive reports whether an idle connection is open and has nothing to read. A
// server that has closed it, or has said something unasked, has made it useless
// for the next request. It does not block.
func alive(conn net.Conn) bool {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && quiet
}

// rawOf gives access to a connection's socket; nil: there is none.
func rawOf(conn net.Conn) syscall.RawConn {
	socket, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readSome reads what there is. again: nothing yet.
func readSome(fd uintptr, p []byte) (n int, again bool, err error) {
	for {
		n, err = syscall.Read(int(fd), p)
		switch {
		case err == nil:
			return n, false, nil
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return 0, true, nil
		}
		return 0, false, os.NewSyscallError("read", err)
	}
}
