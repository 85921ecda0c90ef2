package session

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"chanbot/results"
	"chanbot/wire"
)

// together is how close two ends are that have one cause.
const together = 200 * time.Millisecond

// bothTimers says whether the two sides of a channel waited for the same thing
// and one of their timers ran out, or both did, so that it is chance which side
// says so: at the timeout or the died of one of them.
func (im *importer) bothTimers(at int, k *link) bool {
	t := im.entries[at].T
	from, to := im.stretch(at)
	var last [2]string // what each side heard before, by role
	var ends [2]bool   // a timer that began then can end here
	var timeout, died [2]bool
	var since time.Duration // the last entry before
	for i, e := range im.entries {
		o := im.links[i]
		if o != nil && e.T < t-together {
			since = e.T
		}
		if o == nil || e.Dir != results.DirIn || o.number != k.number {
			continue
		}
		f := wire.DecodeFrame(bytes.Clone(e.Frame))
		near := e.T >= t-together && e.T <= t+together && (t > 0 || i >= from && i < to)
		switch name := f.Name(); {
		case name == "info timeout":
			timeout[o.role.Index()] = near || timeout[o.role.Index()]
		case name == "info died":
			died[o.role.Index()] = near || died[o.role.Index()]
		case e.T <= t:
			last[o.role.Index()], ends[o.role.Index()] = name, o.timer(t-e.T)
		}
	}
	if died[k.role.Index()] && im.unseen(k, at) {
		return t == 0 || timeout[k.role.Index()] || im.ranOut(at, k)
	}
	one := t > 0 && (timeout[0] || timeout[1] || k.timer(t-since)) && (sameWait(last) || (ends[0] || timeout[0]) && (ends[1] || timeout[1]))
	return died[0] && died[1] && (one || timeout[0] && timeout[1])
}

// sameWait says whether two sides have heard of the same thing last: that of a
// transaction on its way to the chain has a name for the one that posts it and
// another one for its peer.
func sameWait(last [2]string) bool {
	for i, name := range last {
		if x, ok := strings.CutSuffix(name, "_created"); ok && strings.HasPrefix(name, "on_chain_tx ") {
			last[i] = x + "_signed"
		}
	}
	return last[0] == last[1]
}

// unseen says that the session does not show what became of the machine of a
// socket's peer: its client has dropped out, or nothing more of it comes.
func (im *importer) unseen(k *link, at int) bool {
	var peer *link
	for _, o := range im.all.all {
		if o.role != k.role && o.number == k.number && o.begin < at && (k.channel == "" || o.channel == k.channel) {
			peer = o
		}
	}
	if peer == nil {
		return false
	}
	gone := peer.end >= 0 && peer.end < at
	if gone && !ownClose(im.entries, peer.end) {
		return false
	}
	for i, e := range im.entries {
		if im.links[i] == peer && (i >= at && e.Dir == results.DirIn || bytes.Contains(e.Frame, []byte(`"died"`))) {
			return false
		}
	}
	return gone || peer.end < 0
}

// ranOut says whether one of the timers of a socket can have ended at an entry.
func (im *importer) ranOut(at int, k *link) bool {
	for i := k.begin; i < at; i++ {
		if im.links[i] == k && k.timer(im.entries[at].T-im.entries[i].T) {
			return true
		}
	}
	return false
}

// stretch returns the entries around one in which no client sent anything.
func (im *importer) stretch(at int) (from, to int) {
	sends := func(i int) bool {
		return im.entries[i].Dir == results.DirOut || im.entries[i].Dir == results.DirConnect
	}
	for from = at; from > 0 && !sends(from-1); from-- {
	}
	for to = at + 1; to < len(im.entries) && !sends(to); to++ {
	}
	return from, to
}

// timer says whether one of the timers that a connection sets takes that long.
func (k *link) timer(d time.Duration) bool {
	for _, name := range timeoutNames {
		ms, err := strconv.ParseInt(k.query.Get("timeout_"+name), 10, 64)
		if set := time.Duration(ms) * time.Millisecond; err == nil && ms > 0 && d > set*9/10 && d < set*12/10 {
			return true
		}
	}
	return false
}
