// Package check holds what a provider sent against what an application got,
// stream by stream, and names every promise that was broken on the way.
//
// A [Stream] is told from both ends: by the provider's side what was sent and
// when ([Stream.Sent], [Stream.CallOver]), by the client's side what came and
// what the client did ([Stream.Got], [Stream.Acked], [Stream.Left]). An event
// is remembered by its hash, until it has come and is acknowledged: a stream's
// memory is what is under way, whatever its length.
//
// It knows no transport and no gateway. Where the provider's side is somebody
// else's it judges what the client's side alone can tell.
package check
