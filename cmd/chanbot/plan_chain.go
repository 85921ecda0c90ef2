package main

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"chanbot/outcome"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// defaultGasPrice is the least that nodes take by default, in aettos.
const defaultGasPrice = 1_000_000_000

// planBudget is how many steps are walked through to plan a run.
const planBudget = 1_000_000

// chainUse is what one pair does to the chain, found by walking through its
// steps. It does not know what the steps come to, so it takes what they are
// meant to do, and where steps are chosen the most of each.
type chainUse struct {
	s  *settings
	sc *strategy.Scenario

	live bool // a channel is open
	left bool // and both sides have left it

	opened, closed, locked int
	fees, paid, sent       [2]*big.Int // for transactions; into channels that are open; to the other side
	nonces                 [2]int
	most                   [2]int        // the highest number of a socket
	waits                  time.Duration // that the steps wait for at least
	budget                 int
	doubts                 []string
}

func newChainUse(s *settings, sc *strategy.Scenario) *chainUse {
	u := &chainUse{s: s, sc: sc, budget: planBudget, most: [2]int{1, 1}}
	for i := range u.fees {
		u.fees[i], u.paid[i], u.sent[i] = new(big.Int), new(big.Int), new(big.Int)
	}
	return u
}

// unsure keeps a reason for the numbers to be bounds.
func (u *chainUse) unsure(why string) {
	if !slices.Contains(u.doubts, why) {
		u.doubts = append(u.doubts, why)
	}
}

func (u *chainUse) sockets() int { return u.most[0] + u.most[1] }

// steps walks through steps one after the other.
func (u *chainUse) steps(steps []strategy.Step) {
	for i := range steps {
		if u.budget--; u.budget < 0 {
			u.unsure("steps after the first million are not counted")
			return
		}
		u.step(&steps[i])
	}
}

func (u *chainUse) step(st *strategy.Step) {
	a := &st.Action
	if r := st.Who.Role(); r != outcome.NoRole {
		u.most[r.Index()] = max(u.most[r.Index()], st.Who.Socket)
	}
	switch a.Kind {
	case strategy.Repeat:
		if a.Times == 0 {
			u.unsure("how often a repeat with for: goes round is not known; it is counted once")
			before := u.waits
			u.steps(a.Steps)
			u.waits = before + max(a.For, u.waits-before)
			return
		}
		for range a.Times {
			if u.budget <= 0 {
				u.unsure("steps after the first million are not counted")
				return
			}
			u.steps(a.Steps)
		}
	case strategy.Choose:
		u.choose(a.Choices)
	case strategy.Parallel:
		before, longest := u.waits, time.Duration(0)
		for _, b := range a.Branches {
			u.waits = before
			u.steps(b)
			longest = max(longest, u.waits-before)
		}
		u.waits = before + longest
	case outcome.Wait:
		if a.Wait != nil && a.Wait.Frame == nil && a.Wait.Blocks == 0 {
			u.waits += a.Wait.For
		}
	case outcome.Open:
		u.open(st)
	case strategy.Post:
		u.unsure("fees of transactions that steps post are not counted")
	case outcome.ForceProgress:
		u.unsure("fees of forced progress are not counted")
	case outcome.Reestablish:
		u.left = false
	case outcome.Leave:
		u.left = u.live
	case outcome.Stop:
		u.end(false)
	default:
		u.transaction(st)
	}
	if means(st, outcome.Died, outcome.Disconnected) && !means(st, outcome.Signed, outcome.Done) {
		u.end(false)
	}
}

// means says that one of these outcomes is expected by name.
func means(st *strategy.Step, kinds ...outcome.Kind) bool {
	return st.Expect != nil && slices.ContainsFunc(st.Expect.Outcomes, func(w strategy.Wanted) bool { return slices.Contains(kinds, w.Kind) })
}

// works says that a step is meant to work.
func works(st *strategy.Step) bool {
	return st.Expect == nil || len(st.Expect.Outcomes) == 0 || means(st, outcome.Signed, outcome.Done)
}

func (u *chainUse) open(st *strategy.Step) {
	if means(st, outcome.Refused) && !works(st) || u.live && !u.left {
		return // nothing comes of it, or it goes on with the channel that is there
	}
	u.end(false)
	u.live, u.left = true, false
	u.opened++
	u.pay(outcome.Initiator, u.createFee())
	if !works(st) {
		u.unsure("a channel whose opening is cut short is counted as opened")
	}
}

// end ends the channel that is open, with its coins or without.
func (u *chainUse) end(back bool) {
	if !u.live {
		return
	}
	u.live, u.left = false, false
	if back {
		u.closed++
		return
	}
	u.locked++
}

// endOfSteps is what the run does with a channel that is still there: stop it.
func (u *chainUse) endOfSteps() { u.end(false) }

// pay counts a transaction of an account.
func (u *chainUse) pay(r outcome.Role, fee *big.Int) {
	i := r.Index()
	u.fees[i] = new(big.Int).Add(u.fees[i], fee)
	u.nonces[i]++
}

// transaction counts what a step puts on the chain.
func (u *chainUse) transaction(st *strategy.Step) {
	a, r := &st.Action, st.Who.Role()
	if a.Kind == outcome.Transfer && a.Amount != nil && u.live && works(st) {
		from := a.From.Role()
		if from == outcome.NoRole {
			from = r
		}
		if from != outcome.NoRole {
			u.sent[from.Index()] = new(big.Int).Add(u.sent[from.Index()], a.Amount)
		}
		return
	}
	t := u.typical(a.Kind)
	if t == nil || r == outcome.NoRole || !u.live || !works(st) {
		return
	}
	switch a.Kind {
	case outcome.Close: // its fee comes out of the channel
		u.nonces[r.Index()]++
		u.end(true)
		return
	case outcome.Deposit:
		u.paid[r.Index()] = new(big.Int).Add(u.paid[r.Index()], a.Amount)
	case outcome.Settle:
		defer u.end(true)
	}
	price := big.NewInt(defaultGasPrice)
	var fee *big.Int
	for _, o := range a.Options {
		if v, ok := new(big.Int).SetString(strings.Trim(string(json.RawMessage(o.Value)), `"`), 10); ok {
			switch o.Name {
			case "gas_price":
				price = v
			case "fee":
				fee = v
			}
		}
	}
	if fee == nil {
		fee = tx.MinFee(t, price)
	}
	u.pay(r, fee)
}

// choose takes the most of every branch.
func (u *chainUse) choose(choices []strategy.StepChoice) {
	start := *u
	all := start
	for i, c := range choices {
		branch := start
		branch.budget, branch.doubts = all.budget, all.doubts
		branch.steps(c.Steps)
		one := branch
		if i > 0 {
			one.live = one.live || all.live
			one.left = one.left && all.left
			one.opened, one.closed, one.locked = max(one.opened, all.opened), max(one.closed, all.closed), max(one.locked, all.locked)
			one.waits = min(one.waits, all.waits)
			for r := range one.fees {
				one.nonces[r], one.most[r] = max(one.nonces[r], all.nonces[r]), max(one.most[r], all.most[r])
				one.fees[r], one.paid[r], one.sent[r] = larger(one.fees[r], all.fees[r]), larger(one.paid[r], all.paid[r]), larger(one.sent[r], all.sent[r])
			}
		}
		all = one
	}
	*u = all
	u.unsure("where steps are chosen, the most of each choice is counted")
}

func larger(a, b *big.Int) *big.Int {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

// load is a fleet: one channel for each pair, ended as its teardown says.
func (u *chainUse) load(l *strategy.Load) {
	u.live, u.opened = true, 1
	u.pay(outcome.Initiator, u.createFee())
	walk := func(steps ...strategy.Step) {
		probe := newChainUse(u.s, u.sc)
		probe.live = true
		probe.steps(steps)
		if probe.nonces != [2]int{} {
			u.unsure("fees and coins of transactions that arrivals put on the chain are not counted")
		}
		u.most = [2]int{max(u.most[0], probe.most[0]), max(u.most[1], probe.most[1])}
	}
	for _, ph := range l.Phases {
		for _, e := range ph.Mix {
			walk(e.Step)
		}
		if len(ph.Mix) == 0 {
			walk(u.sc.Steps...)
		}
	}
	back := l.Teardown == strategy.TeardownMutual || l.Teardown == strategy.TeardownDefault
	if back {
		u.nonces[outcome.Initiator.Index()]++
	}
	u.end(back)
}

// fill puts the sums into the plan.
func (u *chainUse) fill(d *planDoc) {
	pairs := big.NewInt(int64(d.Pairs))
	d.Channels = planChannels{Opened: u.opened * d.Pairs, Closed: u.closed * d.Pairs, Locked: u.locked * d.Pairs, AtMost: len(u.doubts) > 0}
	half := tx.MinFee(u.typical(outcome.Close), d.GasPrice.Int)
	push := u.amount(outcome.Initiator, "push_amount", u.sc.Channel.PushAmount)
	all := new(big.Int)
	for _, r := range outcome.Roles {
		i, a := r.Index(), d.account(r)
		into := u.stake(r)
		begins, share := new(big.Int), new(big.Int).Rsh(half, 1)
		if r == outcome.Initiator {
			begins.Sub(into, push)
			share.Sub(half, share) // the larger half of an odd fee
		} else {
			begins.Add(into, push)
		}
		times := func(v *big.Int, n int) *big.Int { return new(big.Int).Mul(v, big.NewInt(int64(n))) }
		a.Channel = amount{into}
		a.Fees, a.Nonces = amount{u.fees[i]}, u.nonces[i]
		a.Back = amount{times(new(big.Int).Sub(begins, share), u.closed)}
		a.Locked = amount{times(begins, u.locked)}
		all.Add(all, a.Locked.Int)
		// Channels follow each other, so what one gives back is there for the
		// next: what went in, less the fee and what went to the other side.
		need := times(into, u.locked+min(u.closed, 1))
		need.Add(need, u.fees[i]).Add(need, u.paid[i])
		if again := min(u.closed, u.opened-1); again > 0 {
			need.Add(need, times(share, again)).Add(need, u.sent[i])
			if r == outcome.Initiator {
				need.Add(need, times(push, again))
			}
		}
		a.Needed = amount{need}
	}
	d.Locked = amount{all.Mul(all, pairs)}
}

// stake is what a role puts into a channel.
func (u *chainUse) stake(r outcome.Role) *big.Int {
	if r == outcome.Responder {
		return u.amount(r, "responder_amount", u.sc.Channel.ResponderAmount)
	}
	return u.amount(r, "initiator_amount", u.sc.Channel.InitiatorAmount)
}

// amount returns a connection parameter of a role: that of the command line, of
// the role, of the channel, and at last the given one.
func (u *chainUse) amount(r outcome.Role, name string, otherwise *big.Int) *big.Int {
	for _, params := range [][]strategy.Param{u.s.params, u.sc.Standing(r).Params, u.sc.Channel.Params} {
		for _, p := range params {
			if v, ok := new(big.Int).SetString(p.Value, 10); ok && p.Name == name && !p.Omit {
				return v
			}
		}
	}
	if otherwise == nil {
		return new(big.Int)
	}
	return otherwise
}

// createFee is the fee of opening a channel.
func (u *chainUse) createFee() *big.Int {
	if fee := u.amount(outcome.Initiator, "fee", nil); fee.Sign() > 0 {
		return fee
	}
	price := u.amount(outcome.Initiator, "gas_price", big.NewInt(defaultGasPrice))
	t := &tx.Create{
		InitiatorID: account(1), InitiatorAmount: u.stake(outcome.Initiator), ResponderID: account(2), ResponderAmount: u.stake(outcome.Responder),
		ChannelReserve: u.amount(outcome.Initiator, "channel_reserve", u.sc.Channel.ChannelReserve),
		LockPeriod:     u.amount(outcome.Initiator, "lock_period", u.sc.Channel.LockPeriod).Uint64(), Nonce: 1,
	}
	if u.s.era == simnode.Era2020 || u.sc.Node != nil && u.sc.Node.Era == "2020" && !u.s.given.Changed("era") {
		t.Version = 1
	}
	return tx.MinFee(t, price)
}

func account(n byte) tx.ID { return tx.ID{Kind: tx.AccountID, Key: tx.Hash{n, 31: 1}} }

// typical returns a transaction that is as large as that of an operation, or nil
// when it makes none.
func (u *chainUse) typical(kind outcome.Operation) tx.Tx {
	channel := tx.ID{Kind: tx.ChannelID, Key: tx.Hash{1}}
	i, r := account(1), account(2)
	all := [2]*big.Int{u.stake(outcome.Initiator), u.stake(outcome.Responder)}
	payload := func() []byte {
		return tx.NewSigned(&tx.OffChain{ChannelID: channel, Round: 2}).With(make([]byte, 64)).With(append([]byte{1}, make([]byte, 63)...)).Bytes()
	}
	proof := func() []byte {
		poi, _ := tx.ProofOfInclusion([]tx.Balance{{ID: i, Amount: all[0]}, {ID: r, Amount: all[1]}}, []tx.ID{i, r}) // both are there
		return poi
	}
	switch kind {
	case outcome.Deposit:
		return &tx.Deposit{ChannelID: channel, FromID: i, Amount: big.NewInt(1), Round: 2, Nonce: 1}
	case outcome.Withdraw:
		return &tx.Withdraw{ChannelID: channel, ToID: i, Amount: big.NewInt(1), Round: 2, Nonce: 1}
	case outcome.Close:
		return &tx.CloseMutual{ChannelID: channel, FromID: i, InitiatorAmountFinal: all[0], ResponderAmountFinal: all[1], Nonce: 1}
	case outcome.Settle:
		return &tx.Settle{ChannelID: channel, FromID: i, InitiatorAmountFinal: all[0], ResponderAmountFinal: all[1], Nonce: 1}
	case outcome.CloseSolo:
		return &tx.CloseSolo{ChannelID: channel, FromID: i, Payload: payload(), PoI: proof(), Nonce: 1}
	case outcome.Slash:
		return &tx.Slash{ChannelID: channel, FromID: i, Payload: payload(), PoI: proof(), Nonce: 1}
	case outcome.Snapshot:
		return &tx.SnapshotSolo{ChannelID: channel, FromID: i, Payload: payload(), Nonce: 1}
	}
	return nil
}
