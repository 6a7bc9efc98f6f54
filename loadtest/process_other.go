//go:build !linux

package loadtest

// ofProcess does nothing: there is no /proc.
func ofProcess(int, *figures) {}

func ownCPU() float64 { return 0 }

func machine() (kernel, processor string, memory int64) { return "", "", 0 }
