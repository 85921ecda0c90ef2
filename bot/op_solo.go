package bot

import (
	"encoding/json"
	"strconv"
	"time"

	"chanbot/outcome"
	"chanbot/wire"
)

// soloTrack follows an operation that one side signs alone and both see on the
// chain: fsm.md 6.5 to 6.7. What it waits for is fixed by its kind.
type soloTrack struct {
	tag    string
	asked  bool
	signed bool
	abort  json.RawMessage // what its starter has sent instead of a signature

	onChain [2]bool // by role: its transaction was reported
	deep    bool    // the starter was told that it is deep enough
	ended   [2]bool // by role: the channel is closed
	died    [2]bool

	askedAt, signedAt, chainAt time.Duration
}

// soloTags are the tags of what one side signs alone.
var soloTags = map[outcome.Operation]string{
	outcome.CloseSolo: wire.TagCloseSoloSign, outcome.Slash: wire.TagSlashTx, outcome.Settle: wire.TagSettleSign,
	outcome.Snapshot: wire.TagSnapshotSoloTx, outcome.ForceProgress: wire.TagForceProgressTx,
}

func (t *soloTrack) asks(o *op, e *end, tag string) bool { return e == o.e && tag == t.tag && !o.told }

// gave is told of the signature. From then on a settle waits for the end of the
// lock period.
func (t *soloTrack) gave(o *op, _ *end) {
	t.signed, t.signedAt = true, o.p.now()
	if o.kind == outcome.Settle {
		o.mine(true)
	}
}

func (t *soloTrack) took(_ *op, _ *end, code json.RawMessage) { t.abort = code }

func (t *soloTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if e != o.e && e != o.e.peer() {
		return
	}
	t.note(o, e, f)
	if e != o.e || o.told {
		return
	}
	if _, refused := o.answers(e, f); refused != nil {
		o.tell(rejected(refused))
		return
	}
	switch {
	case t.signed && t.effect(o, e):
		t.done(o)
	case f.Sign != nil && f.Sign.Tag == t.tag:
		t.asked, t.askedAt = true, o.p.now()
	case f.Conflict != nil && t.asked:
		t.conflict(o, f.Conflict)
	case f.Info == nil:
	case f.Info.Event == wire.EventAbortedUpdate && t.abort != nil:
		code, _ := strconv.Atoi(string(t.abort))
		o.tell(outcome.Outcome{Kind: outcome.Aborted, Code: code, By: outcome.ByRole(e.role)})
	default:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
			o.settleSoon()
		}
	}
}

// note keeps what a side was told.
func (t *soloTrack) note(o *op, e *end, f *wire.Frame) {
	i := e.role.Index()
	if closedBy(f) {
		t.ended[i] = true
		o.mine(o.kind == outcome.Settle)
	}
	if x := f.OnChainTx; x != nil && t.signed && t.reports(o.kind, x) {
		t.onChain[i] = true
		if e == o.e {
			t.chainAt = o.p.now()
			if o.kind == outcome.Snapshot {
				o.mine(true)
			}
		}
	}
	switch {
	case f.Info == nil:
	case f.Info.Event == wire.EventMinDepthAchieved && e == o.e:
		t.deep = true
		o.mine(false)
	case f.Info.Event == wire.EventDied:
		t.died[i] = true
	}
}

// reports says whether x is what tells of a transaction of a kind. Who has a
// later state than the one on the chain is told can_slash instead.
func (*soloTrack) reports(kind outcome.Operation, x *wire.OnChainTx) bool {
	switch kind {
	case outcome.CloseSolo:
		return x.Info == wire.OnChainSoloClosing || x.Info == wire.OnChainCanSlash
	case outcome.Slash:
		return x.Info == wire.OnChainSoloClosing && x.Type == wire.TxTypeSlash || x.Info == wire.OnChainCanSlash
	case outcome.Settle:
		return x.Info == wire.OnChainChannelClosed
	case outcome.Snapshot:
		return x.Info == wire.OnChainChannelChanged && x.Type == wire.TxTypeSnapshotSolo
	case outcome.ForceProgress:
		return x.Info == wire.OnChainConsumedForcedProgress || x.Info == wire.OnChainCanSnapshot || x.Info == wire.OnChainCanSlash ||
			x.Info == wire.OnChainChannelChanged && x.Type == wire.TxTypeForceProgress // older nodes
	}
	return false
}

// effect says whether a side has seen all of it.
func (t *soloTrack) effect(o *op, e *end) bool {
	i := e.role.Index()
	chain := t.onChain[i] || e.silent("report_on_chain_tx")
	switch o.kind {
	case outcome.CloseSolo:
		return chain && (e.closing || e.silent("report_info"))
	case outcome.Settle:
		return t.ended[i] && t.died[i]
	case outcome.Snapshot:
		return chain && (e != o.e || t.deep || e.silent("report_info"))
	}
	return chain
}

func (t *soloTrack) done(o *op) {
	o.tell(outcome.Outcome{Kind: outcome.Done})
	if t.askedAt > 0 {
		o.stage("sign_request", t.askedAt-o.sent)
	}
	if t.chainAt > 0 {
		o.stage("on_chain", t.chainAt-t.signedAt)
	}
	if o.kind == outcome.Snapshot || o.kind == outcome.Settle {
		o.stage("confirmed", o.p.now()-t.signedAt)
	}
}

// conflict tells of a conflict that is the operation's own: a bad signature, a
// timer, or a transaction that the node could not push. Another one belongs to
// the update that it met.
func (t *soloTrack) conflict(o *op, c *wire.Conflict) {
	out := outcome.Outcome{Kind: outcome.Conflict, Code: c.Code, By: outcome.ByNode, Round: c.Round}
	switch c.Code {
	case wire.ConflictTimeout:
		out.Kind = outcome.Timeout
	case wire.ConflictValidation, wire.ConflictRejected:
	default:
		for _, other := range o.p.ops {
			if other != o && coSigned(other.kind) {
				return
			}
		}
	}
	o.tell(out)
}

func (t *soloTrack) closed(o *op, e *end, s *socket, how ending) {
	i := e.role.Index()
	if e != o.e && e != o.e.peer() {
		return
	}
	t.died[i] = t.died[i] || t.ended[i] && !s.ownClose
	if e != o.e || o.told {
		return
	}
	if t.signed && t.effect(o, e) {
		t.done(o)
		return
	}
	o.tell(lostSocket(s, how, t.signed))
}

func (t *soloTrack) settled(o *op) bool {
	peer := o.e.peer()
	switch {
	case o.out.Kind != outcome.Done:
		return o.settle == nil || o.closes(o.e)
	case !t.effect(o, peer) && !peer.asleep():
		return false
	case o.kind == outcome.Settle:
		return o.closes(o.e, peer)
	}
	return true
}
