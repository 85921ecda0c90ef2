package strategy

import (
	"fmt"
	"slices"
	"strings"
)

// HeldAnswer is the answer that a step gives to a request to sign.
type HeldAnswer struct {
	// Tag is the one of channels.sign.TAG.
	Tag string
	// Nth is which request with this tag is answered, counted from 1 since the
	// channel was connected to; 0 is the latest one. It may have been answered
	// before.
	Nth int
	// Do is the answer, never nil.
	Do *Answer
	// Method is called instead of the one that answers the tag; "" is that one.
	Method string
}

// Signature is one signature of a transaction that is put together.
type Signature struct {
	// By is whose key signs. With Given the others mean nothing: it is the
	// signature with this number, from 1, that the offered transaction has.
	By    Account
	Given int
	// Hashed signs the hash of the transaction instead of the transaction.
	Hashed bool
	// Inner signs for a transaction inside a paying_for_tx.
	Inner bool
	// Offered signs what was offered instead of what was made of it.
	Offered bool
}

// FieldValue is one field of a transaction and its new value, as in Tamper.
type FieldValue struct {
	Pos   Pos
	Field string
	Value string
}

// maxSignatures bounds the signatures of one transaction.
const maxSignatures = 64

var (
	replyKeys = []key{
		{name: "tag", doc: "The tag of the request.", form: wordForm(signTags...), required: true},
		{name: "do", doc: "The answer; accept by default.", form: ref("answer")},
		{name: "nth", doc: "Which request with this tag, from 1; the latest by default.", form: wholeForm(1)},
		{name: "method", doc: "The method that is called instead of the right one.", form: textForm},
	}
	madeKeys = []key{
		{name: "signatures", doc: "Whose signatures it has: initiator, responder, other or given N, with hash, inner or offered after it.", form: listOf(textForm), required: true},
		{name: "change", doc: "Fields of the transaction and their new values; +1 is added to a number.", form: mapOf(anyScalar)},
	}
)

// furtherSockets are the keys of sockets beside the first one of each role.
var furtherSockets = furtherSocketKeys()

func furtherSocketKeys() []key {
	var all []key
	for _, r := range roleNames {
		for n := 2; n <= maxSocket; n++ {
			side := fmt.Sprintf("%s.%d", r, n)
			all = append(all, key{name: side, doc: "Frames of " + side + ".", form: ref("frameRule")})
		}
	}
	return all
}

// reply reads a parameter of an answer step.
func (p *parser) reply(a *Action, key, v *node) {
	if a.Reply == nil {
		a.Reply = &HeldAnswer{Do: &Answer{Pos: a.Pos, Kind: AnswerAccept}}
	}
	switch key.text {
	case "tag":
		a.Reply.Tag, _ = p.word(v, "tag", signTags)
	case "do":
		a.Reply.Do = p.answer(v)
	case "nth":
		a.Reply.Nth, _ = p.whole(v, "nth", 1, maxTimes)
	case "method":
		a.Reply.Method = p.text(v, "a method", 200)
	}
}

// made reads a transaction that is put together.
func (p *parser) made(n *node) *Tamper {
	t := &Tamper{Pos: n.pos, Kind: Made}
	m := p.fields(n, "tamper", madeKeys)
	for _, item := range p.list(m["signatures"], "a list of signatures") {
		if s, ok := p.signature(item); ok {
			t.Signatures = append(t.Signatures, s)
		}
	}
	if len(t.Signatures) > maxSignatures {
		p.reportNode(m["signatures"], "more than %d signatures", maxSignatures)
	}
	if c := m["change"]; c != nil {
		if c.kind != mapNode {
			p.reportNode(c, "change must be a mapping from fields to values, found %s", found(c))
			return t
		}
		for _, pr := range c.pairs {
			t.Change = append(t.Change, FieldValue{Pos: pr.key.pos, Field: pr.key.text, Value: p.text(pr.value, "a value", maxInfo)})
		}
	}
	return t
}

// signature reads one signature: who signs, and words about how.
func (p *parser) signature(n *node) (s Signature, ok bool) {
	text, ok := p.scalar(n, "a signature")
	if !ok {
		return s, false
	}
	words := strings.Fields(text)
	if len(words) == 0 || !slices.Contains([]string{"initiator", "responder", "other", "given"}, words[0]) {
		p.reportNode(n, "the signature %s; expected initiator, responder, other or given, and a number after given", found(n))
		return s, false
	}
	rest := words[1:]
	if words[0] == "given" {
		s.Given = 1
		if len(rest) > 0 {
			if _, err := fmt.Sscanf(rest[0], "%d", &s.Given); err != nil || s.Given < 1 || s.Given > maxSignatures {
				p.reportNode(n, "the number of the signature %q; it must be from 1 to %d", rest[0], maxSignatures)
			}
			rest = rest[1:]
		}
	} else {
		s.By = Account(words[0])
	}
	for _, w := range rest {
		switch w {
		case "hash":
			s.Hashed = true
		case "inner":
			s.Inner = true
		case "offered":
			s.Offered = true
		default:
			p.reportNode(n, "unknown word %q; expected hash, inner or offered", w)
		}
	}
	return s, true
}
