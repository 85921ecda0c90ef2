package session

import (
	"slices"
	"time"

	"chanbot/outcome"
	"chanbot/wire"
)

// Nobody says how many key blocks came in a session, but an offer that is
// answered rightly and still lost was answered more than ten of them after it was
// made (fsm.md 2).
const (
	lostAfter = 14 // key blocks: that many are made
	leastLost = 300 * time.Millisecond
)

// lateAnswers finds the answers that came too late by blocks and puts these
// before what made the node look: the answer, or what the other side did when
// the answer had waited for it.
func (im *importer) lateAnswers() {
	var out []*importStep
	for n, s := range im.steps {
		if a := im.lateAnswer(n); a != nil && (len(out) == 0 || out[len(out)-1].subject != "wait") {
			im.note(s.entry, "the blocks that made the block too old which the offer %s of the %s goes by; %d are made", a.reply.offer.tag, a.link.label, lostAfter)
			out = append(out, &importStep{
				entry: s.entry, subject: "wait", action: mapping{{"blocks", lostAfter}}, loose: true, frames: map[string][]string{},
			})
		}
		out = append(out, s)
	}
	im.steps = out
}

// lateAnswer returns the answer that was lost in a step, nil for none.
func (im *importer) lateAnswer(n int) *importStep {
	s := im.steps[n]
	if s.link == nil {
		return nil
	}
	for _, r := range outcome.Roles {
		a := im.starter(n, labelOf(r, s.link.number))
		if a == nil || a.reply.offer.step == nil {
			continue
		}
		end, told := lostBy[a.reply.offer.tag], startedBy[a.reply.offer.tag]
		peer := labelOf(r.Peer(), s.link.number)
		late := im.entries[s.entry].T - im.entries[a.reply.offer.step.entry].T
		if late < leastLost && !a.reply.offer.step.pinned || !slices.Contains(s.frames[a.link.label], end) || !slices.Contains(s.frames[peer], end) {
			continue
		}
		heard := func(x *importStep) bool { return slices.Contains(x.frames[peer], told) }
		own := func(x *importStep) bool {
			return x.link != nil && x.link.label == peer && (x.effect != "" || x.reply != nil && startedBy[x.reply.offer.tag] != "")
		}
		first := slices.Index(im.steps, a)
		if !slices.ContainsFunc(im.steps[first:n+1], heard) && !slices.ContainsFunc(im.steps[first:n+1], own) {
			return a
		}
	}
	return nil
}

// starter returns the latest step up to n in which a socket signs rightly what it
// asked for, nil when it did something else since.
func (im *importer) starter(n int, label string) *importStep {
	for _, s := range slices.Backward(im.steps[:n+1]) {
		switch {
		case s.link == nil || s.link.label != label:
		case s.reply != nil && s.reply.plain && answersWithTx(s.reply) && startedBy[s.reply.offer.tag] != "":
			return s
		default:
			return nil
		}
	}
	return nil
}

// lostBy is what both sides hear when the offer was too old, and startedBy what
// the other side hears when it was not, by the tag of the offer.
var (
	lostBy = map[string]string{
		wire.TagInitiatorSign: "info died", wire.TagShutdownSign: "conflict 1",
		wire.TagUpdate: "conflict 2", wire.TagDepositTx: "conflict 2", wire.TagWithdrawTx: "conflict 2",
	}
	startedBy = map[string]string{
		wire.TagInitiatorSign: "info funding_created", wire.TagShutdownSign: "info shutdown",
		wire.TagUpdate: "info update", wire.TagDepositTx: "info deposit_created", wire.TagWithdrawTx: "info withdraw_created",
	}
)
