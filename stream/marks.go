package stream

import "time"

// maxMarks bounds what marks remembers. When there are more, every second is
// forgotten, and its events count as received with the mark before it: a latency
// is then reported too long, by the time between two marks, and never too short.
const maxMarks = 8

// marks remembers when events were received, one mark for all that came with
// one read.
type marks struct {
	born  time.Time
	taken uint64 // events accounted for
	n     int
	at    [maxMarks]mark
}

type mark struct {
	first uint64        // the first event so received
	since time.Duration // after born
}

func (m *marks) add(seq uint64, received time.Time) {
	if m.born.IsZero() {
		m.born = received
	}
	if m.taken == seq-1 { // no event before this one is outstanding
		m.n = 0
	}
	since := received.Sub(m.born)
	if m.n > 0 && m.at[m.n-1].since == since {
		return
	}
	if m.n == maxMarks {
		m.n /= 2
		for i := range m.n {
			m.at[i] = m.at[2*i]
		}
	}
	m.at[m.n] = mark{seq, since}
	m.n++
}

// take accounts for the events up to and including seq: how many they are,
// and when the oldest of them was received.
func (m *marks) take(seq uint64) (events int, received time.Time) {
	if seq <= m.taken || m.n == 0 {
		return 0, time.Time{}
	}
	received = m.born.Add(m.at[0].since)
	events = int(seq - m.taken)
	m.taken = seq
	// the newest mark at or before seq+1 stays, for the events after seq
	drop := 0
	for drop+1 < m.n && m.at[drop+1].first <= seq+1 {
		drop++
	}
	m.n = copy(m.at[:], m.at[drop:m.n])
	return events, received
}
