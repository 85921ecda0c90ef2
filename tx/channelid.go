package tx

import (
	"encoding/binary"
	"math/bits"
)

// ChannelIDOf returns the id of the channel that a create transaction with this
// nonce opens (transactions.md section 3). Amounts, fee and signatures do not
// enter it.
func ChannelIDOf(initiator ID, nonce uint64, responder ID) ID {
	var n Hash
	binary.BigEndian.PutUint64(n[24:], nonce)
	return channelID(initiator, n, responder)
}

// ChannelIDOfAuth returns the id of a channel whose initiator is a generalized
// account: authData is that of the initiator's innermost ga_meta_tx and takes
// the place of the nonce (transactions.md section 3).
func ChannelIDOfAuth(initiator ID, authData []byte, responder ID) ID {
	n := Blake2b(append(append([]byte(nil), initiator.Key[:]...), authData...))
	return channelID(initiator, n, responder)
}

func channelID(initiator ID, nonce Hash, responder ID) ID {
	var b [96]byte
	copy(b[:], initiator.Key[:])
	copy(b[32:], nonce[:])
	copy(b[64:], responder.Key[:])
	return ID{Kind: ChannelID, Key: Blake2b(b[:])}
}

// ContractIDOf returns the id of the off-chain contract that owner created in
// a round (transactions.md section 3).
func ContractIDOf(owner ID, round uint64) ID {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], round)
	zeros := min(bits.LeadingZeros64(round)/8, 7) // round 0 keeps one byte
	b := append(owner.Key[:], n[zeros:]...)
	return ID{Kind: ContractID, Key: Blake2b(b)}
}
