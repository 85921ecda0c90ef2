package fuzz

import (
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
	"chanbot/wire"
)

// blockLog is when key blocks were asked for at a node that makes none by
// itself.
type blockLog struct {
	mu    sync.Mutex
	times []time.Time // one for each block
}

// watch returns what the embedded node can do, with every block noted.
func (l *blockLog) watch(e *bot.Embedded) *bot.Embedded {
	if e == nil || e.KeyBlocks == nil {
		return e
	}
	own := *e
	own.KeyBlocks = func(n int) {
		l.mu.Lock()
		for range n {
			l.times = append(l.times, time.Now())
		}
		l.mu.Unlock()
		e.KeyBlocks(n)
	}
	return &own
}

// between returns how many blocks were asked for in a time, those at its ends
// included.
func (l *blockLog) between(from, to time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for i := len(l.times) - 1; i >= 0 && !l.times[i].Before(from); i-- {
		if !l.times[i].After(to) {
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

// earlyDepth judges that no side has its depth before as many key blocks as it
// waits for were made (fsm 6.1, 6.3). It takes a node that makes none by itself.
func (t *tape) earlyDepth(sc *strategy.Scenario, blocks *blockLog, started time.Time) *breach {
	// When each side was told of its block. A socket that was blocked gives
	// everything late (fsm 3.3), beginning with the answer that was withheld.
	var mined, answered [2]time.Duration
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
		switch {
		case w.OnChainTx != nil && w.OnChainTx.Info == wire.OnChainChannelChanged:
			mined[r.Index()] = f.T
			if answered[r.Index()] > 0 && f.T-answered[r.Index()] < burst {
				mined[r.Index()] = 0
			}
		case w.Kind == wire.KindResult || w.Kind == wire.KindError:
			answered[r.Index()] = f.T
		case w.Info != nil && ownLocks[w.Info.Event] && mined[r.Index()] > 0:
			want := plainDepth(sc, r) - 1 // the one that was being made when it was mined
			from := started.Add(mined[r.Index()] - burst)
			if got := blocks.between(from, started.Add(f.T)); got < want {
				return &breach{
					Rule: RuleDepth, Role: r, Cell: model.Cell{State: "depth", Input: w.Info.Event},
					Expected: fmt.Sprintf("%d key blocks before it", want), Got: fmt.Sprintf("%s after %d", w.Name(), got),
				}
			}
			mined[r.Index()] = 0
		}
	}
	return nil
}
