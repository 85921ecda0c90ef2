package simnode

import (
	"time"

	"chanbot/tx"
)

// What goes into a machine and what comes out of it.

// event is something that happens to a state machine.
type event struct {
	kind eventKind
	at   time.Time
	// request and answer
	request *clientRequest // evRequest
	tag     string         // sign tag of evSigned
	signed  *tx.SignedTx   // evSigned, evMined, evDepth
	// peer
	msg *peerMsg // evPeer
	// chain
	mined  tx.Tx
	height uint64
	round  uint64 // evMined: of the channel on the chain right after it
	ok     bool   // evPosted
}

type eventKind uint8

const (
	evRequest    eventKind = iota // a client's call that gets an answer
	evSigned                      // a client's signature
	evPeer                        // a message of the peer's machine
	evLinkUp                      // the link to the peer stands (initiator)
	evLinkDown                    // the link to the peer broke
	evTimer                       // the timer of the state ran out
	evMined                       // a transaction of this channel is in a block
	evDepth                       // a transaction is as deep as this side wants it
	evPosted                      // the mempool answered
	evClientLost                  // the client's socket is gone
	evClientBack                  // a client took over
	evStop                        // channels.system stop
	evRefused                     // the peer's node closed the link before channel_open
	evStarted                     // the client has been told; the timer of the first state starts
	evForeign                     // a frame of another channel comes here; only defects do that
)

var eventNames = [...]string{"request", "signed", "peer", "link up", "link down", "timer", "mined", "depth", "posted", "client lost", "client back", "stop", "refused", "started", "foreign"}

// String names the event for logs.
func (k eventKind) String() string { return eventNames[k] }

// action is something that has to be done after a Step.
type action struct {
	kind  actionKind
	frame []byte   // actNotify: the whole frame
	reply answer   // actReply
	msg   *peerMsg // actPeer
	post  *tx.SignedTx
	// actNoMachine: what was asked for
	method string
	// actDepth: the height to wait for, and the transaction that it confirms
	height uint64
	deep   *tx.SignedTx
}

type actionKind uint8

const (
	actNotify    actionKind = iota // send a frame to the client
	actReply                       // answer the outstanding request
	actPeer                        // send a message to the peer's machine
	actPost                        // push a transaction to the mempool; evPosted follows
	actWatch                       // report transactions of this channel; the channel is now known by its id
	actDepth                       // report when the chain reaches a height
	actNoMachine                   // a contract would have to run: tell the operator
	actEnd                         // the machine ended
)

// family is a group of notifications that report_* switches off.
type family uint8

const (
	famInfo family = iota
	famSign
	famUpdate
	famConflict
	famOnChain
	famMessage
	famLeave
)

var familyNames = [...]string{"info", "sign", "update", "conflict", "on_chain_tx", "message", "leave"}

// String is the tag of the family in the history.
func (f family) String() string { return familyNames[f] }
