package downstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// closes is a trial of one close frame, which is not answered before its last
// byte.
func closes(rfc, name string, sent []byte, code int) trial {
	last := len(sent) - 1
	return trial{rfc: rfc, name: name, before: sent[:last], last: sent[last:], code: code}
}

// A close frame is answered with its own code, if that is one.
func TestCloseCodes(t *testing.T) {
	var trials []trial
	of := func(rfc string, wants func(code int) int, codes ...int) {
		for _, code := range codes {
			trials = append(
				trials,
				closes(rfc, fmt.Sprint(code), masked(fin|opClose, closeText(code, "")), wants(code)),
				closes(rfc, fmt.Sprint(code, " and a reason"), masked(fin|opClose, closeText(code, "bye, bye")), wants(code)),
			)
		}
	}
	same := func(code int) int { return code }
	never := func(int) int { return 1002 }
	of("7.4.1", same, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011)
	of("7.4.1", never, 1004, 1005, 1006, 1015) // reserved, or never on the wire
	of("7.4.2", same, 1012, 1013)              // registered since (IANA, WebSocket Close Code Number Registry)
	of("7.4.2", never, 1014)                   // so is this one, but the library does not know it
	of("7.4.2", same, 3000, 3999, 4000, 4999)
	of("7.4.2", never, 0, 1, 999, 1016, 1100, 1999, 2000, 2999, 5000, 32768, 65535)
	try(t, trials)
}

// The body of a close frame: two bytes of code, a reason in UTF-8 and no more
// than fits a control frame.
func TestCloseBodies(t *testing.T) {
	body := func(p string) []byte { return masked(fin|opClose, []byte(p)) }
	trials := []trial{
		closes("7.1.5", "no code", body(""), 0),
		closes("7.1.5", "half a code", body("\x03"), 0), // the library has it as none
		closes("5.5.1", "a reason of 1 byte", body("\x03\xe8b"), 1000),
		closes("5.5", "a reason of 123 bytes", body("\x03\xe8"+strings.Repeat("b", 123)), 1000),
		closes("5.5.1", "a reason of several bytes a character", body("\x03\xe8"+strings.Repeat("€", 41)), 1000),
		closes("5.5.1", "a reason of noncharacters", body("\x03\xe8\ufffe\U0010ffff"), 1000),
		closes("5.5.1", "a reason of NUL", body("\x03\xe8\x00"), 1000),
	}
	for _, length := range []int{124, 125, 1000, 65534} {
		name := fmt.Sprintf("a reason of %d bytes", length)
		trials = append(trials, fails("5.5", name, body("\x03\xe8"+strings.Repeat("b", length)), 1002)...)
	}
	for name, reason := range map[string]string{
		"a lone continuation": "\x80", "cut short": "bye \xe2\x82", "overlong": "\xc0\xaf", "a surrogate": "\xed\xa0\x80",
		"U+110000": "\xf4\x90\x80\x80", "Latin-1": "caf\xe9!", "cut at the 123rd byte": strings.Repeat("b", 122) + "\xc3",
	} {
		trials = append(trials, fails("5.5.1", "a reason that is no UTF-8: "+name, body("\x03\xe8"+reason), 1002)...)
	}
	try(t, trials)
}

// After a close frame nothing else is heard (section 5.5.1), answered or held
// against the client: it is closed with the code that it said.
func TestAfterClose(t *testing.T) {
	var trials []trial
	for name, after := range map[string][]byte{
		"another":                   bye,
		"another with another code": masked(fin|opClose, closeText(1001, "")),
		"one with a bad code":       masked(fin|opClose, closeText(1005, "")),
		"ping":                      ping("!"),
		"pong":                      masked(fin|opPong, nil),
		"text":                      text(noop),
		"text that is no UTF-8":     text("\xff"),
		"a message of the protocol": text(openMessage(1, 8)),
		"binary":                    masked(fin|opBinary, []byte{1}),
		"a message in parts":        parts(opText, noop[:5], noop[5:]),
		"continuation of nothing":   masked(fin|opMore, nil),
		"reserved bits":             masked(fin|rsvAll|opText, nil),
		"a reserved opcode":         masked(fin|15, nil),
		"no mask":                   headOf(fin|opPing, 0, 0),
		"half a frame":              text(noop)[:7],
		"no frame":                  []byte("GET / HTTP/1.1\r\n\r\n"),
		"more than a buffer's":      slices.Repeat(ping("!"), 1000),
	} {
		trials = append(
			trials,
			trial{rfc: "5.5.1", name: name, last: slices.Concat(masked(fin|opClose, closeText(4321, "")), after), code: 4321},
			trial{rfc: "7.1.5", name: name + ", no code", last: slices.Concat(masked(fin|opClose, nil), after), code: 0},
		)
	}
	large := strings.Repeat("*", 256<<10)
	trials = append(
		trials,
		passes("5.5.1", "close after messages", slices.Concat(text(noop), ping("!"), text(noop)),
			wsFrame{fin | opText, noop}, wsFrame{fin | opPong, "!"}, wsFrame{fin | opText, noop}),
		passes("5.4", "close amid a message", slices.Concat(text(noop), masked(opText, []byte(noop))), wsFrame{fin | opText, noop}),
		trial{
			rfc: "5.4", name: "close amid a message that goes on after it",
			last: slices.Concat(masked(opText, []byte("{")), bye, masked(fin|opMore, []byte("}"))), code: 1000,
		},
		passes("5.4", "close amid a message that is no UTF-8 so far", masked(opText, []byte("\xff"))),
		passesAlien("5.5.1", "close and ping after a large message", slices.Concat(text(large), text("?")),
			wsFrame{fin | opText, large}, wsFrame{fin | opText, "?"}),
	)
	trials[len(trials)-1].last = slices.Concat(bye, ping("!"))
	try(t, trials)
}
