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
// # Under load
//
// A scenario with a load runs in stages: the channels are opened, paced and with
// a limit in flight; the phases follow each other on the clock; what was due is
// done; the channels end as the load says, as many at a time as were opened.
//
// The open model makes operations due over the whole fleet. Arrival k goes to the
// pair that is drawn from the seed and k, whatever the queues are, and waits
// there until the operation before it has ended, for a channel takes one at a
// time. It is due at the exact moment of the schedule, and sent when its request
// goes: the time between the two is the wait, and the response is measured from
// the first. In the closed model each pair has its next operation a think time
// after the last one. An arrival that is several steps goes through them one
// after the other; each step after the first is due when the one before has
// ended, and a step that was not as expected is the last of its arrival.
//
// Nothing that was due is left out. An arrival whose channel is gone ends at once:
// as died or disconnected, with the time at which that was, as refused when the
// channel never opened, as cancelled when its pair has stopped at a violation.
// It counts as an attempt, and its times, which say nothing about the node, are
// not measured. In the closed model such a pair tries again after a second. An
// arrival that still waits when the run is interrupted, or when the time to
// drain (one Timeout and the Grace) is over, is cancelled; what would have been
// due later is no attempt.
//
// An interruption lets what is under way end and then ends the channels, all
// within the Grace; after Leave the sockets are cut. A node that opens no channel
// any more, or ends none, for as long as one Timeout and the Grace is not waited
// for by every pair in turn.
//
// What the mix expects by name is judged for each operation and reported with
// counts. Other operations must have worked, or have ended as an answer explains;
// that is a check of each phase, unless the scenario has a threshold on the
// share, the count or the rate of an outcome (other than violation), which then
// says how many have to. Every channel must open and, if it is still there, end
// as it should. A warm-up is recorded and not judged. A violation stops its pair
// and fails the run; the other pairs go on.
//
// Which pair an arrival goes to, what it does and what strategies draw is a
// function of the seed; the hash of all that is the same however the goroutines
// run. A hash is kept for each pair and purpose, not the choices.
//
// # Who does the work
//
// Each pair has a lock. The goroutine that reads a socket decodes a frame, takes
// the lock, lets the pair decide, and writes the answer itself, to whichever
// socket it belongs, after it has given the lock back. So a transfer needs no
// wake-ups but those of the node and of the two readers. Timers belong to pairs,
// operations and answers; no socket ever has a read deadline.
//
// Under load the same goroutine then makes the signature that comes next, while the
// node is at work: a pair knows the transaction of a transfer before it is offered.
// The signature leaves after the offer was judged, like any other.
//
// Under load there is no goroutine for a pair or an operation. One goroutine
// makes arrivals due, with one timer. If the pair has something else to do, the
// reader that ends it begins the arrival with the frame in its hands. Otherwise
// one of a few workers does, because the dispatcher must not wait for a lock or
// for a socket. Only arrivals with steps that wait for more than frames (open,
// wait, repeat, choose, parallel and the like) take a goroutine while they last.
package bot
