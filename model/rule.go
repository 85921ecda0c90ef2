package model

// Rules about single frames and the envelope.
const (
	// RuleNotJSON: every frame is JSON text of bounded size (ws-api 1, 3.2).
	RuleNotJSON = "not-json"
	// RuleUnknownFrame: a frame is an answer or a notification with a known
	// method, and its data have the shape of that method (ws-api 3.2, 6).
	RuleUnknownFrame = "unknown-frame"
	// RuleEnvelope: every frame says jsonrpc "2.0" and version 1 (ws-api 3.2).
	RuleEnvelope = "envelope"
	// RuleFrameSize: no frame is longer than what the API can need. Histories
	// and the echo of a long request are exempt (ws-api 4.1, 5).
	RuleFrameSize = "frame-size"
)

// Rules about answers.
const (
	// RuleAnswerUnasked: an answer carries the id of a request that has not
	// been answered yet, and a .reply belongs to a query without an id (ws-api 3.2).
	RuleAnswerUnasked = "answer-unasked"
	// RuleAnswerMissing: requests are handled one at a time, so the answer to a
	// later request means that every earlier one with an id was answered
	// (ws-api 3.4).
	RuleAnswerMissing = "answer-missing"
	// RuleEffectFirst: the answer to a request comes before what the request
	// causes (ws-api 3.4).
	RuleEffectFirst = "effect-before-answer"
	// RuleAnswerShape: an action is answered with "ok", a query with its data
	// (ws-api 3.2, 5).
	RuleAnswerShape = "answer-shape"
	// RuleErrorEcho: an error repeats the request that it refuses (ws-api 3.2).
	RuleErrorEcho = "error-echo"
	// RuleErrorCode: a request is refused with a code that it can cause
	// (ws-api 4).
	RuleErrorCode = "error-code"
	// RuleWrongAccepted: a request with wrong parameters is refused with the code
	// of its first mistake, in every state (ws-api 4, 5).
	RuleWrongAccepted = "wrong-accepted"
	// RuleErrorText: an error code stands beside its own text (ws-api 4.1, 4.2).
	RuleErrorText = "error-text"
	// RuleBalanceRefused: a transfer that the sender can pay is not refused
	// with 1001, nor a plain one with 1002 or 1003 (ws-api 4.2).
	RuleBalanceRefused = "balance-refused"
)

// Rules about the life of a session.
const (
	// RuleFSMUp: "info fsm_up" is the first frame of the state machine on a
	// socket and comes once (ws-api 6.1, fsm 6.1).
	RuleFSMUp = "fsm-up"
	// RuleFSMID: fsm_up carries an id of 32 bytes; funding_created and
	// funding_signed repeat it, or have none in older nodes (ws-api 6.1).
	RuleFSMID = "fsm-id"
	// RuleOpeningOrder: the frames of an opening come once each and in their
	// order (fsm 6.1).
	RuleOpeningOrder = "opening-order"
	// RuleFundingUnsigned: the node goes on with an opening only after this
	// client's signature (fsm 6.1, 5.6).
	RuleFundingUnsigned = "funding-unsigned"
	// RuleWrongRole: some frames are for the initiator or the responder alone
	// (ws-api 6.1 to 6.3).
	RuleWrongRole = "wrong-role"
	// RuleNotOpen: what makes a state is offered in an open channel only, settle
	// and slash after a solo close only (fsm 3.2).
	RuleNotOpen = "not-open"
	// RuleAfterDied: nothing comes after "info died" but the answer to a stop
	// (ws-api 3.4).
	RuleAfterDied = "frame-after-died"
	// RuleAfterEnd: "info timeout" and the other last words are followed by
	// "info died" (ws-api 6.1, fsm 4).
	RuleAfterEnd = "frame-after-end"
	// RuleCloseCode: a socket ends with 1000, or with 1011 while a request waits
	// or because of the connection parameters, and with no other code (ws-api 1).
	RuleCloseCode = "close-code"

	// RuleChannelIDEarly: channel_id is null until the create transaction is
	// signed (ws-api 3.3).
	RuleChannelIDEarly = "channel-id-early"
	// RuleChannelIDMissing: after the first frame with a channel_id every
	// frame has it (ws-api 3.3).
	RuleChannelIDMissing = "channel-id-missing"
	// RuleChannelIDChanged: the channel_id of a session never changes; a frame
	// for another channel does not belong here (ws-api 3.3).
	RuleChannelIDChanged = "channel-id-changed"
	// RuleChannelIDWrong: the channel_id follows from the create transaction
	// (transactions 3).
	RuleChannelIDWrong = "channel-id-wrong"
)

// Rules about requests to sign and what is in them.
const (
	// RuleSignShape: a request to sign holds a signed_tx that can be decoded,
	// with a transaction of the type that its tag names (ws-api 6.3).
	RuleSignShape = "sign-shape"
	// RuleSignUnasked: an own operation is offered because this client asked
	// for it (fsm 6).
	RuleSignUnasked = "sign-unasked"
	// RuleSignOther: the offer is what was asked for: parties, amount, meta
	// (ws-api 6.3).
	RuleSignOther = "sign-other-than-asked"
	// RuleSignUnannounced: a peer's operation is announced by its info event,
	// and then offered (fsm 6.2 to 6.4).
	RuleSignUnannounced = "sign-unannounced"
	// RuleSignPending: one operation at a time: nothing is offered while
	// another one has neither ended nor been reported as lost (fsm 3.2, 5.1).
	RuleSignPending = "sign-while-pending"
	// RuleOfferChannel: the transaction names this channel (transactions 3).
	RuleOfferChannel = "offer-channel"
	// RuleOfferRound: an offered state has the last co-signed round + 1 (fsm 2).
	RuleOfferRound = "offer-round"
	// RuleOfferStateHash: the state hash is that of the last co-signed
	// balances with the updates applied (transactions 4).
	RuleOfferStateHash = "offer-state-hash"
	// RuleOfferBalance: a transfer is from one party to the other, and no update
	// takes its sender below the reserve (ws-api 4.2, transactions 6).
	RuleOfferBalance = "offer-balance"
	// RuleOfferSignatures: an own offer has no signature yet, a peer's has the
	// peer's, and it verifies (ws-api 6.3).
	RuleOfferSignatures = "offer-signatures"
	// RuleOfferCreate: the create transaction has the connection parameters
	// (transactions 2). For the responder only CheckSign judges it: there the
	// initiator's parameters win (ws-api 2.1).
	RuleOfferCreate = "offer-create"
	// RuleOfferFee: the fee of an own operation is the one that was asked for,
	// otherwise the gas of the transaction times one gas price, and in any case
	// not below the protocol's (transactions 5.1, 5.2). CheckSign refuses fees above Config.MaxFee too.
	RuleOfferFee = "offer-fee"
	// RuleOfferNonce: an own operation has the nonce that was asked for, if one
	// was (transactions 5.3).
	RuleOfferNonce = "offer-nonce"
	// RuleOfferAmount: a deposit or withdrawal is of the amount in its updates,
	// which is not 0 (ws-api 4.3, transactions 2). A peer's is only refused by CheckSign (fsm 5.6).
	RuleOfferAmount = "offer-amount"
	// RuleOfferPayer: from_id or to_id is the party that asked (transactions
	// 1). A peer's is only refused by CheckSign.
	RuleOfferPayer = "offer-payer"
	// RuleOfferFinals: a mutual close pays the balances less the split fee, a
	// settlement the full balances (transactions 2, 5.4).
	RuleOfferFinals = "offer-finals"
	// RuleOfferPayload: the payload of a solo transaction is the last co-signed
	// state; that of close_solo is empty exactly when that state is on chain
	// (transactions 2).
	RuleOfferPayload = "offer-payload"
	// RuleOfferProof: close_solo and slash prove both balances of the last
	// co-signed state (transactions 4.4).
	RuleOfferProof = "offer-proof"
)

// Rules about the end of an operation.
const (
	// RuleUpdateShape: channels.update holds a state that can be decoded
	// (ws-api 6.4).
	RuleUpdateShape = "update-shape"
	// RuleUpdateOther: the reported state is the transaction that was offered
	// and signed (ws-api 6.4, fsm 6.2).
	RuleUpdateOther = "update-other"
	// RuleUpdateUnsigned: no state is reported that this client has not
	// signed (fsm 6.2).
	RuleUpdateUnsigned = "update-unsigned"
	// RuleUpdateRepeated: a state is reported once (ws-api 6.4).
	RuleUpdateRepeated = "update-repeated"
	// RuleUpdateSignatures: a reported state has the signatures of both, and
	// they verify (encoding 5).
	RuleUpdateSignatures = "update-signatures"
	// RuleAbortedUnasked: aborted_update answers an abort of a pending request
	// to sign, once (fsm 5.5).
	RuleAbortedUnasked = "aborted-unasked"
	// RuleAbortedSigned: what was signed cannot be aborted (fsm 5.5).
	RuleAbortedSigned = "aborted-after-signature"
	// RuleAbortSwallowed: an accepted abort is reported before anything new is
	// offered (fsm 5.5).
	RuleAbortSwallowed = "abort-swallowed"
	// RuleAbortRefused: 1018 means that there was nothing to abort, so the
	// operation does not go on as if it were pending (fsm 5.5).
	RuleAbortRefused = "abort-refused"
	// RuleConflictUnprovoked: a conflict other than 1 and 2 ends an operation
	// that this client knows of, and an abort code one that it signed (fsm 5.1).
	RuleConflictUnprovoked = "conflict-unprovoked"
	// RuleConflictRound: a conflict names the last co-signed round (ws-api 6.5).
	RuleConflictRound = "conflict-round"
	// RuleConflictShape: a conflict repeats the channel id, its code is in
	// 1..65535 and stands beside its own text (ws-api 6.5).
	RuleConflictShape = "conflict-shape"
)

// Rules about data.
const (
	// RuleBalances: get.balances gives the co-signed balances of the accounts
	// that were asked for (ws-api 5).
	RuleBalances = "balances"
	// RuleProof: get.poi proves the co-signed state (transactions 4.4).
	RuleProof = "proof"
	// RuleState: get.offchain_state and channels.leave show the co-signed state
	// (ws-api 5, 6.6).
	RuleState = "state"
	// RuleMessageParty: a message is from the peer to this client, unless
	// msg_forwarding is on (fsm 6.9).
	RuleMessageParty = "message-party"
	// RuleOnChainShape: on_chain_tx has a known info with its type, and a
	// transaction of that type (ws-api 6.2).
	RuleOnChainShape = "on-chain-shape"
	// RuleOnChainCreate: the create transaction on its way to the chain is the
	// one that was signed, with both signatures (ws-api 6.2).
	RuleOnChainCreate = "on-chain-create"
)

// Rules about the chain and the end of a channel.
const (
	// RuleOnChainOther: what is reported on its way to the chain and from there
	// is the transaction that this client signed; a settlement pays what the
	// last closing transaction stored (ws-api 6.2, transactions 7).
	RuleOnChainOther = "on-chain-other"
	// RuleOnChainPayload: a solo transaction on the chain holds a co-signed
	// state of this channel, newer than the one there, and a proof of that
	// state (transactions 2, 7).
	RuleOnChainPayload = "on-chain-payload"
	// RuleLockOrder: a deposit or withdrawal that both have signed shows
	// *_created or *_signed, channel_changed, own_*_locked, *_locked and the
	// update, in this order, once each (fsm 6.3).
	RuleLockOrder = "lock-order"
	// RuleCloseUnsigned: a mutual close is reported only after this client has
	// signed it (fsm 6.4).
	RuleCloseUnsigned = "close-unsigned"
	// RuleClosingOrder: close_mutual, solo_closing or can_slash, then at once
	// info closing, later channel_closed, closed_confirmed and died, once each
	// (fsm 6.4, 6.5).
	RuleClosingOrder = "closing-order"
	// RuleCanSlash: can_slash shows this client's own latest state, and comes
	// exactly when the chain has an older one; otherwise solo_closing comes
	// (fsm 6.5, ws-api 6.2).
	RuleCanSlash = "can-slash"
	// RuleDepthUnasked: min_depth_achieved follows an own snapshot on the
	// chain, minimum_depth_achieved an assume_minimum_depth of that
	// transaction (ws-api 6.1).
	RuleDepthUnasked = "depth-unasked"
	// RuleLeaveOrder: channels.leave comes once, not while the channel closes,
	// and the initiator's state machine ends with it (fsm 6.8).
	RuleLeaveOrder = "leave-order"
	// RuleReestablishOrder: a new state machine of an old channel shows
	// channel_reestablished, open and the update before anything else
	// (fsm 6.8).
	RuleReestablishOrder = "reestablish-order"
	// RuleHistory: history.fetch gives not more entries than asked for, of the
	// types asked for (ws-api 5).
	RuleHistory = "history"
	// RuleContract: a contract query is answered about the contract and the
	// caller that it names (ws-api 5).
	RuleContract = "contract"
)

// Rules about both sides of a channel, judged by Pair.
const (
	// RulePairChannel: both sides have the same channel id (transactions 3).
	RulePairChannel = "pair-channel"
	// RulePairState: when nothing is under way both sides hold the same
	// co-signed state (fsm 2).
	RulePairState = "pair-state"
	// RulePairCoins: the balances add up to what was put in (transactions 4.2).
	RulePairCoins = "pair-coins"
	// RulePairMessage: a message is delivered unchanged, once, and in order
	// (fsm 6.9).
	RulePairMessage = "pair-message"
	// RulePairMessageLost: a message is not lost while later ones arrive
	// (fsm 6.9).
	RulePairMessageLost = "pair-message-lost"
	// RulePairConflict: a conflict with an abort's code comes from the peer's
	// abort, and any conflict needs an operation of either side (fsm 5).
	RulePairConflict = "pair-conflict"
	// RulePairAbort: an aborted acknowledgement ends the starter's operation
	// (fsm 5.5).
	RulePairAbort = "pair-abort"
	// RulePairUnanswered: in a quiet open channel every request with an id has
	// been answered (ws-api 3.2).
	RulePairUnanswered = "pair-unanswered"
	// RuleStuck: when both clients have answered what they were asked, what was
	// asked for is offered, and what was signed ends (fsm 5, 6). Judged by
	// Pair.Overdue.
	RuleStuck = "stuck"
	// RulePairLeave: channels.leave comes because one of the clients asked, and
	// to both (fsm 6.8).
	RulePairLeave = "pair-leave"
)

// Quirks: what a correct node does in rare cases. They are violations only if
// Config.Deny names them.
const (
	// QuirkSplitChannel: one side is a round ahead for good: the acker after a
	// late acknowledgement or a stale conflict (fsm 4, 5.2), or whoever goes on
	// while its peer gives up what both have signed, for a solo operation or
	// because of a timer (fsm 3.2, 4).
	QuirkSplitChannel = "split-channel"
	// QuirkStopAfterDied: a stop is answered after "info died", because the
	// peer's stop came first (ws-api 3.4).
	QuirkStopAfterDied = "stop-answered-after-died"
	// QuirkStopUnanswered: a stop gets no answer, for the same reason (fsm 6.11).
	QuirkStopUnanswered = "stop-unanswered"
	// QuirkClosedSilently: a socket ends without "info died": silence of 60 s,
	// a displaced client, a refused connection (ws-api 1).
	QuirkClosedSilently = "closed-silently"
	// QuirkBlockedClose: the state machine ended while a request waited; the
	// socket closes with 1011, no answer (fsm 3.3).
	QuirkBlockedClose = "blocked-close"
	// QuirkSilentOK: a query is answered with "ok" because it crashed inside
	// the node (ws-api 4.4).
	QuirkSilentOK = "silent-ok"
	// QuirkLateChannelID: older nodes show the channel id later than current
	// ones (ws-api 3.3).
	QuirkLateChannelID = "late-channel-id"
	// QuirkOpenAgain: "info open" is repeated in recoveries of a channel that
	// was closing (fsm 4, 5.1, 5.5).
	QuirkOpenAgain = "open-again"
	// QuirkClosingAgain: "info closing" is repeated after such a recovery
	// (fsm 5.1, 5.5).
	QuirkClosingAgain = "closing-again"
	// QuirkSettleReopens: a wrong settle signature ends in conflict 1 and
	// "info open" in a closing channel (fsm 5.6).
	QuirkSettleReopens = "settle-reopens"
	// QuirkOnChainAgain: a transaction is reported again, because its block was
	// replaced, or late, after its operation was given up.
	QuirkOnChainAgain = "on-chain-again"
	// QuirkChainAhead: the node goes by a block whose report has not come: an
	// empty payload, 1013, or info closing, slash or settle after aborted_update
	// (fsm 5.5).
	QuirkChainAhead = "chain-ahead"
	// QuirkOldBlock: the only operation of a channel, properly signed by both,
	// ends in a conflict all the same: the block that it is pinned to is more than
	// ten key blocks old (fsm 2).
	QuirkOldBlock = "old-block"
	// QuirkBothShutdown: both clients sign a shutdown of their own, and both
	// state machines die (fsm 3.4). Judged by Pair.
	QuirkBothShutdown = "both-shutting-down"
	// QuirkDeadlyCrossing: a shutdown meets the peer's update, deposit or
	// withdrawal, and both die (fsm 3.4). Judged by Pair.
	QuirkDeadlyCrossing = "deadly-crossing"
	// QuirkDeadlyDuplicate: a signature that nothing asked for kills the state
	// machine (fsm 3.2).
	QuirkDeadlyDuplicate = "deadly-duplicate"
	// QuirkDiedUnexplained: both sides of an open channel die although neither
	// client did anything that ends one. Judged by Pair.
	QuirkDiedUnexplained = "died-unexplained"
)

// Rules returns the names of all rules that can be reported by default.
func Rules() []string {
	return []string{
		RuleNotJSON, RuleUnknownFrame, RuleEnvelope, RuleFrameSize,
		RuleAnswerUnasked, RuleAnswerMissing, RuleEffectFirst, RuleAnswerShape,
		RuleErrorEcho, RuleErrorCode, RuleWrongAccepted, RuleErrorText, RuleBalanceRefused,
		RuleFSMUp, RuleFSMID, RuleOpeningOrder, RuleFundingUnsigned, RuleWrongRole, RuleNotOpen,
		RuleAfterDied, RuleAfterEnd, RuleCloseCode,
		RuleChannelIDEarly, RuleChannelIDMissing, RuleChannelIDChanged, RuleChannelIDWrong,
		RuleSignShape, RuleSignUnasked, RuleSignOther, RuleSignUnannounced, RuleSignPending,
		RuleOfferChannel, RuleOfferRound, RuleOfferStateHash, RuleOfferBalance, RuleOfferSignatures,
		RuleOfferCreate, RuleOfferFee, RuleOfferNonce, RuleOfferAmount, RuleOfferPayer, RuleOfferFinals,
		RuleOfferPayload, RuleOfferProof,
		RuleUpdateShape, RuleUpdateOther, RuleUpdateUnsigned, RuleUpdateRepeated, RuleUpdateSignatures,
		RuleAbortedUnasked, RuleAbortedSigned, RuleAbortSwallowed, RuleAbortRefused,
		RuleConflictUnprovoked, RuleConflictRound, RuleConflictShape,
		RuleBalances, RuleProof, RuleState, RuleMessageParty, RuleOnChainShape, RuleOnChainCreate,
		RuleOnChainOther, RuleOnChainPayload, RuleLockOrder, RuleCloseUnsigned, RuleClosingOrder, RuleCanSlash,
		RuleDepthUnasked, RuleLeaveOrder, RuleReestablishOrder, RuleHistory, RuleContract,
		RulePairChannel, RulePairState, RulePairCoins, RulePairMessage, RulePairMessageLost,
		RulePairConflict, RulePairAbort, RulePairUnanswered, RulePairLeave, RuleStuck,
	}
}

// Quirks returns the names of all quirks.
func Quirks() []string {
	return []string{
		QuirkSplitChannel, QuirkStopAfterDied, QuirkStopUnanswered, QuirkClosedSilently,
		QuirkBlockedClose, QuirkSilentOK, QuirkLateChannelID, QuirkOpenAgain, QuirkDiedUnexplained,
		QuirkClosingAgain, QuirkSettleReopens, QuirkOnChainAgain, QuirkChainAhead, QuirkOldBlock,
		QuirkBothShutdown, QuirkDeadlyCrossing, QuirkDeadlyDuplicate,
	}
}
