package wire

// Methods that a client calls (section 5). MethodUpdate, MethodLeave and
// MethodMessage are notifications of the node as well (section 6).
const (
	MethodInitiatorSign      = "channels.initiator_sign"
	MethodResponderSign      = "channels.responder_sign"
	MethodUpdateNew          = "channels.update.new"
	MethodUpdateNewContract  = "channels.update.new_contract"
	MethodUpdateCallContract = "channels.update.call_contract"
	MethodDryRunCallContract = "channels.dry_run.call_contract"
	MethodUpdate             = "channels.update"
	MethodUpdateAck          = "channels.update_ack"
	MethodDeposit            = "channels.deposit"
	MethodDepositTx          = "channels.deposit_tx"
	MethodDepositAck         = "channels.deposit_ack"
	MethodWithdraw           = "channels.withdraw"
	MethodWithdrawTx         = "channels.withdraw_tx"
	MethodWithdrawAck        = "channels.withdraw_ack"
	MethodShutdown           = "channels.shutdown"
	MethodShutdownSign       = "channels.shutdown_sign"
	MethodShutdownSignAck    = "channels.shutdown_sign_ack"
	MethodCloseSolo          = "channels.close_solo"
	MethodCloseSoloSign      = "channels.close_solo_sign"
	MethodCloseSoloTx        = "channels.close_solo_tx" // alias of MethodCloseSoloSign
	MethodSnapshotSolo       = "channels.snapshot_solo"
	MethodSnapshotSoloSign   = "channels.snapshot_solo_sign"
	MethodSnapshotSoloTx     = "channels.snapshot_solo_tx" // accepted by the parser, its tag matches nothing
	MethodSlash              = "channels.slash"
	MethodSlashSign          = "channels.slash_sign"
	MethodSlashTx            = "channels.slash_tx" // alias of MethodSlashSign
	MethodSettle             = "channels.settle"
	MethodSettleSign         = "channels.settle_sign"
	MethodSettleTx           = "channels.settle_tx" // alias of MethodSettleSign
	MethodForceProgress      = "channels.force_progress"
	MethodForceProgressSign  = "channels.force_progress_sign"
	MethodForceProgressTx    = "channels.force_progress_tx" // alias of MethodForceProgressSign
	MethodLeave              = "channels.leave"
	MethodMessage            = "channels.message"
	MethodAssumeMinimumDepth = "channels.assume_minimum_depth"
	MethodGetBalances        = "channels.get.balances"
	MethodGetOffchainState   = "channels.get.offchain_state"
	MethodGetContract        = "channels.get.contract"
	MethodGetContractCall    = "channels.get.contract_call"
	MethodGetPoI             = "channels.get.poi"
	MethodCleanContractCalls = "channels.clean_contract_calls"
	MethodHistoryFetch       = "channels.history.fetch"
	MethodSystem             = "channels.system"
)

// Notifications that only the node sends (section 6). The requests to sign are
// built by [SignMethod].
const (
	MethodInfo      = "channels.info"
	MethodOnChainTx = "channels.on_chain_tx"
	MethodConflict  = "channels.conflict"
	MethodError     = "channels.error"
	MethodDebug     = "channels.debug"

	// Answers to queries without an id (section 3.2).
	MethodSystemPong              = "channels.system.pong"
	MethodGetBalancesReply        = "channels.get.balances.reply"
	MethodGetOffchainStateReply   = "channels.get.offchain_state.reply"
	MethodGetContractReply        = "channels.get.contract.reply"
	MethodGetContractCallReply    = "channels.get.contract_call.reply"
	MethodGetPoIReply             = "channels.get.poi.reply"
	MethodDryRunCallContractReply = "channels.dry_run.call_contract.reply"
	MethodHistoryFetchReply       = "channels.history.fetch.reply"
	MethodCallsPrunedReply        = "channels.calls_pruned.reply"
)

// Values of "action" in [System] (section 5).
const (
	ActionPing = "ping"
	ActionStop = "stop"
)

const (
	methodPrefix = "channels."
	signPrefix   = "channels.sign."
)

// Tags of the requests to sign, channels.sign.TAG (section 6.3).
const (
	TagInitiatorSign   = "initiator_sign"
	TagResponderSign   = "responder_sign"
	TagUpdate          = "update"
	TagUpdateAck       = "update_ack"
	TagDepositTx       = "deposit_tx"
	TagDepositAck      = "deposit_ack"
	TagWithdrawTx      = "withdraw_tx"
	TagWithdrawAck     = "withdraw_ack"
	TagShutdownSign    = "shutdown_sign"
	TagShutdownSignAck = "shutdown_sign_ack"
	TagCloseSoloSign   = "close_solo_sign"
	TagSlashTx         = "slash_tx"
	TagSettleSign      = "settle_sign"
	TagSnapshotSoloTx  = "snapshot_solo_tx"
	TagForceProgressTx = "force_progress_tx"
)

// SignTags returns every tag of section 6.3, in its order.
func SignTags() []string {
	return []string{
		TagInitiatorSign, TagResponderSign, TagUpdate, TagUpdateAck, TagDepositTx, TagDepositAck,
		TagWithdrawTx, TagWithdrawAck, TagShutdownSign, TagShutdownSignAck, TagCloseSoloSign,
		TagSlashTx, TagSettleSign, TagSnapshotSoloTx, TagForceProgressTx,
	}
}

// SignMethod returns the notification that asks for the signature of a tag:
// "update" gives "channels.sign.update" (section 6.3).
func SignMethod(tag string) string { return signPrefix + tag }

// AnswerMethod returns the method that answers channels.sign.TAG (section 6.3).
// Most answers are "channels." and the tag; slash_tx, snapshot_solo_tx and
// force_progress_tx are answered with the _sign method.
func AnswerMethod(tag string) string {
	switch tag {
	case TagUpdate:
		return MethodUpdate
	case TagUpdateAck:
		return MethodUpdateAck
	case TagSlashTx:
		return MethodSlashSign
	case TagSnapshotSoloTx:
		return MethodSnapshotSoloSign
	case TagForceProgressTx:
		return MethodForceProgressSign
	}
	return methodPrefix + tag
}

// AnsweredTag returns the tag that a client's method answers, the reverse of
// [AnswerMethod] with the aliases of section 5, and "" when the method is no
// answer. channels.snapshot_solo_tx is none: the node accepts it, but the tag it
// carries matches nothing.
func AnsweredTag(method string) string { return answered[method] }

var answered = func() map[string]string {
	m := map[string]string{
		MethodCloseSoloTx:     TagCloseSoloSign,
		MethodSlashTx:         TagSlashTx,
		MethodSettleTx:        TagSettleSign,
		MethodForceProgressTx: TagForceProgressTx,
	}
	for _, tag := range SignTags() {
		m[AnswerMethod(tag)] = tag
	}
	return m
}()

// ReplyMethod returns the notification that carries the data of a query
// without an id (section 3.2): the name with ".reply", except for the two
// queries that answer with a tag of their own.
func ReplyMethod(method string) string {
	switch method {
	case MethodSystem:
		return MethodSystemPong
	case MethodCleanContractCalls:
		return MethodCallsPrunedReply
	}
	return method + ".reply"
}

// Methods returns every method of section 5, aliases included, in its order.
func Methods() []string {
	return []string{
		MethodInitiatorSign, MethodResponderSign, MethodUpdateNew, MethodUpdateNewContract,
		MethodUpdateCallContract, MethodDryRunCallContract, MethodUpdate, MethodUpdateAck,
		MethodDeposit, MethodDepositTx, MethodDepositAck, MethodWithdraw, MethodWithdrawTx, MethodWithdrawAck,
		MethodShutdown, MethodShutdownSign, MethodShutdownSignAck,
		MethodCloseSolo, MethodCloseSoloSign, MethodCloseSoloTx,
		MethodSnapshotSolo, MethodSnapshotSoloSign, MethodSnapshotSoloTx,
		MethodSlash, MethodSlashSign, MethodSlashTx, MethodSettle, MethodSettleSign, MethodSettleTx,
		MethodForceProgress, MethodForceProgressSign, MethodForceProgressTx,
		MethodLeave, MethodMessage, MethodAssumeMinimumDepth,
		MethodGetBalances, MethodGetOffchainState, MethodGetContract, MethodGetContractCall, MethodGetPoI,
		MethodCleanContractCalls, MethodHistoryFetch, MethodSystem,
	}
}

// Notifications returns every notification of section 6, the requests to sign
// and the replies to queries included.
func Notifications() []string {
	all := []string{
		MethodInfo, MethodOnChainTx, MethodUpdate, MethodConflict, MethodLeave, MethodMessage,
		MethodError, MethodDebug, MethodSystemPong,
		MethodGetBalancesReply, MethodGetOffchainStateReply, MethodGetContractReply,
		MethodGetContractCallReply, MethodGetPoIReply, MethodDryRunCallContractReply,
		MethodHistoryFetchReply, MethodCallsPrunedReply,
	}
	for _, tag := range SignTags() {
		all = append(all, SignMethod(tag))
	}
	return all
}

// methodNames maps every known name to itself: reading one shares its text.
var methodNames = func() map[string]string {
	m := make(map[string]string)
	for _, list := range [][]string{Methods(), Notifications()} {
		for _, name := range list {
			m[name] = name
		}
	}
	return m
}()
