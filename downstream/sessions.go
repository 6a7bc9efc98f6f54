package downstream

import "sync"

// sessions are all WebSocket connections. Safe for concurrent use.
type sessions struct {
	mu    sync.Mutex
	all   map[*session]struct{}
	state sessionsState
}

// sessionsState is whether connections may come.
type sessionsState int

const (
	sessionsOpen     sessionsState = iota
	sessionsDraining               // they may, and are told that the gateway goes away
	sessionsClosed                 // they may not
)

func (s *sessions) add(x *session) sessionsState {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*session]struct{}{}
	}
	if s.state != sessionsClosed {
		s.all[x] = struct{}{}
	}
	return s.state
}

func (s *sessions) remove(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, x)
}

// drain changes the state and returns the connections there are.
func (s *sessions) drain(state sessionsState) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
	list := make([]*session, 0, len(s.all))
	for x := range s.all {
		list = append(list, x)
	}
	return list
}
