package session

import (
	"slices"
	"strings"
)

// onTime moves the frames that came with a block and that a request within the
// channel cannot have led to into the step before it, so that they are waited
// for before the request is sent: where every socket got them first.
func (im *importer) onTime() {
	for n, s := range im.steps {
		if n == 0 || s.link == nil || !s.offChain() {
			continue
		}
		early := make(map[string]int)
		for label, list := range s.frames {
			k := 0
			for k < len(list) && withBlock(list[k]) {
				k++
			}
			if slices.ContainsFunc(list[k:], withBlock) || k > 0 && label != s.link.label && im.later(n, label, list[0]) {
				early = nil
				break
			}
			early[label] = k
		}
		prev := im.waiting(n)
		for label, k := range early {
			if k > 0 && prev != nil {
				prev.expect(label, s.frames[label][:k]...)
				prev.end = s.begin
				s.frames[label] = s.frames[label][k:]
			}
		}
	}
}

// raced says whether a block came with a request that has nothing to do with it: on
// which side of the request that was for the machines of the node, only a history
// can tell, and no scenario can arrange it.
func (im *importer) raced() bool {
	return slices.ContainsFunc(im.steps, func(s *importStep) bool {
		if s.link == nil || !s.offChain() {
			return false
		}
		for _, list := range s.frames {
			if slices.ContainsFunc(list, withBlock) {
				return true
			}
		}
		return false
	})
}

// later says whether the socket that acts in a step hears of the block with which
// another one gets a frame only after the answer to what it does: then the block
// must not come before.
func (im *importer) later(n int, label, name string) bool {
	own := im.steps[n].link.label
	var seen, heard int // by the other socket and by the own one, since a channel began
	for _, s := range im.steps[:n] {
		if s.connects && (s.link.label == own || s.link.label == label) && !s.link.joins {
			seen, heard = 0, 0
		}
		seen += count(s.frames[label], name)
		heard += count(s.frames[own], name)
	}
	if heard > seen {
		return false
	}
	list := im.steps[n].frames[own]
	if len(list) == 0 {
		return false
	}
	at := slices.Index(list, name)
	if at == 0 {
		return false
	}
	return at > 0 || slices.ContainsFunc(im.steps[n+1:min(n+1+reach, len(im.steps))], func(s *importStep) bool { return slices.Contains(s.frames[own], name) })
}

// missed moves the frames of a block that a client missed, because it was away,
// into the step before it comes back: the other side got them, and the first that
// the new socket hears of is a later one.
func (im *importer) missed() {
	for n, s := range im.steps {
		if n == 0 || s.link == nil || !s.connects || !s.link.joins {
			continue
		}
		prev := im.waiting(n)
		for _, label := range s.sockets {
			list := s.frames[label]
			if prev == nil || label == s.link.label || len(list) == 0 || !onChain(list[0]) {
				continue
			}
			if first := im.firstBlock(n, s.link.label); first != "" && first != list[0] {
				prev.expect(label, list[0])
				prev.end = s.begin
				s.frames[label] = list[1:]
			}
		}
	}
}

// firstBlock returns the first frame from a step on that a socket got with a
// block, "" for none.
func (im *importer) firstBlock(n int, label string) string {
	for _, s := range im.steps[n:min(n+reach, len(im.steps))] {
		for _, name := range s.frames[label] {
			if onChain(name) {
				return name
			}
		}
	}
	return ""
}

// onChain says whether a frame comes with a block to both sides.
func onChain(name string) bool {
	switch name {
	case "on_chain_tx channel_changed", "on_chain_tx channel_closed", "on_chain_tx solo_closing":
		return true
	}
	return strings.HasPrefix(name, "info own_")
}

func count(list []string, name string) int {
	n := 0
	for _, x := range list {
		if x == name {
			n++
		}
	}
	return n
}

// withBlock says whether a frame comes with a block.
func withBlock(name string) bool {
	return name == "on_chain_tx channel_changed" || strings.HasSuffix(name, "_locked")
}

// withDepth says whether a frame comes when a transaction is deep enough.
func withDepth(name string) bool {
	switch name {
	case "info closed_confirmed", "info min_depth_achieved", "info minimum_depth_achieved":
		return true
	}
	return strings.HasPrefix(name, "on_chain_tx ")
}
