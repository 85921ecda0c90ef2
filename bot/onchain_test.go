package bot_test

import (
	"testing"
	"testing/synctest"

	"chanbot/outcome"
	"chanbot/simnode"
	"chanbot/strategy"
)

// onChain are scenarios of what touches the chain, or ends the channel, beyond
// the ready ones.
var onChain = map[string]string{
	"both deposit": `
steps:
  - open:
  - both: {deposit: 1}
    expect: {conflict: 2}
  - both: {deposit: 1}
    sign: {responder: {deposit_tx: {abort: 7}}}
    expect: [signed, {aborted: 7}, {conflict: 2}]
`,
	"a deposit and a transfer": `
steps:
  - open:
  - parallel:
      - [initiator: {deposit: 1}, initiator: {transfer: 1}]
      - [initiator: {message: one}, responder: {message: two}]
`,
	"options": `
steps:
  - open:
  - initiator: {deposit: {amount: 1, fee: 30000000000000, meta: [a, b]}}
    expect: signed
  - initiator: {withdraw: {amount: 1, gas_price: 2000000000}}
    expect: signed
  - initiator: {deposit: {amount: 1, fee: 1}}
    expect: rejected
  - initiator: {close: {fee: 1}}
    expect: rejected
  - initiator: {history: {n: 3, type: [rpt]}}
  - initiator: {history: {n: 3}}
    id: false
  - initiator: {close: {fee: 40000000000000}}
    expect: done
`,
	"nobody acknowledges a deposit": `
channel: {timeouts: {sign: 4s, funding_sign: 2s}}
steps:
  - open:
  - initiator: {deposit: 1}
    sign: {deposit_ack: ignore}
    expect: {timeout: 3, by: node}
  - initiator: {deposit: 1}
    expect: signed
`,
	"a deposit beyond the account": `
channel: {timeouts: {funding_lock: 5s}}
steps:
  - open:
  - initiator: {deposit: 100000000000000000000000}
    expect: {timeout: 3, by: node}
  - initiator: {transfer: 1}
    expect: signed
`,
	"the peer is away": `
channel: {timeouts: {accept: 2s}}
steps:
  - open:
  - responder: {disconnect: close}
  - wait: 100ms
  - initiator: {withdraw: 1}
    expect: {conflict: 2}
  - initiator: close
    expect: {timeout: 3, by: node}
  - responder: reconnect
  - initiator: close
    expect: done
`,
	"the peer stops instead of signing": `
steps:
  - open:
  - initiator: {deposit: 1}
    sign: {deposit_ack: stop}
    expect: died
  - open:
  - initiator: close
    sign: {shutdown_sign_ack: {disconnect: reset}}
    expect: [timeout, died]
    timeout: 200s
`,
	"the starter goes away": `
channel: {timeouts: {sign: 2s}}
steps:
  - open:
  - initiator: {deposit: 1}
    sign: {deposit_tx: {disconnect: close}}
    expect: disconnected
  - wait: 3s
  - initiator: reconnect
  - initiator: close
    sign: {shutdown_sign: [accept, {disconnect: reset}]}
    expect: [disconnected, unknown]
`,
	"a proposed deposit": `
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: {propose: {deposit: 1}}}
    expect: {conflict: 2}
  - initiator: {transfer: 1}
    sign: {update_ack: {propose: {withdraw: 1}}}
    expect: {conflict: 2}
  - responder: {transfer: 1}
    expect: signed
`,
	"a proposed close": `
channel: {timeouts: {sign: 3s}}
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: {propose: close}}
    expect: {outcome: {timeout: 3}, frames: {initiator: [conflict 3, sign.shutdown_sign, info closed_confirmed]}}
  - open:
  - initiator: {transfer: 1}
    expect: signed
`,
	"a proposed settle is refused": `
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: [{propose: settle, expect: {rejected: -32603}}, accept]}
    expect: signed
`,
	"a proposed snapshot takes the place of an update": `
channel: {timeouts: {accept: 2s}}
steps:
  - open:
  - initiator: {transfer: 1}
  - initiator: {transfer: 1}
    sign: {update_ack: {propose: snapshot}}
    expect: {outcome: {timeout: 3}, frames: {responder: [sign.update_ack, sign.snapshot_solo_tx, info min_depth_achieved]}}
  - initiator: {transfer: 1}
    sign: {update: {propose: close_solo}}
    expect: {timeout: null, by: chanbot}
    timeout: 5s
  - initiator: settle
    expect: done
`,
	"nothing to slash or settle": `
steps:
  - open:
  - initiator: slash
    expect: {rejected: -32603}
  - responder: settle
    expect: {rejected: -32603}
  - initiator: {assume_minimum_depth: {}}
    expect: {rejected: -32603}
`,
	"bad signatures of solo operations": `
channel: {lock_period: 2}
steps:
  - open:
  - initiator: {transfer: 1}
  - initiator: close_solo
    sign: {close_solo_sign: {tamper: bad signature}}
    expect: {conflict: 5, by: node}
  - initiator: close_solo
  - responder: settle
    sign: {settle_sign: {tamper: other key}}
    expect: {conflict: 1}
`,
	"a mutual close of a channel that closes already": `
steps:
  - open:
  - initiator: close_solo
  - responder: close
    expect: done
  - open:
  - responder: {transfer: 1}
    expect: signed
`,
	"an update while a solo close waits": `
node: {blocks: manual}
steps:
  - open: {until: {initiator: on_chain_tx funding_signed}}
  - blocks: {micro: 1}
  - blocks: 20
  - open:
  - initiator: {transfer: 1}
  - parallel:
      - - initiator: close_solo
          expect: {outcome: done, frames: {initiator: [on_chain_tx can_slash], responder: [on_chain_tx can_slash]}}
      - - initiator: {wait: {frame: sign.close_solo_sign}}
        - initiator: {transfer: 1}
          expect: signed
        - blocks: {micro: 1}
`,
	"leave from both sides": `
steps:
  - open:
  - responder: leave
    expect: done
  - both: reestablish
    expect: done
  - both: reestablish
    expect: rejected
  - initiator: leave
  - initiator: {transfer: 1}
    expect: [died, disconnected]
  - both: reestablish
  - initiator: leave
  - open:
  - initiator: {transfer: 1}
    expect: signed
`,
	"a leave that is not answered": `
channel: {timeouts: {sign: 20s, accept: 3s}}
steps:
  - open:
  - parallel:
      - - responder: {transfer: 1}
          sign: {responder: {update: {delay: 10s}}}
          expect: [died, conflict, disconnected]
      - - wait: 100ms
        - initiator: leave
          expect: {timeout: null, by: node}
`,
	"a closed channel does not come back": `
steps:
  - open:
  - initiator: close
  - both: reestablish
    expect: refused
  - open:
  - responder: {transfer: 1}
    expect: signed
`,
	"nothing to reestablish": `
steps:
  - both: reestablish
    expect: disconnected
  - initiator: leave
    expect: disconnected
`,
	"both snapshot": `
steps:
  - open:
  - initiator: {transfer: 1}
  - both: snapshot
    expect: [done, {timeout: null}, {rejected: 1013}]
    timeout: 20s
`,
	"close_solo after a reestablish": `
channel: {lock_period: 2}
steps:
  - open:
  - initiator: {transfer: 1}
  - initiator: leave
  - both: reestablish
  - responder: close_solo
  - initiator: settle
    expect: done
`,
}

func TestOnChain(t *testing.T) {
	for name, src := range onChain {
		t.Run(name, func(t *testing.T) {
			s := parse(t, "x.yaml", "chanbot: 1\nname: x\ndescription: "+name+"\n"+src)
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, blocksOf(s))
				defer b.stop()
				passed(t, b.run())
			})
		})
	}
}

// TestManyPairsClose opens and closes channels beside each other, again and
// again, so that blocks for one pair come while others sign.
func TestManyPairsClose(t *testing.T) {
	s := parse(t, "x.yaml", `
chanbot: 1
name: x
description: everything that needs depth
steps:
  - open:
  - initiator: {deposit: 1}
  - responder: {withdraw: 1}
  - initiator: close
`)
	synctest.Test(t, func(t *testing.T) {
		const pairs, iterations = 30, 2
		b := newBench(t, s, pairs, nil)
		defer b.stop()
		b.cfg.Iterations = iterations
		rep := b.run()
		passed(t, rep)
		for _, kind := range []outcome.Operation{outcome.Deposit, outcome.Withdraw, outcome.Close} {
			if n := rep.Summary.Operations[string(kind)].Stages["sign_request"].Count; n != pairs*iterations {
				t.Errorf("%d times the stage sign_request of %s", n, kind)
			}
		}
		if n := rep.Summary.Operations["close"].Stages["closed"].Count; n != pairs*iterations {
			t.Errorf("%d times the stage closed", n)
		}
		if b.node.Channels() != 0 {
			t.Errorf("%d channels are left on the node", b.node.Channels())
		}
	})
}

// blocksOf makes the node's blocks come as the scenario says.
func blocksOf(s *strategy.Scenario) func(*simnode.Config) {
	return func(c *simnode.Config) {
		if s.Node != nil && s.Node.Blocks == strategy.BlocksManual {
			c.Blocks = simnode.Manual
		}
	}
}

// TestOnChainWithBlocksAtAnInterval runs the ready scenarios that need depth on
// a node that makes blocks by itself, as a foreign one does.
func TestOnChainWithBlocksAtAnInterval(t *testing.T) {
	for _, name := range []string{
		"assume-minimum-depth", "close", "close-abort", "close-by-both", "close-solo-abort", "close-solo-settle", "contract",
		"deposit", "deposit-abort", "deposit-rejected-on-chain", "force-progress", "leave-reestablish",
		"leave-responder-stays", "slash", "snapshot", "snapshot-and-update", "withdraw",
	} {
		t.Run(name, func(t *testing.T) {
			s := load(t, name)
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, func(c *simnode.Config) { c.Blocks = simnode.Interval })
				defer b.stop()
				b.cfg.Embedded = nil
				passed(t, b.run())
			})
		})
	}
}

// TestWaitForForeignBlocks looks at the height of a chain that nobody can make
// blocks for.
func TestWaitForForeignBlocks(t *testing.T) {
	s := parse(t, "x.yaml", "chanbot: 1\nname: x\ndescription: x\nsteps:\n  - wait: {blocks: 3}\n")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, func(c *simnode.Config) { c.Blocks = simnode.Interval })
		defer b.stop()
		b.cfg.Embedded = nil
		before := b.node.Height()
		passed(t, b.run())
		if n := b.node.Height() - before; n != 3 {
			t.Errorf("%d blocks", n)
		}
	})
}
