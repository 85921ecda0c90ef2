package simnode

import (
	"math/big"
	"slices"
	"time"

	"chanbot/tx"
	"chanbot/wire"
)

// hooks are the places where a defect bends a node. What a defect remembers
// lives in its closures: machine is called for each machine, the others hold
// for all of the node or the chain and may be called from several goroutines.
type hooks struct {
	machine func() machineHooks // nil: machines are straight
	node    nodeHooks
	chain   chainHooks
}

// machineHooks bend one machine. Every field may be nil.
type machineHooks struct {
	// begun runs when the machine was made, before its first event.
	begun func(f *fsm)
	// event runs before an event is handled and may change it; false drops it.
	event func(f *fsm, ev *event) bool
	// after runs when an event has been handled, before kept ones are offered again.
	after func(f *fsm, ev *event)
	// request runs before an accepted request is served and may change it.
	request func(f *fsm, r *clientRequest)
	// verdict runs when the matrix has judged a request, and returns what counts.
	verdict func(f *fsm, g group, tag string, v verdict) verdict
	// offer runs before an operation is shown to the client, and may change it.
	offer func(f *fsm, op *operation)
	// check runs when a signed transaction was checked, and returns what counts.
	// op is the operation that it belongs to, which may be changed.
	check func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool
	// executed runs when updates were applied to the balances, and returns what
	// counts.
	executed func(f *fsm, updates []update, after balances, ok bool) (balances, bool)
	// adopted runs when a co-signed transaction has become the state.
	adopted func(f *fsm)
	// dropped runs before the machine falls back because an operation was given up.
	dropped func(f *fsm, op *operation, why loss)
	// notify runs with each notification, and returns what is sent instead.
	notify func(f *fsm, n wire.Frame) []wire.Frame
	// tell runs with each message for the peer, and returns what is sent instead.
	tell func(f *fsm, m peerMsg) []peerMsg
	// query runs with the answer to a query, and returns what is answered.
	query func(f *fsm, r *clientRequest, a answer) answer
	// timer runs with the time that the present state may take, and returns what counts.
	timer func(f *fsm, d time.Duration) time.Duration
	// saved runs with what the node keeps of a machine that has ended.
	saved func(s *saved)
}

// nodeHooks bend what is around the machines. Every field may be nil.
type nodeHooks struct {
	// fsmID runs when a machine has got its id, and may change it.
	fsmID func(id *[32]byte)
	// knows runs when a client has named the id of a machine, and returns
	// whether it is taken for the right one.
	knows func(good bool) bool
	// refusal runs when connection parameters were judged, and returns what counts.
	refusal func(p *connectParams, bad *refusal) *refusal
	// full runs when a machine is to start and n places are taken, and returns whether
	// there is no room.
	full func(n int, full bool) bool
	// frame runs when a text frame came; false drops it.
	frame func(s *session, b []byte) bool
	// pings runs when a WebSocket ping came, and returns whether it is answered.
	pings func(s *session) bool
	// decoded runs when the parameters of a request were read, with the refusal
	// or nil, and returns what counts.
	decoded func(c *clientRequest, bad *answer) *answer
	// answered runs with the frame that answers a request, nil for none, and
	// returns what is sent instead.
	answered func(s *session, r *wire.Request, a answer, frame []byte) [][]byte
	// act runs before an action of a machine is carried out; false drops it.
	act func(in *instance, a *action, work *worklist) bool
	// frees runs when a machine has ended, and returns whether its place is
	// free again.
	frees func() bool
}

// chainHooks bend the ledger. Every field may be nil.
type chainHooks struct {
	// applied runs when a transaction was put into a block.
	applied func(l *ledger, t tx.Tx, terms txTerms)
	// finals runs with what the two participants of a channel that ends get, and
	// returns what they get instead.
	finals func(t tx.Tx, initiator, responder *big.Int) (*big.Int, *big.Int)
}

// checkpoint is where a machine checks a signed transaction.
type checkpoint uint8

const (
	checkInitiatorSign checkpoint = iota // the answer to sign.initiator_sign
	checkResponderSign                   // the answer to sign.responder_sign
	checkCreateOffer                     // the initiator's signature, at the responder
	checkCreateState                     // the state hash of the create, at the responder
	checkCreateAck                       // the co-signed create, at the initiator
	checkOwn                             // the starter's answer
	checkAck                             // the acker's answer
	checkOffer                           // the peer's half-signed operation
	checkShutdown                        // the peer's half-signed close
	checkAcked                           // the co-signed operation, at the starter
)

// loss is why an operation was given up.
type loss uint8

const (
	lostAbort     loss = iota // this side's client aborted it
	lostPeer                  // the peer's machine says so
	lostCrossing              // the peer started one at the same time
	lostCollision             // this side's client asked for another one
	lostSignature             // its signature was wrong
	lostTimeout
)

// bendings are the hooks of all defects of a configuration. One that is named
// twice counts once: two swaps would be none.
func (c *Config) bendings() []hooks {
	var all []hooks
	for i, name := range c.Defects {
		if slices.Contains(c.Defects[:i], name) {
			continue
		}
		d, err := FindDefect(name)
		if err != nil {
			panic(err) // Validate tells before
		}
		all = append(all, d.bend())
	}
	return all
}

// Validate tells whether a node can be made of the configuration. The error is
// an *UnknownDefectError.
func (c *Config) Validate() error {
	for _, name := range c.Defects {
		if _, err := FindDefect(name); err != nil {
			return err
		}
	}
	return nil
}

// bend gives a new machine the node's defects.
func (n *Node) bend(f *fsm) {
	for _, h := range n.bent {
		if h.machine != nil {
			f.bent = append(f.bent, h.machine())
		}
	}
	for i := range f.bent {
		if fn := f.bent[i].begun; fn != nil {
			fn(f)
		}
	}
}

// takes offers an event to the hooks. It returns false when one drops it.
func (f *fsm) takes(ev *event) bool {
	for i := range f.bent {
		if fn := f.bent[i].event; fn != nil && !fn(f, ev) {
			return false
		}
	}
	return true
}

// passes returns what becomes of the result of a check.
func (f *fsm) passes(at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
	for i := range f.bent {
		if fn := f.bent[i].check; fn != nil {
			good = fn(f, at, op, s, good)
		}
	}
	return good
}

// execute applies updates to the balances. ok is false when they cannot be
// paid.
func (f *fsm) execute(updates []update) (after balances, ok bool) {
	after, ok = f.balances.apply(&f.terms, updates)
	for i := range f.bent {
		if fn := f.bent[i].executed; fn != nil {
			after, ok = fn(f, updates, after, ok)
		}
	}
	return after, ok
}

// drops tells the hooks that the operation under way is given up.
func (f *fsm) drops(why loss) {
	for i := range f.bent {
		if fn := f.bent[i].dropped; fn != nil {
			op := &f.op
			if op.kind == opNone {
				op = &f.half
			}
			fn(f, op, why)
		}
	}
}

// notifications are what the hooks make of a notification.
func (f *fsm) notifications(frame []byte) [][]byte {
	if f.bent == nil {
		return [][]byte{frame}
	}
	list := []wire.Frame{wire.DecodeFrame(frame)}
	for i := range f.bent {
		fn := f.bent[i].notify
		if fn == nil {
			continue
		}
		var next []wire.Frame
		for _, n := range list {
			next = append(next, fn(f, n)...)
		}
		list = next
	}
	frames := make([][]byte, len(list))
	for i := range list {
		frames[i] = encodeNotification(&list[i])
	}
	return frames
}

// encodeNotification writes a notification that hooks may have changed: by its
// data if these are of a known shape, else as its Raw says.
func encodeNotification(n *wire.Frame) []byte {
	switch c := n.ChannelID; {
	case n.Info != nil:
		return wire.AppendInfo(nil, c, *n.Info)
	case n.OnChainTx != nil:
		return wire.AppendOnChainTx(nil, c, *n.OnChainTx)
	case n.Sign != nil:
		return wire.AppendSign(nil, c, *n.Sign)
	case n.Update != nil:
		return wire.AppendUpdate(nil, c, n.Update.State)
	case n.Conflict != nil:
		return wire.AppendConflict(nil, c, *n.Conflict)
	case n.Message != nil:
		return wire.AppendMessage(nil, c, *n.Message)
	case n.Leave != nil:
		return wire.AppendLeave(nil, c, n.Leave.State)
	}
	return n.Raw
}

// bendMessage sends what the hooks make of a message for the peer.
func (f *fsm) bendMessage(m peerMsg) {
	list := []peerMsg{m}
	for i := range f.bent {
		fn := f.bent[i].tell
		if fn == nil {
			continue
		}
		var next []peerMsg
		for _, m := range list {
			next = append(next, fn(f, m)...)
		}
		list = next
	}
	for _, m := range list {
		f.send(m)
	}
}

// bendAnswer queues what the hooks make of the answer to a request.
func (s *session) bendAnswer(r *wire.Request, a answer, frame []byte) {
	list := [][]byte{frame}
	for _, h := range s.node.bent {
		fn := h.node.answered
		if fn == nil {
			continue
		}
		var next [][]byte
		for _, b := range list {
			next = append(next, fn(s, r, a, b)...)
		}
		list = next
	}
	for _, b := range list {
		s.put(b)
	}
}

// bendActions leaves out the actions that the hooks drop.
func (in *instance) bendActions(acts []action, work *worklist) []action {
	return slices.DeleteFunc(acts, func(a action) bool {
		return slices.ContainsFunc(in.node.bent, func(h hooks) bool { return h.node.act != nil && !h.node.act(in, &a, work) })
	})
}

// judged returns what becomes of the judgement about connection parameters.
func (n *Node) judged(p *connectParams, bad *refusal) *refusal {
	for _, h := range n.bent {
		if h.node.refusal != nil {
			bad = h.node.refusal(p, bad)
		}
	}
	return bad
}

// knows tells whether a client may have a machine: it has named the right id.
func (n *Node) knows(given, want [32]byte) bool {
	good := given == want
	for _, h := range n.bent {
		if h.node.knows != nil {
			good = h.node.knows(good)
		}
	}
	return good
}

// rewrite replaces the transaction of an operation by a changed copy. It keeps
// the signatures.
func (op *operation) rewrite(change func(t tx.Tx)) {
	t, err := tx.Deserialize(op.inner.Serialize())
	if err != nil {
		return // it came out of Serialize
	}
	change(t)
	op.inner = t
	op.offer = &tx.SignedTx{Signatures: op.offer.Signatures, Tx: t.Serialize()}
}

// handled tells the hooks that an event has been handled.
func (f *fsm) handled(ev *event) {
	for i := range f.bent {
		if fn := f.bent[i].after; fn != nil {
			fn(f, ev)
		}
	}
}

// finals are what the participants of a channel that ends get.
func (l *ledger) finals(t tx.Tx, initiator, responder *big.Int) (*big.Int, *big.Int) {
	for _, h := range l.bent {
		if h.chain.finals != nil {
			initiator, responder = h.chain.finals(t, initiator, responder)
		}
	}
	return initiator, responder
}
