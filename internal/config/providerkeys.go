package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxKeyFile bounds a file of keys, in bytes.
const maxKeyFile = 64 << 10

// What is said of a file of keys. Its path is left out, since it may have come
// from a variable.
var (
	errKeyFile  = errors.New("has more than 64 KiB: a file with one key a line is needed")
	errNoKeys   = errors.New("holds no key: one a line is needed")
	errKeyChars = errors.New("has a space, a line break or another character that cannot stand in a key")
)

// Keys are the provider's keys, wherever they were given; none if none was. It
// reads APIKeyFile. The error shows neither keys nor the file's name.
func (p Provider) Keys() ([]Secret, error) {
	switch {
	case p.APIKeyFile != "":
		return readKeys(p.APIKeyFile)
	case p.APIKey != "":
		return []Secret{p.APIKey}, nil
	}
	return p.APIKeys, nil
}

func (p Provider) hasKey() bool {
	return p.APIKey != "" || len(p.APIKeys) > 0 || p.APIKeyFile != "" || p.PassThrough
}

func readKeys(path string) ([]Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(data) > maxKeyFile:
		return nil, errKeyFile
	}
	var keys []Secret
	for line := range strings.Lines(string(data)) {
		if key := strings.TrimSpace(line); key != "" {
			keys = append(keys, Secret(key))
		}
	}
	if len(keys) == 0 {
		return nil, errNoKeys
	}
	return keys, nil
}

// unreadable is why a file of keys can't be read, in the system's words without
// the path that stands before them.
func unreadable(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("cannot be read (%w): a file with one key a line is needed", err)
}

func (c *Config) checkProviderKeys(k *checker, path string, p Provider) {
	given := 0
	for _, is := range []bool{p.APIKey != "", len(p.APIKeys) > 0, p.APIKeyFile != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		k.add(path, "has more than one of api_key, api_keys and api_key_file: which of them counts?")
	}
	switch {
	case p.PassThrough && given > 0:
		k.add(path+".pass_through", "forwards the clients' own keys: the provider must have none here")
	case p.PassThrough && (c.Auth == AuthKeys || c.Auth == "" && len(c.Keys) > 0):
		k.add(path+".pass_through", "needs auth: none, or the keys that clients send are the gateway's own")
	}
	if !isKey(p.APIKey) {
		k.add(path+".api_key", "%v", errKeyChars)
	}
	if len(p.APIKeys) > MaxProviderKeys {
		k.add(path+".api_keys", "must be at most %d", MaxProviderKeys)
	}
	for i, key := range p.APIKeys {
		at := fmt.Sprintf("%s.api_keys[%d]", path, i)
		switch {
		case key == "":
			k.add(at, "is empty")
		case !isKey(key):
			k.add(at, "%v", errKeyChars)
		}
	}
	if p.APIKeyFile == "" {
		return
	}
	keys, err := p.Keys()
	switch {
	case err != nil:
		k.add(path+".api_key_file", "%v", err)
	case len(keys) > MaxProviderKeys:
		k.add(path+".api_key_file", "must hold at most %d keys", MaxProviderKeys)
	}
	for _, key := range keys {
		if !isKey(key) {
			k.add(path+".api_key_file", "%v", errKeyChars)
			break
		}
	}
}

func isKey(key Secret) bool {
	return isHeaderValue(key.Reveal()) && !strings.ContainsAny(key.Reveal(), " \t")
}
