package report

// Kind is a kind of violation. Its text is what reports and tables show.
type Kind string

// The kinds, all of them.
const (
	Lost          Kind = "lost"           // an event that was sent never came, although the end did
	Doubled       Kind = "doubled"        // an event came twice
	Reordered     Kind = "reordered"      // an event came before an earlier one
	Altered       Kind = "altered"        // an event came with other contents
	Short         Kind = "short"          // a short answer was passed off as a whole one
	EndMissing    Kind = "end_missing"    // the stream never ended for its client
	EndTwice      Kind = "end_twice"      // it ended twice, or went on after its end
	BeyondCredit  Kind = "beyond_credit"  // an event came that was not granted
	BeyondBuffer  Kind = "beyond_buffer"  // more was unacknowledged than a buffer holds
	CancelMissing Kind = "cancel_missing" // the provider was not told in time that nobody reads
	CancelEarly   Kind = "cancel_early"   // the provider was cancelled while its client still read
)

// Kinds lists all of them, in the order of reports.
var Kinds = []Kind{Lost, Doubled, Reordered, Altered, Short, EndMissing, EndTwice,
	BeyondCredit, BeyondBuffer, CancelMissing, CancelEarly}

// sentences say to a person what a kind means.
var sentences = map[Kind]string{
	Lost:          "an event that the provider sent never came",
	Doubled:       "an event came twice",
	Reordered:     "an event came before an earlier one",
	Altered:       "an event came with other contents",
	Short:         "a short answer was passed off as a whole one",
	EndMissing:    "a stream never ended for its client",
	EndTwice:      "a stream ended twice, or went on after its end",
	BeyondCredit:  "an event came that the client had not granted",
	BeyondBuffer:  "more was unacknowledged than the buffer holds",
	CancelMissing: "the provider was not cancelled in time",
	CancelEarly:   "the provider was cancelled while its client still read",
}
