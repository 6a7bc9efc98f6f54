package loadtest

import (
	"strings"
	"testing"

	"tidegate/downstream/wire"
)

// events reads all that a socket has at hand.
func events(t *testing.T, k *socket) (all []string) {
	t.Helper()
	for {
		var e event
		ok, err := k.next(&e)
		if err != nil {
			return append(all, err.Error())
		}
		if !ok {
			return all
		}
		what := string(e.Name) + "|" + string(e.Data)
		if e.blocked {
			what = "blocked"
		}
		all = append(all, what)
	}
}

// text is a target's text frame.
func text(s string) string {
	if len(s) < 126 {
		return "\x81" + string(rune(len(s))) + s
	}
	return "\x81\x7e" + string([]byte{byte(len(s) >> 8), byte(len(s))}) + s
}

// Whatever form messages have, the same comes out.
func TestMessages(t *testing.T) {
	one := `{"t":"event","s":1,"seq":1,"data":{"a":"b"}}`
	two := `{"t":"event","s":1,"seq":2,"data":{"a":"c"}}`
	blocked := `{"t":"blocked","s":1,"left_ms":1}`
	for name, c := range map[string]struct{ frames, want string }{
		"a frame each":         {text(one) + text(two), `|{"a":"b"} |{"a":"c"}`},
		"an array":             {text("[" + one + "," + two + "]"), `|{"a":"b"} |{"a":"c"}`},
		"an array of one":      {text("[" + one + "]"), `|{"a":"b"}`},
		"blocked between":      {text("[" + one + "," + blocked + "," + two + "]"), `|{"a":"b"} blocked |{"a":"c"}`},
		"white space":          {text("[" + one + ", " + two + " ]"), `|{"a":"b"} |{"a":"c"}`},
		"members after":        {text(`{"t":"event","s":1,"seq":1,"data":{"a":"b"},"event":"n"}`), `n|{"a":"b"}`},
		"a name":               {text(`{"t":"event","s":1,"seq":1,"event":"n","data":{"a":"b"}}`), `n|{"a":"b"}`},
		"another stream's":     {text(`{"t":"event","s":2,"seq":1,"data":{"a":"b"}}`) + text(two), `|{"a":"c"}`},
		"text":                 {text(`{"t":"event","s":1,"seq":1,"text":"x"}`), `|x`},
		"in parts":             {text(`{"t":"part","s":1,"text":"{\"a\":"}`) + text(`{"t":"event","s":1,"seq":1,"text":"1}","parts":true}`), `|{"a":1}`},
		"fragments, with ping": {"\x01\x02[" + one[:1] + "\x89\x00" + "\x80" + string(rune(len(one))) + one[1:] + "]", `|{"a":"b"}`},
		"garbage":              {text("{]"), ""},
		"two values":           {text(one + one), ""},
		"cut off":              {text("[" + one + ","), ""},
	} {
		k := &socket{line: &line{conn: &conn{Conn: nowhere{}}}, number: 1}
		if err := k.fill([]byte(c.frames)); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(events(t, k), " ")
		if c.want != "" && got != c.want || c.want == "" && strings.Contains(got, "|") && !strings.Contains(got, wire.ErrMessage.Error()) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// An event costs no memory of its own, in either encoding of it.
func TestMessageCost(t *testing.T) {
	k := &socket{number: 1}
	frame := []byte(text(`[{"t":"event","s":1,"seq":1,"data":{"a":"b"}},{"t":"event","s":1,"seq":2,"data":{"a":"c"}}]`))
	var e event
	if n := testing.AllocsPerRun(1000, func() {
		_ = k.fill(frame)
		for range 2 {
			if ok, err := k.next(&e); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		if ok, _ := k.next(&e); ok {
			t.Fatal("a third event")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
