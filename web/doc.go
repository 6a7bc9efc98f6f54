// Package web holds what browsers load from the gateway itself: the playground
// and the client library that it runs on.
package web
