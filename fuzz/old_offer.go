package fuzz

import (
	"strings"
	"time"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/wire"
)

// oldestOffer is how many key blocks may be made between a request and the moment
// when the peer's machine looks at what became of it (bh_delta_not_older_than,
// ws-api 2.3).
const oldestOffer = 10

// tooOld says that an honest operation may have failed, or a conflict come without
// any other cause, because other cases had so many key blocks made that its
// transaction was pinned to one that is too old: the peer's machine then refuses it
// with conflict 2, or ends an opening.
func (s *stage) tooOld(b *breach, t *tape, started time.Time) bool {
	if b == nil || s.blocks == nil {
		return false
	}
	switch {
	case b.Rule == model.RulePairConflict:
	case b.Rule == RuleExpectation && (b.Cell.Input == outcome.Conflict.String() || b.Cell.Input == outcome.Died.String()):
	default:
		return false
	}
	from, to, ok := t.lastOffer()
	return ok && s.blocks.between(started.Add(from), started.Add(to)) > oldestOffer
}

// lastOffer returns when the request was made that led to the last offer to its
// own side, and when the last frame came.
func (t *tape) lastOffer() (asked, end time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	offered := ""
	for i := len(t.frames) - 1; i >= 0; i-- {
		f := &t.frames[i]
		switch f.Dir {
		case results.DirIn:
			end = max(end, f.T)
			if offered != "" {
				continue
			}
			if w := wire.DecodeFrame(f.Frame); w.Sign != nil && w.Sign.Tag != wire.TagResponderSign && !strings.HasSuffix(w.Sign.Tag, "_ack") {
				offered = f.Side
			}
		case results.DirOut, results.DirConnect:
			if offered == f.Side {
				return f.T, end, true
			}
		}
	}
	return 0, 0, false
}
