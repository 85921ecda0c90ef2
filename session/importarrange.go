package session

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"chanbot/results"
	"chanbot/wire"
)

// item is an entry on its way to its place in the scenario.
type item struct {
	Entry
	line    int
	link    *link
	answers *item // the client's frame that it answers, nil for none
}

// nearby is how far the entries of one race lie apart at most, and reach how many
// of them there are.
const (
	nearby = 50 * time.Millisecond
	reach  = 64
)

// arrange brings the entries of sockets that race into an order that comes out
// the same whenever it is played: the order in which the machines of the node
// took things up, as far as the session tells. The order on each socket stays,
// but that a client's frame may come later, or what answers it earlier.
func (im *importer) arrange() {
	to := answersTo(im.entries, im.links)
	list := make([]*item, len(im.entries))
	for i, e := range im.entries {
		list[i] = &item{Entry: e, line: im.lines[i], link: im.links[i]}
	}
	for i, at := range to {
		if at >= 0 {
			list[i].answers = list[at]
		}
	}
	for i := 0; i < len(list); i++ {
		if n := takenUp(list, i); n > i { // what moved up is looked at next
			moveBack(list, i, n)
			i--
		}
	}
	for i := range list {
		answeredAtOnce(list, i)
	}
	for i := range list {
		crossed(list, i)
	}
	for i := range list {
		lastBlock(list, i)
	}
	for i := range list {
		beforeLocked(list, i)
	}
	im.answered, im.asked = make(map[int]bool), make(map[int]int)
	at := make(map[*item]int, len(list))
	for i, x := range list {
		at[x] = i
		if x.answers != nil {
			im.asked[i] = at[x.answers]
			im.answered[at[x.answers]] = true
		}
		im.entries[i], im.lines[i], im.links[i] = x.Entry, x.line, x.link
		if x.link == nil {
			continue
		}
		switch x.Dir {
		case results.DirConnect:
			x.link.begin = i
		case results.DirClose:
			x.link.end = i
		}
	}
}

// isSend says that an item is a frame of a client whose place may be another one
// than where it was sent.
func (x *item) isSend() bool { return x.link != nil && x.Dir == results.DirOut }

// near says whether two items can be part of one race; a transcript does not say
// how far apart they are.
func (x *item) near(y *item) bool { return y.T-x.T < nearby }

// takenUp returns the place behind which the client's frame at i was taken up:
// that of the last frame that its socket got before the answer. It is i when the
// frame stays where it is.
func takenUp(list []*item, i int) int {
	s := list[i]
	if !s.isSend() || actionOf(s.Frame) == wire.ActionStop {
		return i
	}
	last, sends, own := i, false, false
	for j := i + 1; j < min(len(list), i+reach); j++ {
		x := list[j]
		switch {
		case x.link != s.link:
			sends = sends || x.isSend()
		case x.answers == s:
			return last
		case x.Dir == results.DirOut:
			own = true
		case x.Dir != results.DirIn || !s.near(x) || x.T == 0 && sends || own && x.answers == nil:
			return i
		case !own:
			last = j
		}
	}
	return i
}

// moveBack puts the item at i behind the one at n.
func moveBack(list []*item, i, n int) {
	s := list[i]
	copy(list[i:n], list[i+1:n+1])
	s.T = max(s.T, list[n-1].T)
	list[n] = s
}

// moveUp puts the item at n before the one at i.
func moveUp(list []*item, n, i int) {
	s := list[n]
	copy(list[i+1:n+1], list[i:n])
	list[i] = s
}

// answeredAtOnce puts the answers to the client's frame at i right behind it,
// before what others sent meanwhile, so that they do not race with that.
func answeredAtOnce(list []*item, i int) {
	s := list[i]
	if !s.isSend() || actionOf(s.Frame) == wire.ActionStop {
		return
	}
	if n := conflictAfter(list, i); n > i {
		moveBack(list, i, n)
		return
	}
	at := i + 1
	var foreign bool // frames of other sockets
	for j := i + 1; j < min(len(list), i+reach); j++ {
		x := list[j]
		switch {
		case x.link == s.link && x.answers == s:
			if !s.near(x) || x.T == 0 && foreign {
				return
			}
			moveUp(list, j, at)
			at++
		case x.link == s.link && x.Dir != results.DirOut, waitsFor(s, x):
			return
		case x.link != nil && x.link != s.link && !x.isSend() && x.answers == nil:
			foreign = true
		}
	}
}

// waitsFor says whether a request for a new state may have had to wait for what the
// other side sends: its signature under the state before.
func waitsFor(s, x *item) bool {
	if x.link == nil || x.link == s.link || !x.isSend() || signedOf(x.Frame) == "" {
		return false
	}
	own, ok := envelopeOf(s.Entry)
	ack, isAck := envelopeOf(x.Entry)
	return ok && isAck && importRequests[own.Method].effect != "" && strings.HasSuffix(ack.Method, "_ack")
}

// conflictAfter returns the place behind which the request at i was taken up that
// ended in a conflict: that of the last answer to what the other side had asked for
// meanwhile, which it got before the word of the conflict could come. It is i when
// there is none.
func conflictAfter(list []*item, i int) int {
	s, last := list[i], i
	for j := i + 1; j < min(len(list), i+reach); j++ {
		x := list[j]
		switch {
		case x.link == nil:
		case !s.near(x):
			return i
		case x.link == s.link:
			if x.answers != s || !bytes.Contains(x.Frame, []byte(wire.MethodConflict)) {
				return i
			}
			if k := answerBehind(list, i, j); last == i && k > j {
				moveUp(list, k, j)
				last = j
			}
			return last
		case x.link.role == s.link.role || x.link.number != s.link.number:
			return i
		case x.answers != nil && slices.Contains(list[i+1:j], x.answers):
			last = j
		case !x.isSend():
			return i
		}
	}
	return i
}

// answerBehind returns where the answer to what the other side asked for between
// two places comes as the next thing that it hears, a moment behind them: it was
// chance which client heard first. It is 0 when there is none.
func answerBehind(list []*item, from, to int) int {
	s := list[from]
	for k := to + 1; k < min(len(list), to+reach) && s.near(list[k]); k++ {
		x := list[k]
		if x.link == nil || x.link == s.link {
			continue
		}
		if x.link.number == s.link.number && x.answers != nil && slices.Contains(list[from+1:to], x.answers) && !bytes.Contains(x.Frame, []byte(wire.MethodConflict)) {
			return k
		}
		break
	}
	return 0
}

// crossed looks for a client's frame that its socket answered before it heard of
// what the other side had signed just before, at i, and puts it before that. What
// the other side sent behind it may lie between. When the frame asked for a new
// state and that was signed as well, the two signatures come one after the other:
// they crossed.
func crossed(list []*item, i int) {
	s := list[i]
	if !s.isSend() || signedOf(s.Frame) == "" {
		return
	}
	for j := i + 1; j < min(len(list), i+reach); j++ {
		x := list[j]
		switch {
		case x.link == nil || x.link == s.link && (x.isSend() || x.answers != nil):
			continue
		case !s.near(x) || !x.isSend() || x.link.role == s.link.role || x.link.number != s.link.number:
			return
		}
		n := j + 1    // behind its answers
		told := false // the other side hears of it as well
		for n < len(list) && list[n].answers == x {
			told = told || bytes.Contains(list[n].Frame, []byte(wire.MethodConflict))
			n++
		}
		if n == j+1 || told || signedOf(x.Frame) != "" || actionOf(x.Frame) == wire.ActionStop {
			return
		}
		for k := j; k < n; k++ {
			moveUp(list, k, i+k-j)
		}
		signedTogether(list, i+n-j, x.link)
		return
	}
}

// signedTogether puts what the other side of the signature at i signed before it
// heard of that right behind it and its answer, before whatever its client sent
// next.
func signedTogether(list []*item, i int, other *link) {
	s := list[i]
	at := i + 1
	for at < len(list) && list[at].answers == s {
		at++
	}
	for j := at; j < min(len(list), i+reach); j++ {
		x := list[j]
		switch {
		case x.link == nil || x.link == s.link && (x.isSend() || x.answers != nil):
			continue
		case x.link != other || !s.near(x) || !x.isSend() || signedOf(x.Frame) == "":
			return
		}
		n := j + 1
		for n < len(list) && list[n].answers == x && !bytes.Contains(list[n].Frame, []byte(wire.MethodConflict)) {
			n++
		}
		for k := j; k < n; k++ {
			moveUp(list, k, at+k-j)
		}
		return
	}
}

// lastBlock looks for the stop at i that met a block: what came with that before
// the end was on its way when the client sent the stop, and is put before it.
func lastBlock(list []*item, i int) {
	s := list[i]
	if !s.isSend() || actionOf(s.Frame) != wire.ActionStop {
		return
	}
	var early []int // where the frames of blocks are
	others := make(map[*link]bool)
	for j := i + 1; j < min(len(list), i+reach); j++ {
		x := list[j]
		switch {
		case x.link == nil:
			continue
		case !s.near(x) || x.Dir != results.DirIn && x.link != s.link:
			return
		}
		f := wire.DecodeFrame(bytes.Clone(x.Frame))
		switch name := f.Name(); {
		case withBlock(name) && !others[x.link]:
			early = append(early, j)
		case x.link == s.link && name == "info died":
			if !slices.ContainsFunc(early, func(j int) bool { return list[j].link == s.link }) {
				return
			}
			for _, j := range early {
				moveUp(list, j, i)
				i++
			}
			return
		case x.answers != s:
			others[x.link] = true
		}
	}
}

// beforeLocked looks for a client's frame at i that was answered just before its
// socket heard that the other side has locked the state, and puts it and its
// answers to where nothing but the own socket is waited for: the word of the other
// side was on its way.
func beforeLocked(list []*item, i int) {
	s := list[i]
	if !s.isSend() {
		return
	}
	own := []*item{s}
	told := false
	for j := i + 1; j < min(len(list), i+reach) && !told; j++ {
		x := list[j]
		switch {
		case x.link != s.link:
			if x.isSend() {
				return
			}
			continue
		case x.answers == s:
			own = append(own, x)
			continue
		case x.Dir != results.DirIn || !s.near(x) || len(own) == 1:
			return
		}
		f := wire.DecodeFrame(bytes.Clone(x.Frame))
		switch f.Name() {
		case "info funding_locked", "info deposit_locked", "info withdraw_locked":
			told = true
		default:
			return
		}
	}
	to := i
	for told && to > 0 && list[to-1].link != nil && list[to-1].link != s.link && list[to-1].Dir == results.DirIn && list[to-1].near(s) {
		to--
	}
	if to == i {
		return
	}
	for n, x := range own {
		moveUp(list, slices.Index(list, x), to+n)
	}
}
