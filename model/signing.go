package model

import (
	"bytes"
	"errors"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// pendingFor returns the operation that an answer with this tag is for.
func (c *Client) pendingFor(tag string) *op {
	switch {
	case c.op != nil && c.op.tag == tag:
		return c.op
	case c.create != nil && c.create.tag == tag:
		return c.create
	}
	return nil
}

// sentSignature notes a signed answer: s, or what its text holds when s is nil.
// What the node does with a wrong one is in fsm 5.6: an undecodable one leaves
// the operation pending.
func (c *Client) sentSignature(r *request, s *tx.SignedTx) {
	r.tag = wire.AnsweredTag(r.req.Method)
	r.op = c.pendingFor(r.tag)
	var err error
	if s == nil {
		s, err = tx.ParseSigned(r.req.SignedTx)
	}
	r.readable = err == nil || !errors.As(err, new(*tx.TextError))
	asOffered := err == nil && r.op != nil && r.op.offer != nil && bytes.Equal(s.Tx, r.op.offer.Tx)
	if err == nil {
		hash := &c.given[c.givenNext]
		if c.givenNext = (c.givenNext + 1) % len(c.given); asOffered {
			*hash = r.op.hash
		} else {
			*hash = tx.Blake2b(s.Tx)
		}
	}
	if r.op == nil {
		// Parked, dropped, or the end of the state machine (fsm 3.2).
		c.loose, c.ended = true, true
		return
	}
	r.late = r.op.signed
	if r.late {
		c.loose, c.ended = true, true
	}
	if err != nil {
		if !errors.As(err, new(*tx.TextError)) {
			r.op.maybe = true
		}
		return
	}
	if !asOffered {
		if _, err := s.Decode(); err != nil {
			return
		}
	}
	if r.op.spec.own && !r.op.signed && r.op.spec.proposes() {
		c.crossings.proposed++
	}
	r.op.sign(r.req.SignedTx, s)
	r.op.answeredBy(r)
	switch r.op.spec.kind {
	case kindCreate:
		c.expectChannel(s)
	case kindSolo:
		// The state machine is open again at once (fsm 6.5, 6.6), but an abort that
		// a blocked socket still holds comes before the signature (fsm 3.3).
		for _, q := range c.queue {
			if q.kind == callAbort && q.op == nil && q.tag == r.op.tag {
				q.op = r.op
			}
		}
		c.op, c.crossing = nil, true
	case kindShutdown:
		c.ended = true
	}
}

func (c *Client) sentAbort(r *request) {
	r.tag = wire.AnsweredTag(r.req.Method)
	if r.op = c.pendingFor(r.tag); r.op != nil {
		r.late = r.op.signed
		if !r.late {
			r.op.answeredBy(r)
		}
	}
}

// expectChannel adds the channel id that a create transaction gives
// (transactions 3).
func (c *Client) expectChannel(s *tx.SignedTx) {
	t, err := s.Decode()
	if err != nil {
		return
	}
	create, ok := t.(*tx.Create)
	if !ok {
		return
	}
	id := tx.ChannelIDOf(create.InitiatorID, create.Nonce, create.ResponderID).String()
	if slices.Contains(c.channelIDs, id) {
		return
	}
	if len(c.channelIDs) < 16 {
		c.channelIDs = append(c.channelIDs, id)
	}
}

// mostSignatures bounds the work for one transaction; two parties need two.
const mostSignatures = 32

// verified reports whether s has a signature of each party. Signatures that
// need not be checked now count as good.
func (c *Client) verified(s *tx.SignedTx, always bool, ids ...tx.ID) bool {
	return c.verifiedBeside(nil, s, always, ids...)
}

// verifiedBeside is verified when it is known who made some of the signatures:
// those are tried last, because to try one in vain takes as long as to try the
// right one, in both forms.
func (c *Client) verifiedBeside(known [][]byte, s *tx.SignedTx, always bool, ids ...tx.ID) bool {
	if c.cfg.NetworkID == "" {
		return true
	}
	c.checks++
	if n := c.cfg.SampleChecks; !always && n > 1 && c.checks%n != 0 {
		return true
	}
	if len(s.Signatures) > mostSignatures {
		return false
	}
	for _, id := range ids {
		if id.IsZero() {
			continue
		}
		by := func(sig []byte) bool { return tx.Verify(id, c.cfg.NetworkID, s.Tx, sig) }
		isKnown := func(sig []byte) bool {
			return slices.ContainsFunc(known, func(k []byte) bool { return bytes.Equal(k, sig) })
		}
		signed := slices.ContainsFunc(s.Signatures, func(sig []byte) bool { return !isKnown(sig) && by(sig) }) ||
			slices.ContainsFunc(s.Signatures, func(sig []byte) bool { return isKnown(sig) && by(sig) })
		if !signed {
			return false
		}
	}
	return true
}
