package fuzz

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"chanbot/bot"
	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// blockLog is when key blocks were made at a node that makes none by itself.
type blockLog struct {
	mu    sync.Mutex
	last  time.Time   // when one was made that was waited for
	times []blockTime // one for each block, in the order in which they were ready
}

// blockTime is when a block was asked for, and when it was there.
type blockTime struct{ asked, made time.Time }

// watch returns what the embedded node can do, with every block noted.
func (l *blockLog) watch(e *bot.Embedded) *bot.Embedded {
	if e == nil || e.KeyBlocks == nil {
		return e
	}
	own := *e
	own.KeyBlocks = func(n int) {
		asked := time.Now()
		e.KeyBlocks(n)
		l.mu.Lock()
		defer l.mu.Unlock()
		for range n {
			l.times = append(l.times, blockTime{asked, time.Now()})
		}
	}
	return &own
}

// sharedPace is the least time between the blocks for cases that wait for depth
// at the same time, so that their offers do not get too old.
const sharedPace = 10 * time.Millisecond

// share returns what the embedded node can do for one of several cases, which
// wait for the same blocks.
func (l *blockLog) share(e *bot.Embedded) *bot.Embedded {
	own := l.watch(e)
	if own != e {
		own.Wanted = func() {
			if !l.justNow(time.Now()) {
				own.KeyBlocks(1)
			}
		}
	}
	return own
}

// justNow says whether a block was wanted within the pace, and otherwise counts
// this one.
func (l *blockLog) justNow(at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.IsZero() && at.Sub(l.last) < sharedPace {
		return true
	}
	l.last = at
	return false
}

// within returns how many blocks were asked for after a time and were there
// before another one.
func (l *blockLog) within(from, to time.Time) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := uint64(0)
	for i := len(l.times) - 1; i >= 0 && l.times[i].made.After(from); i-- {
		if l.times[i].asked.After(from) && l.times[i].made.Before(to) {
			n++
		}
	}
	return n
}

// between returns how many blocks may have been made between two moments.
func (l *blockLog) between(from, to time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for i := len(l.times) - 1; i >= 0 && l.times[i].made.After(from); i-- {
		if l.times[i].asked.Before(to) {
			n++
		}
	}
	return n
}

// ownLocks are the events that tell that a side has its depth.
var ownLocks = map[string]bool{
	wire.EventOwnFundingLocked: true, wire.EventOwnDepositLocked: true, wire.EventOwnWithdrawLocked: true,
}

// plainDepth returns the minimum depth in key blocks that a scenario sets for a
// role, 0 when it is not known.
func plainDepth(sc *strategy.Scenario, r outcome.Role) int {
	depth, plain := 0, false
	for _, list := range [][]strategy.Param{sc.Channel.Params, sc.Standing(r).Params} {
		for _, p := range list {
			switch p.Name {
			case "minimum_depth":
				depth = 0
				_ = json.Unmarshal([]byte(p.Value), &depth) // anything else is not known
			case "minimum_depth_strategy":
				plain = p.Value == "plain"
			}
		}
	}
	if !plain {
		return 0
	}
	return depth
}

// earlyDepth judges that no side has its depth before the block with the
// transaction is as deep as it waits for (fsm 6.1, 6.3). It takes a node that
// makes no blocks by itself, and one that says how deep a transaction is.
func (s *stage) earlyDepth(ctx context.Context, t *tape, sc *strategy.Scenario, started time.Time) *breach {
	var mined [2]*tx.Hash // what each side was told of last
	for i := range t.frames {
		f := &t.frames[i]
		r, err := outcome.ParseRole(f.Side)
		if err != nil {
			continue
		}
		if f.Dir == results.DirOut && strings.Contains(string(f.Frame), wire.MethodAssumeMinimumDepth) {
			return nil
		}
		if f.Dir != results.DirIn {
			continue
		}
		w := wire.DecodeFrame(f.Frame)
		hash := &mined[r.Index()]
		switch {
		case w.OnChainTx != nil && w.OnChainTx.Info == wire.OnChainChannelChanged:
			*hash = nil
			if signed, err := tx.ParseSigned(w.OnChainTx.Tx); err == nil {
				*hash = new(signed.Hash())
			}
		case w.Info != nil && ownLocks[w.Info.Event] && *hash != nil:
			want := plainDepth(sc, r) - 1 // a block may just be coming
			if want <= 0 {
				continue
			}
			if got, ok := s.depthAt(ctx, **hash, started.Add(f.T)); ok && got < want {
				return &breach{
					Rule: RuleDepth, Role: r, Cell: model.Cell{State: "depth", Input: w.Info.Event},
					Expected: fmt.Sprintf("a transaction that is %d key blocks deep", want), Got: fmt.Sprintf("%s at %d", w.Name(), got),
				}
			}
			*hash = nil
		}
	}
	return nil
}

// depthAt returns how deep a transaction was at a moment at most.
func (s *stage) depthAt(ctx context.Context, hash tx.Hash, at time.Time) (depth int, ok bool) {
	now := time.Now()
	d, ok, err := s.place.Depth(ctx, hash)
	if err != nil || !ok {
		return 0, false
	}
	return int(d - min(d, s.blocks.within(at, now))), true
}
