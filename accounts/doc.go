// Package accounts holds the accounts of the bots: it reads them from key files
// and derives them from a seed. A list of accounts is used two for each pair of
// bots, in order: initiator, responder.
//
// Secret keys go into a [tx.KeyPair] as soon as they are read. No error of this
// package repeats one, nor any other text of a key file that could be one.
package accounts
