package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"

	"tidegate/stream"
)

// The causes of a connection that could not be made, or broke before the
// provider had answered. They are for logs: what the system says itself holds
// addresses, and differs from one to the next.
const (
	causeNoHost     stream.Cause = "no_such_host" // the name leads nowhere
	causeDNS        stream.Cause = "dns"          // nobody says where the name leads
	causeRefused    stream.Cause = "refused"      // nobody listens there
	causeNoRoute    stream.Cause = "no_route"     // the network or the host is not to be reached
	causeTimeout    stream.Cause = "timeout"      // no connection in time
	causeTLSTimeout stream.Cause = "tls_timeout"  // a connection, but no TLS in time
	causeTLS        stream.Cause = "tls"          // the certificate, or what is there speaks no TLS
	causeFiles      stream.Cause = "no_files"     // this process or system has no file descriptor left
	causeOther      stream.Cause = "other"
)

// cause is what there is to say of a try that failed: the status of an error
// that the provider sent, or what became of the connection.
func (t *tried) cause() stream.Cause {
	if t.answer != nil {
		return stream.Cause(strconv.Itoa(t.answer.Status))
	}
	return connection(t.err)
}

// connection says why a connection failed, of what a transport has returned;
// empty: none did.
func connection(err error) stream.Cause {
	var refusal *stream.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "upstream_unreachable" && refusal.Code != "upstream_failed" {
		return ""
	}
	err = refusal.Err
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch late := errors.As(err, &timeout) && timeout.Timeout(); {
	case errors.As(err, &dns) && dns.IsNotFound:
		return causeNoHost
	case dns != nil:
		return causeDNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return causeRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return causeNoRoute
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return causeFiles
	case isTLS(err):
		return causeTLS
	case late && errors.As(err, &op) && op.Op == "dial":
		return causeTimeout
	case late && refusal.Code == "upstream_unreachable":
		return causeTLSTimeout
	case late, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return causeTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return stream.CauseReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return stream.CauseCut
	}
	return causeOther
}

// isTLS says whether TLS is what failed.
func isTLS(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		hostname  x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		remote    *net.OpError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &hostname) ||
		errors.As(err, &authority) || errors.As(err, &invalid) || errors.As(err, &remote) && (remote.Op == "remote error" || remote.Op == "local error")
}
