// Package stream is the contract between a model provider, which pushes and
// can't be asked to replay, and a consumer, which reads at its own pace,
// pauses and disappears. docs/contract.md is its text.
//
//	producer --Append--> Encoder --> buffer (4096 bytes) --> Decoder --Next--> Reader
//	         <--waits--  full until drained to half      <-------Ack---------
//
// Both keep up: every event appended is handed out at the next Flush.
// The consumer pauses: events wait in the buffer, each as its difference from
// the event before it. The buffer is full: Append waits, and Stall is told.
// The consumer is gone: a new Reader goes on after the last event that the
// consumer has applied. Whoever calls End first ends the stream, once.
//
// No event is dropped, doubled or reordered. Nothing here knows of sockets,
// HTTP or metrics; the clock and the wake-ups are handed in.
package stream
