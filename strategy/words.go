package strategy

import (
	"maps"
	"slices"

	"chanbot/outcome"
)

// signTags are the tags of channels.sign.TAG (ws-api.md section 6.3).
var signTags = []string{
	"initiator_sign", "responder_sign", "update", "update_ack",
	"deposit_tx", "deposit_ack", "withdraw_tx", "withdraw_ack",
	"shutdown_sign", "shutdown_sign_ack",
	"close_solo_sign", "slash_tx", "settle_sign", "snapshot_solo_tx", "force_progress_tx",
}

// tagsOf returns the tags that a role can be asked to sign.
func tagsOf(r outcome.Role) []string {
	never := map[outcome.Role]string{outcome.Initiator: "responder_sign", outcome.Responder: "initiator_sign"}[r]
	return slices.DeleteFunc(slices.Clone(signTags), func(t string) bool { return t == never })
}

// infoEvents are the events of channels.info (ws-api.md section 6.1).
var infoEvents = []string{
	"fsm_up", "channel_open", "channel_accept", "funding_created", "funding_signed",
	"own_funding_locked", "funding_locked", "open", "update",
	"deposit_created", "withdraw_created", "own_deposit_locked", "deposit_locked",
	"own_withdraw_locked", "withdraw_locked", "shutdown", "closing", "closed_confirmed",
	"aborted_update", "channel_reestablished", "peer_disconnected", "timeout", "died",
	"min_depth_achieved", "minimum_depth_achieved", "bad_state_hash", "bad_signature",
	"not_create_tx", "zombie_channel", "close_mutual",
}

// onChainInfos are the values of info in channels.on_chain_tx (ws-api.md section 6.2).
var onChainInfos = []string{
	"funding_created", "funding_signed", "deposit_created", "deposit_signed",
	"withdraw_created", "withdraw_signed", "channel_changed", "close_mutual",
	"channel_closed", "solo_closing", "can_slash", "can_snapshot", "consumed_forced_progress",
}

// replies are the queries whose answer without id is a notification.
var replies = []string{
	"get.balances.reply", "get.offchain_state.reply", "get.contract.reply",
	"get.contract_call.reply", "get.poi.reply", "dry_run.call_contract.reply",
	"history.fetch.reply", "calls_pruned.reply", "system.pong",
}

// plainFrames are the methods whose name alone names all their frames. A word
// of these is never taken for the tag of another method: update is the report
// of a new state, and the event is "info update".
var plainFrames = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range []string{"info", "on_chain_tx", "update", "conflict", "result", "error", "message", "leave", "debug", "unknown", "close"} {
		m[n] = true
	}
	for _, n := range replies {
		m[n] = true
	}
	return m
}()

// timeoutNames are the connection parameters timeout_NAME (fsm.md section 4).
var timeoutNames = []string{
	"idle", "funding_create", "funding_sign", "funding_lock", "sign", "accept", "initialized", "awaiting_open",
}

// plainNames are the words of plainFrames, sorted.
func plainNames() []string { return slices.Sorted(maps.Keys(plainFrames)) }
