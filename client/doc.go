// Package client opens streams at a gateway and reads them at the
// application's own pace, over the protocol tidegate.1 (docs/protocol.md).
//
// The pace is the application's because the gateway sends no event that was
// not granted, and grants follow what a loop over [Stream.Events] has applied:
// a slow loop slows the model's provider, not the memory of anything between.
// When a connection breaks, the stream goes on over the next one; the
// application sees every event once.
package client
