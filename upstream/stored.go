package upstream

import (
	"bytes"
	"container/list"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/go-faster/jx"

	"tidegate/stream"
)

// maxResponseID bounds the ids of stored answers that are remembered, in bytes.
const maxResponseID = 128

// stored remembers which provider has made which of OpenAI's stored answers
// ("responses"), for whom and with which key. At its bound those asked for
// least recently are forgotten. Safe for concurrent use.
type stored struct {
	max int

	mu   sync.Mutex // guards the following
	byID map[string]*list.Element
	used list.List // of *maker, the most recently used first
}

var errFound = errors.New("upstream: found")

// maker is who has made a stored answer.
type maker struct {
	id, principal string
	target        *target // with its key
}

func newStored(most int) *stored { return &stored{max: most, byID: map[string]*list.Element{}} }

func (s *stored) add(m *maker) {
	if m.id == "" || len(m.id) > maxResponseID {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.byID[m.id]; ok {
		if at.Value.(*maker).principal == m.principal { // nobody takes over another's
			at.Value = m
			s.used.MoveToFront(at)
		}
		return
	}
	s.byID[m.id] = s.used.PushFront(m)
	for s.used.Len() > s.max {
		oldest := s.used.Back()
		s.used.Remove(oldest)
		delete(s.byID, oldest.Value.(*maker).id)
	}
}

func (s *stored) find(id string) *maker {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.byID[id]
	if !ok {
		return nil
	}
	s.used.MoveToFront(at)
	return at.Value.(*maker)
}

// maker finds where a call about a stored answer has to go: to the provider
// that made it, or where that is not known to the only one that can have.
func (c *Caller) maker(call *stream.Call) (*target, error) {
	path, _, _ := strings.Cut(call.Path, "?")
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		// "." and ".." lead to another of the provider's resources
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "." || plain == ".." || plain == "" || strings.ContainsAny(plain, "/\\") {
			return nil, badTarget(err)
		}
		segments[i] = plain
	}
	if m := c.stored.find(segments[0]); m != nil {
		if m.principal != call.Principal {
			return nil, unknownResponse()
		}
		return m.target, nil
	}
	var only *target
	for _, p := range c.routes.providers {
		switch {
		case !p.dialect.Speaks(stream.Responses):
		case only != nil:
			return nil, unknownResponse()
		default:
			only = &target{provider: p, lane: p.stored, key: -1}
		}
	}
	if only == nil {
		return nil, unknownResponse()
	}
	return only, nil
}

// note remembers who makes an answer, if it is one that may be stored.
func (s *search) note(t *target, key int, got *tried) {
	if s.call.API != stream.Responses {
		return
	}
	// a whole answer is on its way for a while, and must not hold the request
	known, m := s.stored, &maker{
		principal: s.call.Principal,
		target:    &target{provider: t.provider, lane: t.provider.stored, entry: t.entry, key: key},
	}
	if got.source != nil {
		m.id = stringAt(got.source.event.Data, "response", "id")
		known.add(m)
		return
	}
	got.body.read = func(body []byte) {
		m.id = stringAt(body, "id")
		known.add(m)
	}
}

// makers are those of a call's targets where the stored answer is that it goes
// on from, if one does and it is known where that is.
func (c *Caller) makers(call *stream.Call, targets []*target) []*target {
	if call.API != stream.Responses || len(targets) < 2 || !bytes.Contains(call.Body, []byte("previous_response_id")) {
		return targets
	}
	m := c.stored.find(stringAt(call.Body, "previous_response_id"))
	if m == nil || m.principal != call.Principal {
		return targets
	}
	var there []*target
	for _, t := range targets {
		if t.provider == m.target.provider {
			there = append(there, t)
		}
	}
	if len(there) == 0 {
		return targets
	}
	return there
}

// stringAt reads the string at a path of members. Empty: there is none. What
// follows it is not looked at, and may be cut off.
func stringAt(object []byte, path ...string) (text string) {
	found := false
	d := jx.DecodeBytes(object)
	_ = d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch {
		case found:
			return errFound
		case string(key) != path[0]:
			return d.Skip()
		}
		found = true
		if len(path) > 1 {
			raw, err := d.Raw()
			if err == nil {
				text = stringAt(raw, path[1:]...)
			}
			return err
		}
		if d.Next() != jx.String {
			return errFound
		}
		text, err = d.Str()
		return err
	})
	return text
}

func unknownResponse() error {
	return &stream.Refusal{
		Status: http.StatusNotFound, Code: "unknown_response",
		Message: "No response of this id is known here. The gateway knows those that went through it since its start, each to the key that asked for it.",
	}
}
