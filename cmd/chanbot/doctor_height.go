package main

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"chanbot/nodeapi"
)

// history is over how many key blocks the speed of the chain is taken.
const history = 10

// pulse is how a chain goes.
type pulse struct {
	top   nodeapi.KeyBlock
	every time.Duration // between the last key blocks; 0 if there are too few
	moved bool          // one came while it was looked at
	now   time.Time
}

// takePulse reads the last blocks and waits for another one.
func (d *doctor) takePulse(ctx context.Context) (p pulse, err error) {
	if p.top, err = d.api.CurrentKeyBlock(ctx); err != nil {
		return p, err
	}
	if n := min(history, p.top.Height); n > 1 { // the block of height 0 has no time
		first, err := d.api.KeyBlockAt(ctx, p.top.Height-n+1)
		if err != nil {
			return p, err
		}
		p.every = p.top.Time.Sub(first.Time) / time.Duration(n-1)
	}
	pause := time.NewTicker(min(max(d.o.look/20, 20*time.Millisecond), 500*time.Millisecond))
	defer pause.Stop()
	for end := time.Now().Add(d.o.look); time.Now().Before(end); {
		height, err := d.api.Height(ctx)
		if err != nil {
			return p, err
		}
		if height != p.top.Height {
			p.moved = true
			break
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return p, context.Cause(ctx)
		}
	}
	p.now = time.Now()
	return p, nil
}

// alive says that key blocks come. One that is late by chance is not missed:
// where they are mined, one in 20,000 takes ten times as long as the others.
func (p *pulse) alive() bool {
	return p.moved || p.every > 0 && p.now.Sub(p.top.Time) < 10*p.every
}

// checkHeight looks whether key blocks come, and whether they come fast enough
// for a channel to open in time.
func (d *doctor) checkHeight(ctx context.Context) {
	if d.api == nil {
		return
	}
	p, err := d.takePulse(ctx)
	if err != nil {
		d.report.add("height", unknown, err.Error(), "")
		return
	}
	if !p.alive() {
		text := fmt.Sprintf("%d, and it stands still", p.top.Height)
		if p.top.Height > 0 {
			text += fmt.Sprintf("; the last key block is %v old", rounded(p.now.Sub(p.top.Time)))
		}
		d.report.add("height", failed, text, "channels open when key blocks come: dev_mode.keyblock_interval: 1 in developer mode, --block-time 1s with chanbot node")
		return
	}
	if p.every <= 0 {
		d.report.add("height", fine, fmt.Sprintf("%d, moving; too young to say how fast", p.top.Height), "")
		return
	}
	text := fmt.Sprintf("%d, a key block every %v", p.top.Height, rounded(p.every))
	depth, limit := d.depth(), d.timeout("funding_lock", 6*time.Minute)
	wait := math.Ceil(depth) * float64(p.every)
	text += fmt.Sprintf("; a channel opens %.0f later", depth)
	switch {
	case wait > float64(limit):
		d.report.add("height", failed, fmt.Sprintf("%s, which takes longer than timeout_funding_lock, %v", text, limit),
			fmt.Sprintf("--param timeout_funding_lock=%.0f gives it time (in milliseconds), or a lower minimum_depth with minimum_depth_strategy=plain", 2*wait/float64(time.Millisecond)))
	case 2*wait > float64(limit):
		d.report.add("height", warning, fmt.Sprintf("%s, about %v, which is close to timeout_funding_lock, %v", text, rounded(time.Duration(wait)), limit), "raise it with --param timeout_funding_lock=MILLISECONDS")
	default:
		d.report.add("height", fine, fmt.Sprintf("%s, about %v (timeout_funding_lock is %v)", text, rounded(time.Duration(wait)), limit), "")
	}
}

// param is what the scenario and --param say about a connection parameter.
func (d *doctor) param(name string) string {
	value := ""
	for _, p := range d.s.params {
		if p.Name == name {
			value = p.Value
		}
	}
	if d.scenario != nil {
		for _, p := range d.scenario.Channel.Params {
			if p.Name == name {
				value = p.Value
			}
		}
	}
	return value
}

// timeout is one of the node's timers as a run would set it.
func (d *doctor) timeout(name string, usual time.Duration) time.Duration {
	limit := usual
	if ms, err := strconv.ParseInt(d.param("timeout_"+name), 10, 63); err == nil && ms < math.MaxInt64/int64(time.Millisecond) {
		limit = time.Duration(ms) * time.Millisecond
	}
	if d.scenario != nil {
		if t, ok := d.scenario.Channel.Timeouts[name]; ok {
			limit = t
		}
	}
	return limit
}

// createGas is about what a create transaction takes.
const createGas = 17_500

// depth is how many key blocks have to follow the create transaction (ws-api 2.3).
func (d *doctor) depth() float64 {
	factor, err := strconv.ParseFloat(d.param("minimum_depth"), 64)
	if plain := d.param("minimum_depth_strategy") == "plain"; plain {
		if err != nil {
			return 3
		}
		return factor
	}
	if err != nil {
		factor = 10
	}
	if factor == 0 {
		return 1
	}
	return math.Ceil(math.Pow(createGas, 1/factor))
}

// amount is what a side puts into a channel.
func (d *doctor) amount(name string) *big.Int {
	amounts := map[string]*big.Int{"initiator_amount": big.NewInt(70_000_000_000_000), "responder_amount": big.NewInt(40_000_000_000_000)}
	if d.scenario != nil {
		for n, v := range map[string]*big.Int{"initiator_amount": d.scenario.Channel.InitiatorAmount, "responder_amount": d.scenario.Channel.ResponderAmount} {
			if v != nil {
				amounts[n] = v
			}
		}
	}
	if v, ok := new(big.Int).SetString(d.param(name), 10); ok && v.Sign() >= 0 {
		return v
	}
	return amounts[name]
}
