package config

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// errListen says what an address to listen on looks like.
var errListen = errors.New("must be host:port, such as 127.0.0.1:8080, [::1]:8080 (in quotes) or :8080")

// checkListen reports whether address can be listened on. A port must be a
// number: names of services are looked up in a file that containers lack.
func checkListen(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return errListen
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errListen
	}
	if strings.ContainsAny(host, " /\\?#@") {
		return errListen
	}
	return nil
}

// isLoopback reports whether only this machine reaches address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLoopbackHost(host)
}

// isLoopbackHost knows addresses and the one name that always means loopback
// (RFC 6761, section 6.3). Any other name may resolve to anything tomorrow.
func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
