package provider_test

import (
	"errors"
	"testing"

	"tidegate/loadtest/provider"
)

func TestStartOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		s, err := provider.Start(provider.Options{Listen: address})
		if !errors.Is(err, provider.ErrNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
		if s != nil {
			s.Close()
		}
	}
	if _, err := provider.Start(provider.Options{Listen: "nonsense"}); err == nil {
		t.Error("an address without a port is accepted")
	}
}

func TestStartRefusesTakenPort(t *testing.T) {
	s := start(t, provider.Options{})
	if _, err := provider.Start(provider.Options{Listen: s.Addr()}); err == nil {
		t.Error("two on one port")
	}
}
