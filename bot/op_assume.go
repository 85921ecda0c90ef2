package bot

import (
	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// assumeTrack follows assume_minimum_depth: what its own side is told then is
// what the depth would have brought (fsm.md 6.10). The peer hears of that when
// it has its own depth.
type assumeTrack struct{ answered bool }

func (t *assumeTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if e != o.e || o.told {
		return
	}
	ok, refused := o.answers(e, f)
	t.answered = t.answered || ok
	switch {
	case refused != nil:
		o.tell(rejected(refused))
	case ok && e.silent("report_info"):
		t.done(o)
	case f.Info == nil:
	case f.Info.Event == wire.EventOwnFundingLocked, f.Info.Event == wire.EventOwnDepositLocked,
		f.Info.Event == wire.EventOwnWithdrawLocked, f.Info.Event == wire.EventClosedConfirmed:
		if t.answered || o.id == nil {
			t.done(o)
		}
	default:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
		}
	}
}

func (*assumeTrack) done(o *op) {
	o.tell(outcome.Outcome{Kind: outcome.Done})
	o.stage("locked", o.p.now()-o.sent)
}

func (*assumeTrack) closed(o *op, e *end, s *socket, how ending) {
	if e == o.e {
		o.tell(lostSocket(s, how, false))
	}
}

func (*assumeTrack) settled(*op) bool { return true }

// watchedHash returns the hash of the last transaction of the channel on its way
// to the chain that the end was told of, "" before the first one.
func (e *end) watchedHash() string {
	s, err := tx.ParseSigned(e.watched)
	if err != nil {
		return ""
	}
	return s.Hash().Text(tx.PrefixTxHash)
}
