package bot

import (
	"bytes"
	"sync"

	"chanbot/tx"
	"chanbot/wire"
)

// While the node is at work on a transfer, a pair under load makes the signature
// that comes next: it knows what will be offered. The signature leaves only when the
// offer has come, was judged, and is that transaction; a node that makes others is
// not foreseen any more.

// ahead is a signature that is made before it is asked for, by whoever comes first.
type ahead struct {
	tag      string
	unsigned []byte
	key      tx.KeyPair
	network  string
	form     tx.Form

	mu        sync.Mutex // guards what follows; no other lock is taken while it is held
	signature []byte
}

func (a *ahead) sign() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.signature == nil {
		a.signature = tx.Sign(a.key, a.network, a.unsigned, a.form)
	}
	return a.signature
}

// expects reports whether the end signs the next request with a tag, come what may,
// as part of a run that only makes a transfer.
func (e *end) expects(r *run) bool {
	return r != nil && r.quick && r.hold == nil && !e.p.blind && e.sock != nil && len(r.layers[e.role.Index()]) == 0
}

// asksNext is told that the end has asked for a transfer.
func (e *end) asksNext(r *run) {
	if e.ahead = nil; e.expects(r) {
		e.p.eager = e
	}
}

// signsNext is told that the peer has signed an update, which is then offered to
// this end.
func (e *end) signsNext(r *run, unsigned []byte) {
	if e.ahead = nil; e.expects(r) {
		e.prepare(wire.TagUpdateAck, unsigned)
		e.p.eager = e
	}
}

func (e *end) prepare(tag string, unsigned []byte) {
	cfg := &e.p.fleet.cfg
	e.ahead = &ahead{tag: tag, unsigned: unsigned, key: e.key, network: cfg.NetworkID, form: cfg.SignForm}
}

// early makes the next signature of an end, if it is known. It is called without
// the lock, when everything was written.
func (p *pair) early(e *end) {
	p.mu.Lock()
	if e.ahead == nil && e.client != nil {
		if unsigned := e.client.Foresee(); unsigned != nil {
			e.prepare(wire.TagUpdate, unsigned)
		}
	}
	a := e.ahead
	p.mu.Unlock()
	if a != nil {
		a.sign()
	}
}

// sign adds the signature of the end to an offer that may be signed.
func (e *end) sign(tag string, offer *tx.SignedTx) *tx.SignedTx {
	cfg := &e.p.fleet.cfg
	a := e.ahead
	if e.ahead = nil; a != nil && a.tag == tag {
		if bytes.Equal(a.unsigned, offer.Tx) {
			return offer.With(a.sign())
		}
		e.p.blind = true
	}
	return offer.Sign(e.key, cfg.NetworkID, cfg.SignForm)
}
