// Package upstream makes calls to model providers: it finds the targets that a
// model stands for, asks one after the other until one begins to answer, and
// pumps that one's events into a stream. What bounds a provider's calls, its
// keys, places and breakers, is here as well. It knows nothing of clients.
//
// docs/routes.md tells what happens to a call, for people.
package upstream
