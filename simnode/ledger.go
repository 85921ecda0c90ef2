package simnode

import (
	"bytes"
	"math/big"
	"slices"

	"chanbot/tx"
)

// accountState is an account on chain. Its Balance is never changed in place,
// so a copy of the struct is a snapshot.
type accountState struct {
	Balance *big.Int
	Nonce   uint64 // of its last transaction in a block
}

// channelState is the on-chain object of a channel (transactions.md, section
// 7). Its amounts are never changed in place, so a copy is a snapshot.
//
// InitiatorAmount and ResponderAmount stay as created until a solo closing
// writes them; deposits and withdrawals change ChannelAmount only.
type channelState struct {
	ID                                     tx.ID
	InitiatorID, ResponderID               tx.ID
	ChannelAmount                          *big.Int // what is locked in the channel
	InitiatorAmount, ResponderAmount       *big.Int
	ChannelReserve                         *big.Int
	InitiatorDelegates, ResponderDelegates []tx.ID
	StateHash                              tx.Hash
	Round                                  uint64
	SoloRound                              uint64 // 0 unless the last state was forced
	LockPeriod                             uint64 // key blocks
	LockedUntil                            uint64 // height; 0: the channel is active, else closing
}

func (s *channelState) active() bool { return s.LockedUntil == 0 }

func (s *channelState) participant(id tx.ID) bool {
	return id == s.InitiatorID || id == s.ResponderID
}

func (s *channelState) delegate(id tx.ID) bool {
	return slices.Contains(s.InitiatorDelegates, id) || slices.Contains(s.ResponderDelegates, id)
}

// supersededBy tells whether a co-signed state of this round is newer than the
// state on chain. It may replace a whole chain of forced states.
func (s *channelState) supersededBy(round uint64) bool {
	if s.SoloRound != 0 {
		return round >= s.SoloRound
	}
	return round > s.Round
}

// requirement is a condition of the chain that a transaction does not meet. It
// then stays in the pool. The words are the node's where the references quote
// them.
type requirement string

func (r requirement) Error() string { return string(r) }

const (
	accountNotFound      requirement = "account_not_found"
	nonceTooLow          requirement = "account_nonce_too_high"
	nonceTooHigh         requirement = "account_nonce_too_low"
	insufficientFunds    requirement = "insufficient_funds"
	channelUnknown       requirement = "channel_does_not_exist"
	channelExists        requirement = "channel_exists"
	channelNotActive     requirement = "channel_not_active"
	channelNotClosing    requirement = "channel_not_closing"
	channelNotClosed     requirement = "channel_not_closed"
	notPeerOrDelegate    requirement = "account_not_peer_or_delegate"
	notPeer              requirement = "account_not_peer"
	sameParties          requirement = "initiator_is_responder"
	belowReserve         requirement = "insufficient_initiator_or_responder_amount"
	reserveNotKept       requirement = "not_enough_channel_funds"
	amountTooSmall       requirement = "channel_amount_too_small"
	wrongAmounts         requirement = "wrong_amt"
	oldRound             requirement = "old_round"
	sameRound            requirement = "same_round"
	wrongStateHash       requirement = "invalid_poi_hash_in_channel"
	wrongPayloadHash     requirement = "invalid_poi_hash"
	brokenPoI            requirement = "invalid_poi"
	slashNeedsPayload    requirement = "slash_must_have_payload"
	snapshotNeedsPayload requirement = "snapshot_must_have_payload"
	brokenPayload        requirement = "bad_offchain_state_type"
	payloadOfOther       requirement = "bad_state_channel_pubkey"
	payloadNotCosigned   requirement = "signature_check_failed"
	delegatesStateWrong  requirement = "bad_state"
	contractsUnknown     requirement = "contracts_not_simulated"
	typeUnknown          requirement = "unknown_transaction_type"
)

// ledger is the state of the chain at its tip: a plain value without lock,
// blocks or pool. apply is the only way in which a transaction changes it.
type ledger struct {
	networkID string
	noVerify  bool
	iris      bool     // protocol Iris or later
	each      *big.Int // balance of an account when first seen; nil: accounts do not come by themselves

	accounts map[tx.Hash]*accountState
	channels map[tx.ID]*channelState
	fees     *big.Int
	endowed  *big.Int

	// bent are the defects; nil without any.
	bent []hooks
}

func newLedger(cfg chainConfig) *ledger {
	return &ledger{
		networkID: cfg.NetworkID,
		noVerify:  cfg.NoVerify,
		iris:      cfg.CreateVersion >= 2,
		each:      cfg.Endow,
		accounts:  make(map[tx.Hash]*accountState),
		channels:  make(map[tx.ID]*channelState),
		fees:      new(big.Int),
		endowed:   new(big.Int),
	}
}

// burnt is the key of the account that takes what is locked for ever.
var burnt tx.Hash

// nobody is the key of an account that is never endowed, so that there is one
// that does not exist: ak_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVZS9BEY.
var nobody = tx.Hash(bytes.Repeat([]byte{0xff}, len(tx.Hash{})))

// sight returns an account, nil if it does not exist. If every account is
// endowed, looking at one creates it; only the account of burnt coins comes
// from nothing but burning.
func (l *ledger) sight(key tx.Hash) *accountState {
	a := l.accounts[key]
	if a == nil && l.each != nil && key != burnt && key != nobody {
		a = l.endow(key, l.each)
	}
	return a
}

func (l *ledger) endow(key tx.Hash, amount *big.Int) *accountState {
	l.endowed = sum(l.endowed, amount)
	return l.credit(key, amount)
}

// credit creates the account if needed.
func (l *ledger) credit(key tx.Hash, amount *big.Int) *accountState {
	a := l.accounts[key]
	if a == nil {
		a = &accountState{Balance: new(big.Int)}
		l.accounts[key] = a
	}
	a.Balance = sum(a.Balance, amount)
	return a
}

func (l *ledger) nonce(key tx.Hash) uint64 {
	if a := l.sight(key); a != nil {
		return a.Nonce
	}
	return 0
}

func (l *ledger) total() *big.Int {
	t := new(big.Int).Set(l.fees)
	for _, a := range l.accounts {
		t.Add(t, a.Balance)
	}
	for _, s := range l.channels {
		t.Add(t, s.ChannelAmount)
	}
	return t
}

// sum adds into a new integer; nil counts as 0.
func sum(ints ...*big.Int) *big.Int {
	t := new(big.Int)
	for _, i := range ints {
		if i != nil {
			t.Add(t, i)
		}
	}
	return t
}

// less subtracts into a new integer; nil counts as 0.
func less(a *big.Int, b ...*big.Int) *big.Int {
	return new(big.Int).Sub(sum(a), sum(b...))
}
