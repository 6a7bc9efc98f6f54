package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const secret = "sk-SECRET"

// A configuration in a log or a panic is how keys usually get out.
func TestSecretIsNeverPrinted(t *testing.T) {
	c := Default()
	c.Providers = map[string]Provider{"p": {APIKey: secret, Headers: map[string]Secret{"x": secret}}}
	c.Keys = []Key{{Name: "a", Hash: secret}}
	out := map[string]string{}
	for name, v := range map[string]any{"config": c, "value": *c, "secret": Secret(secret), "pointer": &c.Keys[0].Hash, "list": []Secret{secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%o", "%20s", "%.3s"} {
			out[name+verb] = fmt.Sprintf(verb, v)
		}
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out[name+"json"] = string(data)
		if data, err = yaml.Marshal(v); err != nil {
			t.Fatal(err)
		}
		out[name+"yaml"] = string(data)
		for handler, h := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(h(&b)).Info("x", "v", v)
			out[name+"slog"+handler] = b.String()
		}
	}
	for how, text := range out {
		if strings.Contains(text, "SECRET") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "SECRET")) {
			t.Errorf("%s shows it: %s", how, text)
		}
	}
	if Secret(secret).Reveal() != secret {
		t.Error("Reveal does not give it")
	}
	if got := fmt.Sprint(Secret("")); got != "" {
		t.Errorf("an empty one is shown as %q", got)
	}
}
