//go:build !unix

package downstream

// once writes nothing: a goroutine of its own writes every time.
func (t *tryWriter) once(uintptr) bool { return true }
