package session

import (
	"slices"

	"chanbot/outcome"
)

// number deals the numbers of the sockets out anew when channels of different
// accounts were open at the same time: the sockets of the first pair of accounts
// get the number 1, those of the second 2, and so on, because the accounts of a
// scenario go by it. Further sockets of one pair come behind all of them. It
// returns how many pairs there are, 1 when one at a time is enough.
func (l *links) number() int {
	pairs := l.pairs()
	if len(pairs) < 2 || len(pairs) > mostSockets || !l.together(pairs) {
		return 1
	}
	for i, k := range l.all {
		used := make(map[int]bool)
		for _, other := range l.all[:i] {
			if other.role == k.role && other.open(k.begin) {
				used[other.number] = true
			}
		}
		k.number = slices.Index(pairs, l.partiesOf(k)) + 1
		if k.number == 0 || used[k.number] {
			for k.number = len(pairs) + 1; used[k.number]; {
				k.number++
			}
		}
		k.label = labelOf(k.role, k.number)
	}
	return len(pairs)
}

// pairs are the accounts of the channels that were created, in the order of
// their first sockets.
func (l *links) pairs() [][2]string {
	var pairs [][2]string
	for _, k := range l.all {
		p := l.partiesOf(k)
		created := false
		for _, of := range l.parties {
			created = created || of == p
		}
		if created && !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// together says whether sockets of two pairs were open at the same time.
func (l *links) together(pairs [][2]string) bool {
	for i, k := range l.all {
		for _, other := range l.all[:i] {
			if other.open(k.begin) && l.partiesOf(k) != l.partiesOf(other) && slices.Contains(pairs, l.partiesOf(k)) && slices.Contains(pairs, l.partiesOf(other)) {
				return true
			}
		}
	}
	return false
}

// partiesOf returns the accounts of a socket's channel.
func (l *links) partiesOf(k *link) [2]string {
	if k.parties != [2]string{} {
		return k.parties
	}
	channel := k.channel
	if channel == "" {
		channel = l.channels[k.query.Get("existing_fsm_id")]
	}
	return l.parties[channel]
}

// open says whether a socket was open when an entry came.
func (k *link) open(at int) bool { return k.begin < at && (k.end < 0 || k.end > at) }

// idents are the ids that the words of a scenario stand for on a socket.
type idents struct{ channel, fsm string }

// idsOf returns the ids that hold for a socket: its own, or, when it never had a
// channel or came to that of another one, those of the first socket of its role.
func (im *importer) idsOf(k *link) *idents {
	owner := im.owners[k.label]
	if owner == "" {
		owner = labelOf(k.role, 1)
	}
	if im.ids[owner] == nil {
		im.ids[owner] = new(idents)
	}
	return im.ids[owner]
}

// comes notes whose channel a new socket has.
func (im *importer) comes(k *link) {
	first := labelOf(k.role, 1)
	switch {
	case !k.joins:
		im.owners[k.label], im.ended[k.label] = k.label, false
	case im.owners[k.label] != k.label, im.ended[k.label] && im.alive[first]:
		im.owners[k.label] = first
	}
	im.alive[k.label] = true
}

// idText returns the word for an id of the channel.
func (im *importer) idText(k *link, v string) string {
	own := im.idsOf(k)
	switch {
	case v == "":
	case v == own.channel:
		return "$channel_id"
	case v == own.fsm:
		return "$fsm_id"
	case own.channel == "":
		for _, r := range outcome.Roles {
			if x := im.ids[labelOf(r, 1)]; x != nil && x.channel == v {
				return "$channel_id"
			}
		}
	}
	return v
}
