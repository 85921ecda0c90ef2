// Package session reads recorded sessions, in JSON lines or as a Markdown
// transcript, and tells whether two sessions are the same kind of session: what
// differs from run to run (keys, ids, hashes, fees) is replaced by symbols.
package session

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"chanbot/results"
)

// Entry is one thing that was seen on a socket of the session.
type Entry = results.FrameRecord

// The bounds of a session file.
const (
	// MaxLine is the length of the longest line of a recording, and of the
	// longest block of a transcript, in bytes.
	MaxLine = 8 << 20
	// MaxEntries is how many entries Read takes.
	MaxEntries = 1 << 20
)

// SyntaxError is a mistake in a session file.
type SyntaxError struct {
	// Line counts from 1.
	Line int
	// Reason is one sentence without a full stop.
	Reason string
}

// Error names the line and the reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Entries reads a session of either form, whichever it is: a file whose first
// character other than white space is "{" is a recording, any other one is a
// transcript. It reads as the caller asks for entries and stops after the
// first error; the entries before it are good.
func Entries(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		b := bufio.NewReader(r)
		read := Transcript
		if mark, _ := b.Peek(len(byteOrderMark)); bytes.Equal(mark, byteOrderMark) {
			b.Discard(len(byteOrderMark)) //nolint:errcheck // they are there
		}
		start, err := b.Peek(512) // fewer bytes come with an error, which the reader below meets again
		if t := bytes.TrimLeft(start, " \t\r\n"); len(t) > 0 && t[0] == '{' {
			read = Recording
		} else if err != nil && !errors.Is(err, io.EOF) {
			yield(Entry{}, err)
			return
		}
		for e, err := range read(b) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// Read reads all entries of a session of either form.
func Read(r io.Reader) ([]Entry, error) {
	var all []Entry
	for e, err := range Entries(r) {
		if err != nil {
			return all, err
		}
		if len(all) == MaxEntries {
			return all, fmt.Errorf("more than %d entries", MaxEntries)
		}
		all = append(all, e)
	}
	return all, nil
}

// ReadFile reads all entries of a session file.
func ReadFile(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	all, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", path, err)
	}
	return all, nil
}

// lines calls yield with each line, without its end, and the number of the
// line, until yield returns false.
func lines(r io.Reader, yield func(n int, line []byte) bool) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), MaxLine)
	n := 0
	for s.Scan() {
		n++
		if !yield(n, s.Bytes()) {
			return nil
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return &SyntaxError{Line: n + 1, Reason: fmt.Sprintf("longer than %d bytes", MaxLine)}
	}
	return s.Err()
}
