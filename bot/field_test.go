package bot

import (
	"math/big"
	"testing"

	"chanbot/tx"
)

// Every field of every transaction that a client is asked to sign can be
// changed, which changes its bytes.
func TestEveryFieldCanBeChanged(t *testing.T) {
	for _, offered := range []tx.Tx{
		&tx.Create{InitiatorAmount: big.NewInt(5), ResponderAmount: big.NewInt(5), ChannelReserve: big.NewInt(5), Fee: big.NewInt(5)},
		&tx.OffChain{Round: 5}, &tx.OffChain{Version: 1, Round: 5},
		&tx.Deposit{Amount: big.NewInt(5), Fee: big.NewInt(5)}, &tx.Withdraw{Amount: big.NewInt(5), Fee: big.NewInt(5)},
		&tx.CloseMutual{InitiatorAmountFinal: big.NewInt(5), ResponderAmountFinal: big.NewInt(5), Fee: big.NewInt(5)},
		&tx.CloseSolo{Fee: big.NewInt(5), PoI: []byte{1}}, &tx.Slash{Fee: big.NewInt(5)}, &tx.SnapshotSolo{Fee: big.NewInt(5), Payload: []byte{1, 2}},
		&tx.Settle{InitiatorAmountFinal: big.NewInt(5), ResponderAmountFinal: big.NewInt(5), Fee: big.NewInt(5)},
	} {
		f := fieldsOf(offered)
		var names []string
		for name := range f.numbers {
			names = append(names, name)
		}
		for name := range f.amounts {
			names = append(names, name)
		}
		for name := range f.ids {
			names = append(names, name)
		}
		for name := range f.hashes {
			names = append(names, name)
		}
		for name := range f.bytes {
			names = append(names, name)
		}
		if f.version != nil {
			names = append(names, "version")
		}
		for _, name := range names {
			before := string(offered.Serialize())
			if !setField(offered, name, "") || string(offered.Serialize()) == before {
				t.Errorf("%s: %s is as it was", offered.Type(), name)
			}
		}
		if setField(offered, "nothing", "") {
			t.Errorf("%s has a field nothing", offered.Type())
		}
	}
	two := &tx.OffChain{}
	if !setField(two, "version", "1") || two.Version != 1 || setField(two, "version", "3") || setField(two, "version", "x") {
		t.Errorf("version %d", two.Version)
	}
	solo := &tx.CloseSolo{Fee: new(big.Int), Payload: []byte{1}}
	if !setField(solo, "payload", tx.Encode(tx.PrefixByteArray, nil)) || len(solo.Payload) != 0 || setField(solo, "payload", "x") {
		t.Errorf("payload %x", solo.Payload)
	}
}
