package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"chanbot/results"
)

// heading begins the heading of a transcript's block.
const heading = "#### "

// Transcript reads a Markdown transcript: blocks of a heading and a fenced
// text. The info blocks repeat in words what the frame before them says and are
// skipped, as is everything between blocks. A transcript has no times: T is
// zero. It reads as the caller asks for entries and stops after the first
// error.
func Transcript(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var t transcript
		var bad error
		stopped := false
		err := lines(r, func(n int, line []byte) bool {
			e, err := t.line(n, bytes.TrimSuffix(line, []byte("\r")))
			switch {
			case err != nil:
				bad = err
				return false
			case e != nil && !yield(*e, nil):
				stopped = true
				return false
			}
			return true
		})
		switch {
		case stopped:
			return
		case bad != nil:
			err = bad
		case err == nil:
			err = t.end()
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// transcript is where the reader is between two lines.
type transcript struct {
	n     int    // of the last line
	side  string // of the block that is being read, "" between blocks
	dir   string
	at    int    // the line of the block's heading
	fence string // the fence that ends the text, "" before it has begun
	text  []byte
	many  bool // text holds a line already

	stray   string // the fence of a text under no heading, "" outside one
	strayAt int    // its line
}

// line takes the next line and returns the entry that it completes, if any.
func (t *transcript) line(n int, line []byte) (*Entry, error) {
	t.n = n
	switch {
	case t.fence != "":
		return t.inText(string(line))
	case t.stray != "":
		return nil, t.inStray(string(line))
	case bytes.HasPrefix(line, []byte(heading)):
		if t.dir != "" {
			return nil, &SyntaxError{Line: t.at, Reason: "heading without a fenced text"}
		}
		return nil, t.begin(string(line[len(heading):]))
	case t.dir == "" && bytes.HasPrefix(line, []byte("```")):
		t.stray, t.strayAt = string(line[:len(line)-len(bytes.TrimLeft(line, "`"))]), n
		return nil, nil
	case t.dir == "" || len(bytes.TrimSpace(line)) == 0:
		return nil, nil
	}
	run := len(line) - len(bytes.TrimLeft(line, "`"))
	if run < 3 {
		return nil, &SyntaxError{Line: n, Reason: fmt.Sprintf("expected a fenced text after the heading of line %d", t.at)}
	}
	t.fence = string(line[:run])
	return nil, nil
}

// begin takes the heading of a block.
func (t *transcript) begin(text string) error {
	for _, h := range []struct{ suffix, dir string }{
		{results.HeadingOpens, results.DirConnect},
		{results.HeadingIn, results.DirIn},
		{results.HeadingOut, results.DirOut},
		{results.HeadingCloses, results.DirClose},
		{results.HeadingInfo, ""},
	} {
		side, ok := strings.CutSuffix(strings.TrimRight(text, " "), h.suffix)
		if !ok {
			continue
		}
		if !validSide(side) {
			return &SyntaxError{Line: t.n, Reason: fmt.Sprintf("side %q is no single word", side)}
		}
		t.side, t.dir, t.at = side, h.dir, t.n
		return nil
	}
	return &SyntaxError{Line: t.n, Reason: fmt.Sprintf("heading %q is none of a transcript; expected a side followed by %q, %q, %q, %q or %q",
		text, results.HeadingOpens, results.HeadingIn, results.HeadingOut, results.HeadingInfo, results.HeadingCloses)}
}

// inText takes a line of a fenced text.
func (t *transcript) inText(line string) (*Entry, error) {
	if strings.TrimRight(line, " ") == t.fence {
		e := Entry{Side: t.side, Dir: t.dir, Frame: frame(t.dir, t.text)}
		*t = transcript{n: t.n}
		return &e, nil
	}
	if t.many {
		t.text = append(t.text, '\n')
	}
	t.many = true
	t.text = append(t.text, line...)
	if len(t.text) > MaxLine {
		return nil, &SyntaxError{Line: t.at, Reason: fmt.Sprintf("block longer than %d bytes", MaxLine)}
	}
	return nil, nil
}

// inStray takes a line of a fenced text under no heading: any text may be there,
// but a frame or an address has lost its heading.
func (t *transcript) inStray(line string) error {
	switch line = strings.TrimSpace(line); {
	case line == t.stray:
		t.stray = ""
	case strings.HasPrefix(line, "{"), strings.HasPrefix(line, "ws://"), strings.HasPrefix(line, "wss://"):
		return &SyntaxError{Line: t.strayAt, Reason: fmt.Sprintf("a fenced frame or address without a heading like %q before it", heading+"initiator"+results.HeadingIn)}
	}
	return nil
}

// end tells whether the transcript may stop here.
func (t *transcript) end() error {
	switch {
	case t.fence != "":
		return &SyntaxError{Line: t.n, Reason: fmt.Sprintf("the fenced text of line %d does not end", t.at)}
	case t.dir != "":
		return &SyntaxError{Line: t.at, Reason: "heading without a fenced text"}
	}
	return nil
}

// frame makes the Frame of an entry out of the text of its block.
func frame(dir string, text []byte) json.RawMessage {
	switch dir {
	case results.DirClose:
		return json.RawMessage(`{"code":1000,"reason":""}`) // the format has no code
	case results.DirConnect:
		text = bytes.TrimSpace(text)
	}
	return results.FrameOf(text)
}
