package simnode_test

import (
	"fmt"
	"testing/synctest"
	"time"

	"chanbot/session"
	"chanbot/tx"
	"chanbot/wire"
)

// What an awaited frame may need: blocks of either kind.
var (
	needsDepth = map[string]bool{
		"info own_funding_locked": true, "info own_deposit_locked": true, "info own_withdraw_locked": true,
		"info closed_confirmed": true, "info min_depth_achieved": true, "info minimum_depth_achieved": true,
	}
	needsBlock = map[string]bool{
		"on_chain_tx channel_changed": true, "on_chain_tx channel_closed": true, "on_chain_tx solo_closing": true,
		"on_chain_tx can_slash": true, "on_chain_tx can_snapshot": true, "on_chain_tx consumed_forced_progress": true,
	}
)

// The bounds of waiting for a frame: the time that the node needs for its own
// work, key blocks that are made for it, and time that passes beyond the
// recording's.
const (
	work       = 20 * time.Millisecond
	mostBlocks = 40
	patience   = 3 * time.Second
)

// await lets the node work until came is true: for a moment, with the blocks
// that the frame needs, after a client has closed, or with some more time.
func (r *replay) await(e session.Entry, came func() bool) error {
	if r.within(work, came) {
		return nil
	}
	n := name(e)
	if n == "on_chain_tx can_slash" {
		if err := r.postOldClose(); err != nil {
			return err
		}
	}
	if needsBlock[n] {
		r.node.MineMicroBlock()
		if r.within(work, came) {
			return nil
		}
	}
	if needsBlock[n] || needsDepth[n] {
		for range mostBlocks {
			r.node.MineKeyBlocks(1)
			if r.within(work, came) {
				return nil
			}
		}
	}
	if err := r.drop(); err != nil {
		return err
	}
	if r.within(patience, came) {
		return nil
	}
	return fmt.Errorf("nothing came, want %s", n)
}

// postOldClose posts the close_solo that a client has kept instead of answering
// with it. The recordings do not show that request.
func (r *replay) postOldClose() error {
	at := r.mapping.latest(func(o offer) bool {
		t, err := o.here.Decode()
		return err == nil && t.Type() == wire.TxTypeCloseSolo
	})
	if at < 0 {
		return nil
	}
	kept := r.mapping.offers[at].here
	t, err := kept.Decode()
	if err != nil {
		return err
	}
	origin, _, _ := tx.OriginOf(t)
	for _, k := range r.mapping.keys {
		if k.ID() == origin {
			return r.node.Post(kept.Sign(k, network, tx.Raw))
		}
	}
	return nil
}

// within lets time pass until came is true. The replay is behind the recording
// by what that takes.
func (r *replay) within(d time.Duration, came func() bool) bool {
	began := time.Now()
	defer func() { r.late += time.Since(began) }()
	for {
		synctest.Wait()
		if came() {
			return true
		}
		if time.Since(began) >= d {
			return false
		}
		time.Sleep(time.Millisecond)
	}
}
