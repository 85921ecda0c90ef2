package scenarios

import "slices"

// Case is one case of the conformance pack: a scenario that holds a sequence of
// frames of the node's protocol.
type Case struct {
	// Sequence is the file of the sequence, without its ending: "01_open".
	Sequence string
	// Scenario is the built-in scenario that holds it, and the name of the case.
	Scenario string
	// Era is the generation of node software that the case belongs to; "" is
	// the current one.
	Era string
	// Current says that nodes of the past answer otherwise.
	Current bool
	// Contracts says that the node must run contracts.
	Contracts bool
	// Differences are what a real node is known to answer differently, what the
	// scenario lets pass, and what of the sequence it leaves out, each in a
	// sentence.
	Differences []string
	// Missing says why no scenario holds the sequence; Scenario is then "".
	Missing string
}

// Tags are the words that the scenarios of the conformance pack are tagged with.
func Tags() []string {
	return []string{"open", "update", "abort", "conflict", "onchain", "close", "lifecycle", "error", "timeout"}
}

// Conformance returns the cases in the order of their sequences. A sequence may
// have several.
func Conformance() []Case { return slices.Clone(conformance) }

var conformance = []Case{
	{Sequence: "01_open", Scenario: "open-and-stop"},
	{Sequence: "02_open_old_format", Scenario: "open-old-format", Era: "2020", Differences: []string{
		"A current node sends channel ids and an fsm_id from funding_created on; the names of the frames are the same.",
	}},
	{Sequence: "03_open_bad_params", Scenario: "open-bad-parameters"},
	{Sequence: "04_open_timeout_no_peer", Scenario: "open-timeout-alone", Differences: []string{
		"On a port that a responder once listened on, a real node drops the initiator after half a second with died alone.",
	}},
	{Sequence: "05_open_min_depth_timeout", Scenario: "open-timeout-funding-lock", Differences: []string{
		"The initiator may show timeout and died, or died alone when the peer's timer is first; the case accepts both.",
	}},
	{Sequence: "06_open_client_lost_before_sign", Scenario: "open-client-lost"},
	{Sequence: "07_transfer", Scenario: "transfers"},
	{Sequence: "08_transfer_request_errors", Scenario: "rejected-requests"},
	{Sequence: "09_abort_update", Scenario: "can-not-abort-while-open", Differences: []string{
		"After the responder's stop the initiator is told died before, after or instead of the answer to its own stop.",
	}},
	{Sequence: "10_abort_while_open", Scenario: "abort-nothing"},
	{Sequence: "11_abort_with_id", Scenario: "abort-with-id"},
	{Sequence: "12_conflict_both_sign", Scenario: "conflict-both-sign", Current: true, Differences: []string{
		"The case signs with ids, so that the ok of a signature can come after the conflict when the other side was faster.",
	}},
	{Sequence: "12_conflict_both_sign", Scenario: "conflict-crossing", Current: true},
	{Sequence: "13_conflict_one_signs", Scenario: "conflict-one-signs"},
	{Sequence: "14_conflict_new_request_while_ack_pending", Scenario: "conflict-new-request"},
	{Sequence: "15_conflict_stragglers_old", Scenario: "conflict-stragglers", Era: "2020", Differences: []string{
		"A current node drops the notice of the old conflict, so that the retry comes to a conflict of its own.",
	}},
	{Sequence: "16_deposit", Scenario: "deposit"},
	{Sequence: "17_deposit_abort", Scenario: "deposit-abort"},
	{Sequence: "18_withdraw", Scenario: "withdraw", Current: true},
	{Sequence: "19_deposit_rejected_on_chain", Scenario: "deposit-rejected-on-chain"},
	{Sequence: "20_shutdown", Scenario: "close"},
	{Sequence: "21_shutdown_abort", Scenario: "close-abort"},
	{Sequence: "22_shutdown_by_both", Scenario: "close-by-both"},
	{Sequence: "23_close_solo_settle", Scenario: "close-solo-settle"},
	{Sequence: "24_settle_abort_and_stop_while_closing", Scenario: "close-solo-abort"},
	{Sequence: "25_slash", Scenario: "slash"},
	{Sequence: "26_snapshot", Scenario: "snapshot"},
	{Sequence: "27_snapshot_pending_and_peer_update", Scenario: "snapshot-and-update", Current: true, Differences: []string{
		"Before 2020-08 the update of the peer and the pending snapshot ended in a conflict on both sides.",
	}},
	{Sequence: "28_force_progress", Scenario: "force-progress", Contracts: true, Differences: []string{
		"The case has no contract of its own: it holds that force progress without one is refused, not the frames of one that works.",
	}},
	{Sequence: "29_contract", Scenario: "contract", Contracts: true, Differences: []string{
		"The case has no compiled contract: it holds the refusals of the sequence, not the updates and calls that work.",
	}},
	{Sequence: "30_messages", Scenario: "messages"},
	{Sequence: "31_ping", Scenario: "ping"},
	{Sequence: "32_system_stop", Scenario: "stop", Differences: []string{
		"The second side is told died before, after or instead of the answer to its own stop; the case accepts all three.",
	}},
	{Sequence: "33_leave_reestablish", Scenario: "leave-reestablish"},
	{Sequence: "34_leave_responder_stays", Scenario: "leave-responder-stays", Current: true, Differences: []string{
		"Before 2021-11 the responder was not told the state again after channel_reestablished.",
	}},
	{Sequence: "35_client_reconnect", Scenario: "client-reconnect"},
	{Sequence: "36_reconnect_early", Scenario: "client-reconnect-early", Differences: []string{
		"What happens while the initiator has no client is not told again, so channel_changed may be missing on its new socket.",
	}},
	{Sequence: "37_assume_minimum_depth", Scenario: "assume-minimum-depth"},
	{Sequence: "38_sign_timeouts", Scenario: "update-timeouts"},
	{Sequence: "39_bad_signature", Scenario: "bad-signatures-update"},
	{Sequence: "39_bad_signature", Scenario: "bad-signatures-opening", Differences: []string{
		"The case holds what the sequence says about initiator_sign and responder_sign; a real node must get all answers within ten key blocks of its offer.",
	}},
}
