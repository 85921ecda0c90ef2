// Package bot plays the two sides of state channels against a node: one end of
// a channel on its WebSocket, the pair of an initiator and a responder, and the
// runner that takes many pairs through the steps of a scenario.
//
// A bot answers signing requests as its strategy says, refuses to sign what it
// did not ask for or agree to, judges every frame with the oracle of package
// model, and brings every operation to exactly one outcome. It talks to any
// node in the same way; what only an embedded node can do (make blocks) is
// handed in as functions.
package bot
