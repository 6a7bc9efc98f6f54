// Package upstream makes calls to model providers: it finds the provider that
// a model stands for, sends the call, and pumps the provider's events into a
// stream. It knows nothing of clients.
package upstream
