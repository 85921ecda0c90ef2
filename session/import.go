package session

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/tx"
)

// ImportOptions say how a session is imported. The zero value works.
type ImportOptions struct {
	// Name is the name of the scenario; the file's by default.
	Name string
	// NetworkID is the network that the clients of the session signed for. Empty
	// finds it out among those that are known.
	NetworkID string
}

// Imported is a session as a scenario.
type Imported struct {
	// Scenario is the YAML.
	Scenario []byte
	// Notes say what it does not express, in the order of the session.
	Notes []Note
	// Entries are those of the session.
	Entries []Entry
	// Labels are the sockets of the entries in the words of a scenario, "" for
	// an entry of no socket.
	Labels  []string
	lines   []int            // of the entries
	uncoded bool             // closes have no code
	oddly   bool             // answers to history.fetch do not count
	raced   bool             // nor does the order of their entries
	loose   map[segment]bool // sockets whose end is not judged
	partial map[segment]bool // sockets of which a run may get more than the session
	maybe   map[frameOf]bool // frames that come or do not
	lost    map[int]bool     // entries that the scenario leaves out
	sent    map[string]int   // by label: what its clients send, connections too

	// Old says that the session was recorded with a node from before April 2020.
	Old bool
}

// Note is something that a scenario does not express.
type Note struct {
	// Line of the session file, from 1.
	Line int
	// Reason is one sentence without a full stop.
	Reason string
}

// Import reads a session, a transcript or a recording, and writes a scenario
// with the same client actions and answers, and with the same frames expected on
// each side. Frames of one socket are expected in their order; how the sockets
// interleave is left open. file names the session. The error is a *SyntaxError
// or another one of Read when data is no session.
func Import(file string, data []byte, o ImportOptions) (*Imported, error) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	entries, err := Read(bytes.NewReader(data))
	at := lineNumbers(data)
	if err == nil {
		err = checkEntries(entries, at, isRecording(data))
	}
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", file, err)
	}
	if o.Name == "" {
		o.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	im := newImporter(entries, at, o)
	im.uncoded = !isRecording(data)
	im.run()
	sent, raced := im.sent(), im.raced()
	im.onTime()
	im.missed()
	im.cutShortByEnd()
	im.lateAnswers()
	im.calm()
	im.fold()
	if !slices.ContainsFunc(im.steps, func(s *importStep) bool { return s.sends }) {
		return nil, nothing(file, entries)
	}
	out := &Imported{Entries: im.entries, Old: im.old, Labels: make([]string, len(im.entries)), lines: im.lines, lost: im.left, loose: im.loose, partial: im.partial(), maybe: im.maybe, sent: sent, uncoded: im.uncoded, oddly: im.oddly, raced: raced}
	for i, k := range im.links {
		if k != nil {
			out.Labels[i] = k.label
		}
	}
	out.Scenario = im.print(filepath.Base(file))
	out.Notes = im.notes
	slices.SortStableFunc(out.Notes, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return out, nil
}

// isRecording says of which form a session is.
func isRecording(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
}

// lineNumbers returns the line of each entry of a session that Read takes.
func lineNumbers(data []byte) []int {
	recording := isRecording(data)
	var at []int
	fence := ""
	for n, line := range bytes.Split(data, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case recording:
			if len(bytes.TrimSpace(line)) > 0 {
				at = append(at, n+1)
			}
		case fence != "":
			if strings.TrimRight(string(line), " ") == fence {
				fence = ""
			}
		case bytes.HasPrefix(line, []byte(heading)):
			if !bytes.HasSuffix(bytes.TrimRight(line, " "), []byte(" info")) {
				at = append(at, n+1)
			}
		case bytes.HasPrefix(line, []byte("```")):
			fence = string(line[:len(line)-len(bytes.TrimLeft(line, "`"))])
		}
	}
	return at
}

var noName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// nameOf makes the name of a scenario.
func nameOf(text string) string {
	text = strings.Trim(noName.ReplaceAllString(text, "-"), "-._")
	if text == "" {
		return "imported"
	}
	return text[:min(len(text), 100)]
}

// importer turns the entries of a session into steps.
type importer struct {
	o       ImportOptions
	entries []Entry
	lines   []int
	all     *links
	links   []*link // of each entry
	notes   []Note

	old      bool
	network  string
	accounts accounts
	channel  channelBlock

	left     map[int]bool     // entries that are left out
	kept     map[int]bool     // entries before which time passes
	answered map[int]bool     // clients' frames that the node has answered
	asked    map[int]int      // by answer of the node: the frame of its client
	oddly    bool             // a history came out as ok
	pins     bool             // the request that is being read names a block
	loose    map[segment]bool // sockets whose end is not judged
	maybe    map[frameOf]bool // frames that come or do not
	steps    []*importStep
	offers   []*offer
	first    outcome.Role       // who connects first when open connects both
	noIDs    [2]bool            // signatures carry no id, by role
	pairs    int                // of accounts
	owners   map[string]string  // by label: the label whose channel it has
	ids      map[string]*idents // by label
	stopIDs  map[stopID]bool    // of all stops; nil before somebody asks
	ended    map[string]bool    // by label: its channel has died
	alive    map[string]bool    // by label: it has a socket
	watched  map[string]string  // by label: the hash of the last transaction on its way to the chain
	closing  bool               // a client has signed a solo close
	stopped  *link              // the first one of the channel that asked to stop
	uncoded  bool               // a transcript, which has no codes of closes
	silent   bool               // the node closes a socket because its client sends nothing
}

func newImporter(entries []Entry, lines []int, o ImportOptions) *importer {
	im := &importer{o: o, watched: make(map[string]string), left: make(map[int]bool), loose: make(map[segment]bool), maybe: make(map[frameOf]bool)}
	entries, lines, pings := withoutPings(entries, lines)
	im.entries, im.lines, im.notes = fill(reorder(entries, lines))
	im.notes = append(im.notes, pings...)
	im.all, im.links = linksOf(im.entries)
	im.pairs = im.all.number()
	im.owners, im.ids = make(map[string]string), make(map[string]*idents)
	im.ended, im.alive = make(map[string]bool), make(map[string]bool)
	im.arrange()
	im.accounts = accountsOf(im.entries, im.links)
	im.old = isOld(im.entries)
	im.network = networkOf(im.entries, im.accounts, o.NetworkID)
	im.channel = im.channelBlock()
	im.noNetwork()
	im.silent = im.isSilent()
	im.kept = im.keptGaps()
	im.noIDs = im.idless()
	return im
}

// partial returns the sockets of which a run may get more than the session has:
// their clients closed them, or the session ends first.
func (im *importer) partial() map[segment]bool {
	all := make(map[segment]bool)
	for _, k := range im.all.all {
		if k.end < 0 || ownClose(im.entries, k.end) {
			all[im.segment(k)] = true
		}
	}
	return all
}

// sent counts what the steps of each socket send.
func (im *importer) sent() map[string]int {
	n := make(map[string]int)
	for _, s := range im.steps {
		if s.sends {
			n[s.link.label]++
		}
	}
	return n
}

// note says that an entry is not expressed.
func (im *importer) note(entry int, format string, args ...any) {
	line := 0
	if entry < len(im.lines) {
		line = im.lines[entry]
	}
	im.notes = append(im.notes, Note{Line: line, Reason: fmt.Sprintf(format, args...)})
}

// networks are the ones that a session may have been signed for.
var networks = []string{"ae_dev", "local_iris_testnet", "local_ceres_testnet", "local_lima_testnet", "local_testnet", "ae_uat", "ae_mainnet"}

// networkOf finds the network for which the first signature was made.
func networkOf(entries []Entry, a accounts, given string) string {
	if given != "" {
		return given
	}
	for _, e := range entries {
		text := signedOf(e.Frame)
		s, err := tx.ParseSigned(text)
		if text == "" || err != nil {
			continue
		}
		for _, sig := range s.Signatures {
			for _, id := range a.all() {
				for _, n := range networks {
					if tx.Verify(id, n, s.Tx, sig) {
						return n
					}
				}
			}
		}
	}
	return networks[0]
}
