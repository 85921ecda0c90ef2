package wire

// Values of "event" in channels.info (section 6.1).
const (
	EventFSMUp                = "fsm_up"
	EventChannelOpen          = "channel_open"
	EventChannelAccept        = "channel_accept"
	EventFundingCreated       = "funding_created"
	EventFundingSigned        = "funding_signed"
	EventOwnFundingLocked     = "own_funding_locked"
	EventFundingLocked        = "funding_locked"
	EventOpen                 = "open"
	EventUpdate               = "update"
	EventDepositCreated       = "deposit_created"
	EventWithdrawCreated      = "withdraw_created"
	EventOwnDepositLocked     = "own_deposit_locked"
	EventDepositLocked        = "deposit_locked"
	EventOwnWithdrawLocked    = "own_withdraw_locked"
	EventWithdrawLocked       = "withdraw_locked"
	EventShutdown             = "shutdown"
	EventClosing              = "closing"
	EventClosedConfirmed      = "closed_confirmed"
	EventAbortedUpdate        = "aborted_update"
	EventChannelReestablished = "channel_reestablished"
	EventPeerDisconnected     = "peer_disconnected"
	EventTimeout              = "timeout"
	EventDied                 = "died"
	EventMinDepthAchieved     = "min_depth_achieved"     // of a snapshot; its tx_hash is raw bytes, not usable
	EventMinimumDepthAchieved = "minimum_depth_achieved" // after channels.assume_minimum_depth
	EventBadStateHash         = "bad_state_hash"
	EventBadSignature         = "bad_signature"
	EventNotCreateTx          = "not_create_tx"
	EventZombieChannel        = "zombie_channel"
	EventCloseMutual          = "close_mutual"
)

// NoticeAlreadyAssumed is the "notice" of [EventMinimumDepthAchieved].
const NoticeAlreadyAssumed = "already_assumed"

// Events returns every event of section 6.1, in its order.
func Events() []string {
	return []string{
		EventFSMUp, EventChannelOpen, EventChannelAccept, EventFundingCreated, EventFundingSigned,
		EventOwnFundingLocked, EventFundingLocked, EventOpen, EventUpdate, EventDepositCreated,
		EventWithdrawCreated, EventOwnDepositLocked, EventDepositLocked, EventOwnWithdrawLocked,
		EventWithdrawLocked, EventShutdown, EventClosing, EventClosedConfirmed, EventAbortedUpdate,
		EventChannelReestablished, EventPeerDisconnected, EventTimeout, EventDied,
		EventMinDepthAchieved, EventMinimumDepthAchieved, EventBadStateHash, EventBadSignature,
		EventNotCreateTx, EventZombieChannel, EventCloseMutual,
	}
}

// Values of "info" in channels.on_chain_tx (section 6.2).
const (
	OnChainFundingCreated         = "funding_created"
	OnChainFundingSigned          = "funding_signed"
	OnChainDepositCreated         = "deposit_created"
	OnChainDepositSigned          = "deposit_signed"
	OnChainWithdrawCreated        = "withdraw_created"
	OnChainWithdrawSigned         = "withdraw_signed"
	OnChainChannelChanged         = "channel_changed"
	OnChainCloseMutual            = "close_mutual"
	OnChainChannelClosed          = "channel_closed"
	OnChainSoloClosing            = "solo_closing"
	OnChainCanSlash               = "can_slash"
	OnChainCanSnapshot            = "can_snapshot"
	OnChainConsumedForcedProgress = "consumed_forced_progress"
)

// OnChainInfos returns every "info" of section 6.2, in its order.
func OnChainInfos() []string {
	return []string{
		OnChainFundingCreated, OnChainFundingSigned, OnChainDepositCreated, OnChainDepositSigned,
		OnChainWithdrawCreated, OnChainWithdrawSigned, OnChainChannelChanged, OnChainCloseMutual,
		OnChainChannelClosed, OnChainSoloClosing, OnChainCanSlash, OnChainCanSnapshot,
		OnChainConsumedForcedProgress,
	}
}

// Values of "type" in channels.on_chain_tx and of "tx_type" and "type" in
// channels.info (sections 6.1, 6.2).
const (
	TxTypeCreate        = "channel_create_tx"
	TxTypeDeposit       = "channel_deposit_tx"
	TxTypeWithdraw      = "channel_withdraw_tx"
	TxTypeCloseMutual   = "channel_close_mutual_tx"
	TxTypeCloseSolo     = "channel_close_solo_tx"
	TxTypeSlash         = "channel_slash_tx"
	TxTypeSettle        = "channel_settle_tx"
	TxTypeSnapshotSolo  = "channel_snapshot_solo_tx"
	TxTypeForceProgress = "channel_force_progress_tx"
	TxTypeOffChain      = "channel_offchain_tx"
	TxTypeClose         = "close" // only as "tx_type" of minimum_depth_achieved
)

// Values of "op" in the updates of a request to sign (section 6.3).
const (
	OpTransfer     = "OffChainTransfer"
	OpDeposit      = "OffChainDeposit"
	OpWithdrawal   = "OffChainWithdrawal"
	OpNewContract  = "OffChainNewContract"
	OpCallContract = "OffChainCallContract"
	OpMeta         = "OffChainMeta"
)

// infoNames and onChainNames hold the names of the frames that every session consists of, so
// that naming one does not allocate.
var infoNames, onChainNames = named("info ", Events()), named("on_chain_tx ", OnChainInfos())

func named(prefix string, list []string) map[string]string {
	m := make(map[string]string, len(list))
	for _, s := range list {
		m[s] = prefix + s
	}
	return m
}

var eventNames = named("", Events())

// eventName returns the event as a string, the shared one when it is known.
func eventName[T string | []byte](event T) string {
	if name, known := eventNames[string(event)]; known {
		return name
	}
	return string(event)
}
