package model

import (
	"slices"
	"strconv"

	"chanbot/wire"
)

// assume notes the hash of an assume_minimum_depth.
func (c *Client) assume(r *request) {
	members, _ := wire.Members(r.req.Params)
	if hash, ok := wire.Text(members["tx_hash"]); ok && len(c.assumedTx) < 64 {
		c.assumedTx = append(c.assumedTx, hash)
	}
}

// depth judges the events about the depth of what is not a lock (ws-api 6.1):
// min_depth_achieved for an own snapshot, minimum_depth_achieved for what this
// client assumed.
func (c *Client) depth(f *wire.Frame) {
	name := f.Name()
	if f.Info.Event == wire.EventMinDepthAchieved {
		if f.Info.Type != wire.TxTypeSnapshotSolo {
			c.violate(RuleDepthUnasked, "the type "+wire.TxTypeSnapshotSolo+" in "+name, quoted(f.Info.Type))
		}
		if c.snapshots == 0 && c.certain() && !c.loose && !c.reconnected {
			c.violate(RuleDepthUnasked, "no "+name+" without an own snapshot on the chain", name)
		}
		c.snapshots = max(0, c.snapshots-1)
		return
	}
	switch {
	case f.Info.Notice != "already_assumed":
		c.violate(RuleDepthUnasked, "the notice already_assumed in "+name, quoted(f.Info.Notice))
	case c.reconnected || len(c.assumedTx) >= 64:
	case !slices.Contains(c.assumedTx, f.Info.TxHash):
		c.violate(RuleDepthUnasked, "one of the "+strconv.Itoa(len(c.assumedTx))+" transactions that this client assumed", quoted(f.Info.TxHash))
	}
}
