// Package model says what a client may expect of a correct node: the oracle.
//
// A [Client] is one side's view of one channel. It is told every frame that
// this side sends ([Client.Sent]) and receives ([Client.Received]), and when
// its sockets begin and end. It answers with what a correct node cannot have
// done ([Violation]), says whether a transaction may be signed
// ([Client.CheckSign]), and keeps the balances, the round and the last co-signed
// state, computed from what was asked and not from what the node says. A [Pair]
// compares the two sides of a channel.
//
// Everything here is a plain value without clock, goroutine, logger or network.
// No input makes it panic.
//
// Two facts about the order of frames decide what can be judged. The
// notifications of one socket come in the order in which the node's state
// machine produced them. The answer to a request comes before everything that
// the request causes, and may overtake notifications that are older than it.
// Across two sockets nothing is ordered.
//
// When in doubt the model stays silent: what a correct node does only in rare
// races is a rule of its own, a quirk, and quirks are allowed unless
// [Config.Deny] names them. After a gap (a lost socket, a notification family
// that was switched off) rules that need what came in the gap wait until the
// node has shown where it is.
//
// Judged in full are opening, off-chain updates, deposits and withdrawals,
// aborts, conflicts, closings of all kinds, snapshots, leave and reestablish,
// messages, queries, errors, stop, timers and reconnects. Of forced progress
// only the transaction is judged, and that it was asked for; what a contract
// computes is not judged.
//
// Numbered sections in the comments: "ws-api" is the reference of the wire,
// "fsm" of the behaviour, "transactions" of the bytes.
package model
