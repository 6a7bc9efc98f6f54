package provider

import (
	"io"
	"os"
)

// events cuts a recorded body after every blank line, whatever its line ends.
// The pieces joined are the body. Bytes after the last blank line are a piece
// of their own.
func events(body []byte) [][]byte {
	var all [][]byte
	start, line := 0, 0
	for i := 0; i < len(body); i++ {
		if body[i] != '\n' && body[i] != '\r' {
			continue
		}
		blank := i == line && line > start
		if body[i] == '\r' && i+1 < len(body) && body[i+1] == '\n' {
			i++
		}
		line = i + 1
		if blank {
			all = append(all, body[start:line])
			start = line
		}
	}
	if start < len(body) {
		all = append(all, body[start:])
	}
	return all
}

// readTranscript reads a file that a script names. The folder is opened as a
// root, so that no name, symbolic link or ".." leads out of it.
func readTranscript(folder, name string) ([]byte, error) {
	if folder == "" {
		return nil, badScript("file: this provider has no folder of transcripts")
	}
	f, err := os.OpenInRoot(folder, name)
	if err != nil {
		// The system's own error would show the folder to a stranger.
		return nil, badScript("file: no transcript %q", name)
	}
	defer func() { _ = f.Close() }() // read only: nothing is lost
	body, err := io.ReadAll(io.LimitReader(f, MaxTranscript+1))
	if err != nil {
		return nil, badScript("file: %q cannot be read", name)
	}
	if len(body) > MaxTranscript {
		return nil, badScript("file: %q is larger than %d bytes", name, MaxTranscript)
	}
	return body, nil
}
