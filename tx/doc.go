// Package tx holds the bytes of aeternity state channels: text encodings,
// keys, transactions, signatures, state hashes, proofs and fees.
//
// Everything here is pure: no network, clock or file. What a function reads is
// bounded by the length of its input, and no input makes it panic. The byte
// layouts are those of the protocol pages encoding.md and transactions.md; the
// section a rule comes from stands in the comment of the name that keeps it.
//
// Amounts and fees are *big.Int in aettos. A nil amount is written as 0, and so
// is a negative one, which has no encoding. Nonces, rounds, ttl and lock
// periods are uint64; larger ones in the input are an error.
//
// Decoders accept what the node's own decoder accepts (encoding.md section 2:
// longer RLP forms than needed, an int of no bytes); encoders always write the
// canonical form. Byte slices in decoded values share memory with the input,
// which must not be changed afterwards.
package tx
