// Package bot plays the two sides of state channels against a node: one end of
// a channel on its WebSocket, the pair of an initiator and a responder, and the
// runner that takes many pairs through the steps of a scenario.
//
// A bot answers signing requests as its strategy says, refuses to sign what it
// did not ask for or agree to, judges every frame with the oracle of package
// model, and brings every operation to exactly one outcome. It talks to any
// node in the same way; what only an embedded node can do (make blocks) is
// handed in as functions.
//
// # How a step ends
//
// A step ends when its effect has been seen on both sides; its outcome is what
// its starter was told. A transfer that both sign ends with the second update
// report. An own abort ends with aborted_update, one by the acker with its
// aborted_update and the starter's conflict, a conflict of both with both
// conflicts. Where nothing tells whether the other side will hear anything (a
// conflict 2 that the peer's node caused, a channel that died), the step waits
// for it for a second at most. A message ends with its delivery, a query with its
// answer, a stop with its ok or else with died or the close of the socket.
//
// A deposit or withdrawal ends like a transfer, with the reports that follow its
// depth. A mutual close and a settle end when both sides were told died after
// closed_confirmed and the sockets are gone; a solo close when both were told
// solo_closing, or can_slash, and closing; a slash when both were told
// solo_closing with it. A snapshot ends when both were told channel_changed and
// its starter min_depth_achieved. A leave ends with died, or on a responder that
// keeps running with peer_disconnected. A reestablish ends when both sides are
// open again and have reported their state; that of a responder alone ends at
// its fsm_up. assume_minimum_depth ends when its own side is locked, a post when
// the node has taken the transaction. Where one of them needs depth, or the end
// of the lock period, key blocks are asked for. So does a wait for a frame that
// comes with depth.
//
// Frames that a step expects and effects of answers that it expects are waited
// for as well. Whatever takes longer than the step's timeout ends there; what
// was told by then stands, and everything else is a timeout by chanbot.
//
// Without an expectation a step must have worked (signed, or done) if every
// signing request was accepted. If an answer was something else, any outcome is
// right that the node could bring about by it; disconnected, refused and unknown
// are right only where an answer has closed a socket. What a node cannot do is
// never right, unless the step expects a violation. After a step that was not as
// expected the pair goes no further.
//
// A socket that goes away under an operation makes it disconnected, or unknown
// once the acker (of an opening: the responder) has signed.
//
// # Who does the work
//
// Each pair has a lock. The goroutine that reads a socket decodes a frame, takes
// the lock, lets the pair decide, and writes the answer itself, to whichever
// socket it belongs, after it has given the lock back. So a transfer needs no
// wake-ups but those of the node and of the two readers. Timers belong to steps,
// operations and answers; no socket ever has a read deadline.
package bot
