package simnode

import "chanbot/tx"

// Post puts a transaction into the pool, as a client of the HTTP API can.
func (n *Node) Post(s *tx.SignedTx) error { return n.chain.post(s) }
