package session

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/results"
	"chanbot/wire"
)

// blocksPass is a note of who made the session about blocks that no frame shows.
var blocksPass = regexp.MustCompile(`\b([0-9]+) key blocks? pass`)

// longGap is the shortest time in which something may have happened that no
// frame shows: key blocks, one a second.
const longGap = 1200 * time.Millisecond

// lost says that a client's frame never reached the node, and notes it.
func (im *importer) lost(i int, k *link) bool {
	e := im.entries[i]
	switch {
	case e.Dir == results.DirConnect:
		if path := pathOf(k); path != "/channel" {
			im.note(i, "a connection to the path %q; chanbot connects to the path of its node", path)
			return true
		}
		return false
	case k.end >= 0 && k.end < i:
		im.note(i, "a frame on a socket that was closed already")
		return true
	case im.crosses(i, k) && actionOf(e.Frame) != wire.ActionStop:
		im.note(i, "a frame that crossed the end of its socket")
		return true
	}
	return false
}

// meanwhile adds what happens in a time in which no frame came and no client
// did anything.
func (im *importer) meanwhile(i int, k *link, gap time.Duration) {
	switch {
	case im.kept[i] || gap > longGap && im.unanswered(i, k) || gap >= shortGap && im.absent(i):
		im.rest(i, k, gap)
	case len(im.steps) > 0 && gap > blink && gap < longGap && im.steps[len(im.steps)-1].quiet() && im.steps[len(im.steps)-1].link != k:
		im.rest(i, k, gap)
	}
}

// absent says that a client has dropped out of a channel, to which it has not come
// back by an entry: the timers of its machine run, and nobody hears of it.
func (im *importer) absent(at int) bool {
	for _, k := range im.all.all {
		back := func(o *link) bool { return o.role == k.role && o.joins && o.begin > k.end && o.begin < at }
		if k.dropped && !k.dead && !slices.ContainsFunc(im.all.all, back) {
			return true
		}
	}
	return false
}

// shortGap is the shortest time that is kept while a timer of the node runs.
const shortGap = 300 * time.Millisecond

// keptGaps finds the clients' entries before which time has to pass: while a timer
// of the node ran that ran out later. Without that time the timers of the other
// side, which began later, would run out with it.
func (im *importer) keptGaps() map[int]bool {
	kept := make(map[int]bool)
	for i, e := range im.entries {
		k := im.links[i]
		if k == nil || i == 0 || e.Dir != results.DirIn || e.T-im.entries[i-1].T < shortGap {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		if name := f.Name(); withBlock(name) || withDepth(name) {
			continue
		}
		since := im.timerBegan(i, k)
		for j := i - 1; j > 0 && im.entries[j].T > since; j-- {
			d := im.entries[j].Dir
			if im.links[j] != nil && (d == results.DirOut || d == results.DirConnect) && im.gap(j) >= shortGap {
				kept[j] = true
			}
		}
	}
	im.keepPending(kept)
	return kept
}

// gap is the time between an entry and the last one before that is of a socket.
func (im *importer) gap(at int) time.Duration {
	for i := at - 1; i >= 0; i-- {
		if im.links[i] != nil {
			return im.entries[at].T - im.entries[i].T
		}
	}
	return 0
}

// keepPending finds the clients' entries before which time has to pass because an
// operation of a socket was left where it was for longer than one of its timers:
// whatever that led to, no frame may tell.
func (im *importer) keepPending(kept map[int]bool) {
	since := make(map[*link]int) // the entry with which it was left
	for i, e := range im.entries {
		k := im.links[i]
		if k == nil {
			continue
		}
		switch e.Dir {
		case results.DirOut, results.DirConnect:
			for o, from := range since {
				if !o.outlasted(e.T - im.entries[from].T) {
					continue
				}
				for j := from + 1; j <= i; j++ {
					d := im.entries[j].Dir
					if im.links[j] != nil && (d == results.DirOut || d == results.DirConnect) && im.gap(j) >= shortGap {
						kept[j] = true
					}
				}
				delete(since, o)
			}
			if signedOf(e.Frame) != "" {
				since[k] = i
			}
		case results.DirIn:
			f := wire.DecodeFrame(bytes.Clone(e.Frame))
			switch {
			case f.Sign != nil:
				since[k] = i
			case f.Kind != wire.KindResult && f.Kind != wire.KindError && f.Name() != "message":
				delete(since, k)
			}
		case results.DirClose:
			if !ownClose(im.entries, i) {
				delete(since, k)
			}
		}
	}
}

// outlasted says whether a time is longer than the shortest timer that a
// connection sets.
func (k *link) outlasted(d time.Duration) bool {
	for _, name := range timeoutNames {
		ms, err := strconv.ParseInt(k.query.Get("timeout_"+name), 10, 64)
		if err == nil && ms > 0 && d >= time.Duration(ms)*time.Millisecond*9/10 {
			return true
		}
	}
	return false
}

// timerBegan says since when the timer ran that ran out at an entry: the longest
// one of its socket that something had started, or else since the last thing that
// happened there.
func (im *importer) timerBegan(at int, k *link) time.Duration {
	end := im.entries[at].T
	since := time.Duration(-1)
	for i := at - 1; i >= 0; i-- {
		if im.links[i] != k {
			continue
		}
		begin := im.entries[i].T
		if since < 0 {
			since = begin
		}
		if k.timer(end - begin) {
			since = begin
		}
		if im.entries[i].Dir == results.DirConnect {
			break
		}
	}
	return max(since, 0)
}

// blink is a time in which a node takes up what it was sent.
const blink = 2 * time.Millisecond

// quiet says that the step led to no frame that shows that the node has taken up
// what was sent.
func (s *importStep) quiet() bool {
	for _, list := range s.frames {
		if len(list) > 0 {
			return false
		}
	}
	return s.link != nil && !s.connects
}

// unanswered says whether a request of a socket with an id has no answer at an
// entry: the node may be blocked.
func (im *importer) unanswered(at int, k *link) bool {
	for i := at - 1; i >= 0; i-- {
		if im.links[i] != k {
			continue
		}
		switch im.entries[i].Dir {
		case results.DirOut:
			f, ok := envelopeOf(im.entries[i])
			return ok && f.ID != nil && string(f.ID) != "null"
		case results.DirIn:
			return false
		}
	}
	return false
}

// emptyPing is a WebSocket ping without data, masked with zeros.
const emptyPing = "898000000000"

// absence is the time that a node gets to bring a channel to the same point on
// both sides before a client comes back that could not watch it.
const absence = 50 * time.Millisecond

// hasty says that a client which comes back at an entry got no time before: the
// node refuses it while it still serves the other side, or the first thing that a
// client hears which came back then is something that was on its way before.
func (im *importer) hasty(at int, k *link) bool {
	if !k.seen[wire.EventFSMUp] {
		return im.alive[labelOf(k.role.Peer(), k.number)]
	}
	t := im.entries[at].T
	for _, o := range im.all.all {
		if o.joins && o.begin >= at && im.entries[o.begin].T-t < nearby && im.metBefore(o) {
			return true
		}
	}
	return false
}

// metBefore says whether the first thing that a client hears after it came back is
// the end of its channel or what its peer had signed before, with no client sending
// anything in between.
func (im *importer) metBefore(k *link) bool {
	for i := k.begin + 1; i < len(im.entries); i++ {
		e, o := im.entries[i], im.links[i]
		switch {
		case o == nil || e.Dir == results.DirOpened || e.Dir == results.DirConnect:
		case e.Dir == results.DirOut || e.T-im.entries[k.begin].T >= nearby:
			return false
		case o == k && e.Dir == results.DirIn:
			f := wire.DecodeFrame(bytes.Clone(e.Frame))
			if f.Conflict != nil {
				return true
			}
			switch f.Name() {
			case "info fsm_up":
			case "info died", "info update", "info deposit_created", "info withdraw_created", "info shutdown":
				return true
			default:
				return false
			}
		}
	}
	return false
}

// rest adds a step in which nothing happens.
func (im *importer) rest(entry int, k *link, d time.Duration) {
	if d = d.Round(time.Millisecond); d <= 0 {
		return
	}
	im.steps = append(im.steps, &importStep{
		entry: entry, subject: k.label, action: mapping{{"wait", duration(d)}}, loose: true, frames: map[string][]string{},
	})
}

// aftermath is the time after a conflict of both sides in which each of them may
// still hear of it from the other, and takes it for one with what it asks for now
// (fsm.md 5.2).
const aftermath = 20 * time.Millisecond

// calm lets the aftermath of a conflict pass before a request for a new state to
// which it did nothing.
func (im *importer) calm() {
	var out []*importStep
	for n, s := range im.steps {
		if n > 0 && s.link != nil && strings.HasPrefix(s.effect, "sign.") && slices.Contains(s.frames[s.link.label], s.effect) && bothConflict(im.steps[n-1]) {
			out = append(out, &importStep{
				entry: s.entry, subject: s.link.label, action: mapping{{"wait", duration(aftermath)}}, loose: true, frames: map[string][]string{},
			})
		}
		out = append(out, s)
	}
	im.steps = out
}

// bothConflict says whether two sockets got a conflict by the node in a step.
func bothConflict(s *importStep) bool {
	n := 0
	for _, list := range s.frames {
		n += min(count(list, "conflict 2"), 1)
	}
	return n > 1
}
