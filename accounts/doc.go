// Package accounts holds the accounts of the bots: it reads them from key
// files, derives them from a seed, shows what they own, gives them coins and
// takes these back. A list of accounts is used two for each pair of bots, in
// order: initiator, responder.
//
// Secret keys go into a [tx.KeyPair] as soon as they are read. No error of this
// package repeats one, nor any other text of a key file that could be one.
// [Save] is the only place where they leave it.
package accounts
