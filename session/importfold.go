package session

import (
	"slices"
	"strconv"
	"strings"

	"chanbot/outcome"
	"chanbot/wire"
)

// fold puts the answers of a step's own requests to sign into the step, where
// nothing came between: a request, the answer of its client and that of the
// peer become one step with sign:, and a whole opening becomes open.
func (im *importer) fold() {
	var out []*importStep
	for i := 0; i < len(im.steps); {
		s, n := im.steps[i], 0
		if n = im.foldOpen(i); n == 0 {
			n = im.foldRequest(i)
		}
		out = append(out, s)
		i += 1 + n
	}
	im.steps = out
}

// foldRequest folds the answers that follow a request into it, and returns how
// many steps are gone.
func (im *importer) foldRequest(i int) int {
	s := im.steps[i]
	if s.effect == "" || s.link == nil {
		return 0
	}
	own := s.frames[s.link.label]
	if len(own) > 1 && own[0] == "result ok" {
		own = own[1:]
	}
	if !slices.Equal(own, []string{s.effect}) || s.heard() != len(s.frames[s.link.label]) {
		im.reject(s)
		return 0
	}
	n := 0
	tag, _ := strings.CutPrefix(s.effect, "sign.")
	if a := im.foldable(i+1, s); a != nil && a.reply.offer.tag == tag && a.link == s.link {
		n = 1
		im.take(s, a)
		ack := im.foldable(i+2, a)
		if ack != nil && ack.reply.offer.tag == acks[tag] && ack.link.role != s.link.role && ack.link.number == s.link.number && a.ends(ack.link.label, "sign."+ack.reply.offer.tag) {
			n = 2
			im.take(s, ack)
		}
		im.judge(s, a, ack)
	}
	return n
}

// acks are the tags of the peer's signature by those of the starter's.
var acks = map[string]string{
	wire.TagUpdate: wire.TagUpdateAck, wire.TagDepositTx: wire.TagDepositAck,
	wire.TagWithdrawTx: wire.TagWithdrawAck, wire.TagShutdownSign: wire.TagShutdownSignAck,
}

// foldable returns the step at i when it is the usual answer to a request to
// sign that came in the step before.
func (im *importer) foldable(i int, before *importStep) *importStep {
	if i >= len(im.steps) {
		return nil
	}
	a := im.steps[i]
	if a.reply == nil || !a.reply.plain || a.reply.nth || a.id != nil || a.reply.offer.step != before || a.reply.offer.answered != 1 || len(a.comments) > 0 {
		return nil
	}
	return a
}

// take puts an answer into the step that it belongs to.
func (im *importer) take(s, a *importStep) {
	s.sign = append(s.sign, member{a.reply.offer.tag, a.reply.do})
	a.reply.offer.folded = true
	im.join(s, a)
}

// join adds the frames of a step to those of one before it.
func (im *importer) join(s, a *importStep) {
	for _, label := range a.sockets {
		s.expect(label, a.frames[label]...)
	}
	s.end = max(s.end, a.end)
}

// heard is how many frames are expected on all sockets.
func (s *importStep) heard() int {
	n := 0
	for _, list := range s.frames {
		n += len(list)
	}
	return n
}

// ends says whether the last frame of a socket is the given one.
func (s *importStep) ends(label, name string) bool {
	list := s.frames[label]
	return len(list) > 0 && list[len(list)-1] == name
}

// reject sets the outcome of a request that was refused at once.
func (im *importer) reject(s *importStep) {
	if s.effect == "" || s.link == nil || s.heard() != 1 || len(s.frames[s.link.label]) != 1 {
		return
	}
	if code, ok := strings.CutPrefix(s.frames[s.link.label][0], "error "); ok {
		if n, err := strconv.Atoi(code); err == nil {
			s.outcome = mapping{{"rejected", n}}
		}
	}
}

// judge sets the outcome of an update whose answers were folded: the starter's,
// and the peer's when it was asked.
func (im *importer) judge(s, own, ack *importStep) {
	if s.effect != "sign.update" {
		return
	}
	aborted := func(a *importStep) (int, bool) {
		m, _ := a.reply.do.(mapping)
		if x := m.get("abort"); x != nil && m.get("raw") == nil {
			code, ok := x.value.(int)
			return code, ok
		}
		return 0, false
	}
	code, isAbort := aborted(own)
	switch {
	case isAbort && s.ends(s.link.label, "info aborted_update"):
		s.outcome = mapping{{"aborted", code}}
	case ack == nil || isAbort || own.reply.do != "accept":
	case ack.reply.do == "accept" && s.ends(s.link.label, "update") && s.ends(ack.link.label, "update"):
		s.outcome = "signed"
	default:
		if code, ok := aborted(ack); ok && s.ends(s.link.label, "conflict "+strconv.Itoa(code)) && code > 5 {
			s.outcome = mapping{{"conflict", code}, {"by", ack.link.role.String()}}
		}
	}
}

// foldOpen makes one step of an opening in which nothing unusual happens, and
// returns how many steps are gone.
func (im *importer) foldOpen(i int) int {
	if i+3 >= len(im.steps) {
		return 0
	}
	one, two := im.steps[i], im.steps[i+1]
	first, second := im.foldable(i+2, two), im.foldable(i+3, im.steps[i+2])
	if !one.plainOpen() || !two.plainOpen() || one.link.role == two.link.role || first == nil || second == nil ||
		len(two.comments) > 0 || first.reply.do != "accept" || second.reply.do != "accept" ||
		first.link.number != 1 || second.link.number != 1 ||
		first.reply.offer.tag != "initiator_sign" || second.reply.offer.tag != "responder_sign" ||
		im.first != outcome.NoRole && im.first != one.link.role {
		return 0
	}
	for _, r := range outcome.Roles {
		if list := append(slices.Clone(one.frames[r.String()]), two.frames[r.String()]...); len(list) == 0 || list[0] != "info fsm_up" {
			return 0
		}
		list := second.frames[r.String()]
		at := slices.Index(list, "info open")
		if at < 0 || !slices.Equal(list[at:], []string{"info open", "update"}) {
			return 0
		}
	}
	im.first = one.link.role
	one.subject, one.action, one.outcome = "open", nil, "signed"
	im.join(one, two)
	im.take(one, first)
	im.take(one, second)
	return 3
}

// plainOpen says that a step opens a first socket with the parameters of the
// channel.
func (s *importStep) plainOpen() bool {
	m, ok := s.action.(mapping)
	if !ok || m[0].key != "open" || s.link == nil || s.link.number != 1 {
		return false
	}
	params, _ := m[0].value.(mapping)
	return params.get("params") == nil
}
