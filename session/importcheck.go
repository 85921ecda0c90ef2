package session

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"chanbot/results"
	"chanbot/tx"
)

// byteOrderMark is what some editors put before a text.
var byteOrderMark = []byte("\ufeff")

// anew is how far the time goes back where another session begins.
const anew = time.Second

// checkEntries looks for what no session has, but a file that an editor has
// changed, or one of two sessions. The error is a *SyntaxError.
func checkEntries(entries []Entry, lines []int, recording bool) error {
	var latest time.Duration
	for i, e := range entries {
		wrong := func(format string, args ...any) error {
			line := 0
			if i < len(lines) {
				line = lines[i]
			}
			return &SyntaxError{Line: line, Reason: fmt.Sprintf(format, args...)}
		}
		switch {
		case e.Dir == results.DirConnect && latest-e.T > anew:
			return wrong("the time begins anew here, as in a second session; put each session into a file of its own")
		case e.Dir == results.DirConnect:
			text := string(e.Text())
			u, err := url.Parse(text)
			if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || strings.ContainsAny(text, " \r\n\t") {
				return wrong("a connection needs an address that begins with ws:// or wss:// and has no white space, not %.60q", text)
			}
		case e.Dir == results.DirIn && !recording && !bytes.HasPrefix(bytes.TrimSpace(e.Frame), []byte("{")):
			return wrong("what the node sent is no JSON object; an editor may have wrapped or changed it: %.60q", e.Text())
		}
		latest = max(latest, e.T)
	}
	return nil
}

// nothing is the error of a file in which no client does anything.
func nothing(file string, entries []Entry) error {
	if len(entries) > 0 {
		return fmt.Errorf("read session %s: no client does anything in it", file)
	}
	return fmt.Errorf("read session %s: no line of it begins with %q, as those of a recording do, and none is a heading like %q, as in a transcript", file, "{", heading+"initiator ---> node")
}

// noNetwork notes the first signature when none of the session fits any account on
// the network that it is taken to be of.
func (im *importer) noNetwork() {
	first := -1
	for i, e := range im.entries {
		s, err := tx.ParseSigned(signedOf(e.Frame))
		if err != nil {
			continue
		}
		for _, sig := range s.Signatures {
			if first < 0 {
				first = i
			}
			for _, id := range im.accounts.all() {
				for _, network := range []string{im.network, im.network + tx.InnerTxSuffix} {
					if _, ok := tx.VerifyForm(id, network, s.Tx, sig); ok {
						return
					}
				}
			}
		}
	}
	if first >= 0 {
		im.note(first, "no signature of the session was made by its accounts for the network %q, so each one is taken for a stranger's; --network-id says which network it was", im.network)
	}
}
