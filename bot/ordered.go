package bot

import (
	"fmt"
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/strategy"
)

// inOrder is what became of the frames that a side has to see in order.
type inOrder struct {
	e    *end
	want []strategy.FrameName
	got  []string // what the inbox had for them
	rest []string // and what it has left
	// missing is the first one that has not come, nil when there is none. Of
	// those that may be missing it says nothing.
	missing *strategy.FrameName
	// wrong says that another one came in its place, the last of got.
	wrong bool
}

// notices are the frames that come when blocks do, whatever the channel is doing
// then: their place among the others does not count.
var notices = map[string]bool{"info min_depth_achieved": true, "info minimum_depth_achieved": true}

// look compares the frames with what is in the inbox.
func (x *inOrder) look() {
	inbox := x.e.inbox
	used := make([]bool, len(inbox))
	at := 0 // in the inbox
	for i := range x.want {
		want := &x.want[i]
		if notices[want.Name] {
			k := 0
			for k < len(inbox) && (used[k] || inbox[k] != want.Name) {
				k++
			}
			if k < len(inbox) {
				used[k] = true
				x.got = append(x.got, inbox[k])
			} else if x.missing == nil && !want.Optional {
				x.missing = want
			}
			continue
		}
		for at < len(inbox) && (used[at] || notices[inbox[at]] && want.Name != strategy.AnyFrame) {
			at++
		}
		switch {
		case at < len(inbox) && (want.Name == strategy.AnyFrame || want.Matches(inbox[at])):
			used[at] = true
			x.got = append(x.got, inbox[at])
		case want.Optional:
		case at < len(inbox):
			x.missing, x.wrong = want, true
			used[at] = true
			x.got = append(x.got, inbox[at])
		case x.missing == nil:
			x.missing = want
		}
		if x.wrong || x.missing != nil && at >= len(inbox) {
			break
		}
	}
	for i, name := range inbox {
		if !used[i] {
			x.rest = append(x.rest, name)
		}
	}
}

// post puts the name of a frame into the inbox, where frames in order look.
func (e *end) post(name string) {
	if e.p.fleet.ordered && !e.behind {
		e.inbox = append(e.inbox, name)
	}
}

// leaveBehind drops what comes until the end is connected anew, when its channel
// has ended or is about to.
func (e *end) leaveBehind() {
	if e.sock == nil || e.died || e.stopped {
		e.behind, e.inbox = true, nil
	}
}

// anyOrder says whether any step of a list has frames in order.
func anyOrder(steps []strategy.Step) bool {
	return anyStep(steps, func(s *strategy.Step) bool { return s.Expect.Ordered() })
}

// inOrders looks at what has come of the frames that the step wants in order.
func (r *run) inOrders() []inOrder {
	x := r.step.Expect
	if !x.Ordered() {
		return nil
	}
	var all []inOrder
	look := func(e *end, rule *strategy.FrameRule) {
		if !rule.Ordered {
			return
		}
		o := inOrder{e: e, want: rule.InOrder}
		o.look()
		all = append(all, o)
	}
	for i, role := range outcome.Roles {
		look(r.p.first(role), &x.Frames[i])
	}
	for i := range x.Sockets {
		s := &x.Sockets[i]
		look(r.p.party(s.Who), &s.FrameRule)
	}
	return all
}

// framesOnly says that the step is over when it has seen its frames in order.
func (r *run) framesOnly() bool {
	x := r.step.Expect
	return x.Ordered() && len(x.Outcomes) == 0 && len(x.Values) == 0
}

// reached says that the frame has been seen at which the step ends.
func (r *run) reached() bool {
	until := r.step.Until
	if until == nil {
		return false
	}
	for _, e := range r.p.ends {
		if slices.ContainsFunc(r.saw(e), until.Matches) {
			return true
		}
	}
	return false
}

// framesSeen says that the step waits for frames alone, and that they have come.
func (r *run) framesSeen() bool {
	if !r.framesOnly() {
		return false
	}
	all, _ := r.orderly()
	return all
}

// cutting says that a socket of the step is being closed from this side.
func (r *run) cutting() bool {
	return slices.ContainsFunc(r.ops, func(o *op) bool { return o.kind == outcome.Disconnect && !o.told })
}

// orderly says whether the frames in order have come, and whether the step can
// end because one was wrong. It asks for blocks when the next one needs them,
// with patience as long as a side waits for something else.
func (r *run) orderly() (all, wrong bool) {
	all = true
	deep, block, busy := false, false, r.cutting()
	for _, o := range r.inOrders() {
		wrong = wrong || o.wrong
		if o.missing != nil {
			all = false
			deep = deep || needsDepth[o.missing.Name]
			block = block || needsBlock[o.missing.Name]
			busy = busy || !needsDepth[o.missing.Name] && !needsBlock[o.missing.Name]
		}
	}
	r.mine(deep && !wrong, block && !wrong, busy && (deep || block) && !wrong)
	return all, wrong
}

// needsBlock are the frames that come when a transaction is in a block.
var needsBlock = map[string]bool{
	"on_chain_tx channel_changed": true, "on_chain_tx channel_closed": true, "on_chain_tx solo_closing": true,
	"on_chain_tx can_slash": true, "on_chain_tx can_snapshot": true, "on_chain_tx consumed_forced_progress": true,
}

// needsDepth are the frames that come when a transaction is deep enough.
var needsDepth = map[string]bool{
	"info own_funding_locked": true, "info funding_locked": true, "info own_deposit_locked": true, "info deposit_locked": true,
	"info own_withdraw_locked": true, "info withdraw_locked": true,
	"info closed_confirmed": true, "info min_depth_achieved": true, "info minimum_depth_achieved": true,
}

// mine asks for blocks, or asks no more, and says whether something that needs
// none is still on its way.
func (r *run) mine(deep, block, busy bool) {
	change := func(asked *bool, wanted bool, want func(int)) {
		if wanted == *asked {
			return
		}
		*asked = wanted
		if wanted {
			want(1)
		} else {
			want(-1)
		}
	}
	change(&r.busy, busy, r.p.fleet.miner.hold)
	change(&r.mining, deep, r.p.fleet.miner.want)
	change(&r.minting, block, r.p.fleet.miner.wantMicro)
}

// takeOrdered notes how the frames in order came out, and takes them from the
// inboxes, when the step ends.
func (r *run) takeOrdered() {
	r.mine(false, false, false)
	r.ordered = r.inOrders()
	for _, o := range r.ordered {
		o.e.inbox = o.rest
	}
	if k := r.step.Action.Kind; r.ordered == nil && k != outcome.Wait && k != outcome.Blocks {
		for _, e := range r.p.ends {
			e.inbox = nil // they are this step's
		}
	}
}

// ordered judges the frames that had to come in order.
func (j *judge) ordered() {
	for _, o := range j.r.ordered {
		if o.missing == nil {
			j.check(o.e.side, orderWords(o.want), "as expected", true)
			continue
		}
		got, before := "nothing", o.got
		if n := len(o.got); o.wrong {
			got, before = o.got[n-1], o.got[:n-1]
		}
		problem := fmt.Sprintf("%s: expected %s, got %s", o.e.side, o.missing.Name, got)
		if n := len(before); n > 0 {
			problem += " after " + before[n-1]
		}
		j.check(o.e.side, orderWords(o.want), got, false)
		j.problem("%s", problem)
	}
}

func orderWords(list []strategy.FrameName) string {
	parts := make([]string, len(list))
	for i, f := range list {
		parts[i] = f.Name
	}
	return "in order " + strings.Join(parts, ", ")
}
