package downstream

import (
	"fmt"
	"slices"
	"testing"

	"tidegate/downstream/wire"
)

// Text is UTF-8 (RFC 6455 section 8.1, RFC 3629), wherever frames and packets
// cut it: characters that are cut are whole in the message.
func TestUTF8(t *testing.T) {
	var trials []trial
	for name, s := range map[string]string{
		"greek":                        "κόσμε",
		"each length":                  "$£€𐍈",
		"U+0001 escaped":               `\u0001`,
		"first of two bytes":           "\u0080",
		"last of one and two bytes":    "\u007f\u07ff",
		"first and last of three":      "\u0800\uffff",
		"first and last of four":       "\U00010000\U0010ffff",
		"beside the surrogates":        "\ud7ff\ue000",
		"the replacement character":    "\ufffd",
		"a byte order mark":            "\ufeff",
		"characters that are put on":   "e\u0301",
		"noncharacters of plane 0":     "\ufffe\uffff",
		"noncharacters amid the plane": "\ufdd0\ufdef",
		"noncharacters of plane 1":     "\U0001fffe\U0001ffff",
		"noncharacters of plane 15":    "\U000ffffe\U000fffff",
		"noncharacters of plane 16":    "\U0010fffe\U0010ffff",
	} {
		message := padded + s + `"}`
		trials = append(
			trials,
			passes("8.1", name, text(message), wsFrame{fin | opText, message}),
			passes("5.6", name+", a byte each part", bytewise(message), wsFrame{fin | opText, message}),
			passes("5.4", name+", a ping between the bytes", pinged(message), pongs(message)...),
		)
	}
	trials = append(trials, passesAlien("8.1", "U+0000", text("\x00"), wsFrame{fin | opText, "\x00"}))
	for plane := rune(0); plane <= 16; plane++ {
		s := string([]rune{plane<<16 + 0xfffe, plane<<16 + 0xffff})
		trials = append(trials, passesAlien("8.1", fmt.Sprintf("noncharacters of plane %d alone", plane), text(s), wsFrame{fin | opText, s}))
	}
	trials = append(trials, passesAlien("5.6", "binary that is no UTF-8", masked(fin|opBinary, []byte("\xff\xc0\x80")), wsFrame{fin | opBinary, "\xff\xc0\x80"}))
	try(t, trials)
}

// Bytes that are no UTF-8 end the connection with 1007: at the beginning, amid
// and at the end of a text, and in parts.
func TestNotUTF8(t *testing.T) {
	var trials []trial
	for name, s := range map[string]string{
		"lone continuation, the first":     "\x80",
		"lone continuation, the last":      "\xbf",
		"continuations":                    "\x80\xbf\x80\xbf\x80\xbf",
		"continuation after a character":   "é\x80",
		"two bytes cut short":              "\xc3",
		"three bytes cut after one":        "\xe2",
		"three bytes cut after two":        "\xe2\x82",
		"four bytes cut after one":         "\xf0",
		"four bytes cut after two":         "\xf0\x90",
		"four bytes cut after three":       "\xf0\x90\x8d",
		"cut short, then a character":      "\xe2\x82$",
		"FE":                               "\xfe",
		"FF":                               "\xff",
		"a UTF-16 byte order mark":         "\xfe\xff",
		"overlong NUL in two bytes":        "\xc0\x80",
		"overlong slash in two bytes":      "\xc0\xaf",
		"overlong slash in three bytes":    "\xe0\x80\xaf",
		"overlong slash in four bytes":     "\xf0\x80\x80\xaf",
		"overlong, the last of two bytes":  "\xc1\xbf",
		"overlong, the last of three":      "\xe0\x9f\xbf",
		"overlong, the last of four":       "\xf0\x8f\xbf\xbf",
		"five bytes":                       "\xf8\x88\x80\x80\x80",
		"six bytes":                        "\xfc\x84\x80\x80\x80\x80",
		"first high surrogate":             "\xed\xa0\x80",
		"last high surrogate":              "\xed\xaf\xbf",
		"first low surrogate":              "\xed\xb0\x80",
		"last low surrogate":               "\xed\xbf\xbf",
		"a pair of surrogates":             "\xed\xa0\x80\xed\xb0\x80",
		"U+110000":                         "\xf4\x90\x80\x80",
		"above U+110000":                   "\xf5\x80\x80\x80",
		"the most that four bytes can say": "\xf7\xbf\xbf\xbf",
		"Latin-1":                          "caf\xe9!",
	} {
		amid := padded + s + `"}`
		trials = append(trials, fails("8.1", name, text(amid), wire.CloseNotUTF8)...)
		for where, message := range map[string]string{
			"at the end": padded + s, "at the beginning": s + noop, "alone": s,
		} {
			trials = append(trials, fails("8.1", name+" "+where, text(message), wire.CloseNotUTF8)[0])
		}
		trials = append(
			trials,
			fails("5.6", name+", a byte each part", bytewise(amid), wire.CloseNotUTF8)[0],
			fails("5.6", name+", the last part empty", parts(opText, padded, s, ""), wire.CloseNotUTF8)[0],
			trial{
				rfc: "5.4", name: name + ", pings between", before: slices.Concat(masked(opText, []byte(padded+s)), ping("!")),
				heard: []wsFrame{{fin | opPong, "!"}}, last: masked(fin|opMore, []byte(`"}`)), code: wire.CloseNotUTF8,
			},
		)
	}
	try(t, trials)
}

// bytewise is a message in parts of one byte.
func bytewise(message string) []byte {
	var each []string
	for i := range len(message) {
		each = append(each, message[i:i+1])
	}
	return parts(opText, each...)
}

// pinged is bytewise, with a ping after each part but the last.
func pinged(message string) []byte {
	var p []byte
	for i := range len(message) - 1 {
		p = append(p, masked(opMore, []byte(message[i:i+1]))...)
		p = append(p, ping(message[:i])...)
	}
	p[0] = opText
	return append(p, masked(fin|opMore, []byte(message[len(message)-1:]))...)
}

// pongs is what comes of pinged.
func pongs(message string) []wsFrame {
	var heard []wsFrame
	for i := range len(message) - 1 {
		heard = append(heard, wsFrame{fin | opPong, message[:i]})
	}
	return append(heard, wsFrame{fin | opText, message})
}
