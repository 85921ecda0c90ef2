package session

import (
	"slices"

	"chanbot/outcome"
)

// cutShortByEnd leaves open whether the frames of a block come to the two sides of
// a channel when one of them ended at the same instant: in the session one side got
// them and the other one did not, so the block lay between the ends of the two
// machines, and no scenario can put one there.
func (im *importer) cutShortByEnd() {
	for n, s := range im.steps {
		for _, label := range slices.Clone(s.sockets) {
			peer := im.opposite(label)
			if !slices.Contains(s.frames[peer], "info died") {
				continue
			}
			prev := im.waiting(n)
			for _, from := range []*importStep{prev, s} {
				if from == nil || from == prev && (s.begin-prev.end >= nearby || len(prev.frames[label]) == 0) {
					continue
				}
				list := from.frames[label]
				at := slices.IndexFunc(list, withBlock)
				if from == prev {
					at = len(list) - 1 // the last one before
				}
				if at < 0 || !withBlock(list[at]) || im.heard(n, label, list[at]) <= im.heard(n, peer, list[at]) {
					continue
				}
				to := at + 1 // with a depth of 0 the block locks the state as well
				for to < len(list) && withBlock(list[to]) && im.heard(n, label, list[to]) > im.heard(n, peer, list[to]) {
					to++
				}
				var names []string
				for _, name := range list[at:to] {
					names = append(names, name+"?")
					im.maybe[frameOf{label, name}], im.maybe[frameOf{peer, name}] = true, true
				}
				from.frames[label] = slices.Delete(slices.Clone(list), at, to)
				if from == prev {
					at = 0
				}
				s.expect(label)
				s.frames[label] = slices.Insert(slices.Clone(s.frames[label]), at, names...)
				s.frames[peer] = slices.Insert(slices.Clone(s.frames[peer]), endOf(s.frames[peer]), names...)
			}
		}
	}
}

// frameOf is a name of frames on the sockets of a label.
type frameOf struct{ label, name string }

// heard counts how often a socket has got a frame by a step, since its channel
// began.
func (im *importer) heard(n int, label, name string) (times int) {
	for _, s := range im.steps[:n+1] {
		if s.connects && s.link.label == label && !s.link.joins {
			times = 0
		}
		times += count(s.frames[label], name)
	}
	return times
}

// opposite returns the label of the other side.
func (im *importer) opposite(label string) string {
	for _, k := range im.all.all {
		if k.label == label {
			return labelOf(k.role.Peer(), k.number)
		}
	}
	return outcome.NoRole.String()
}

// endOf returns where the end of a channel begins among the frames of a socket: at
// its died, or at what comes right before that.
func endOf(list []string) int {
	at := slices.Index(list, "info died")
	for at > 0 && slices.Contains([]string{"result ok", "info timeout", optionalTimeout, "leave", "info peer_disconnected"}, list[at-1]) {
		at--
	}
	return max(at, 0)
}
