package tx

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRecordedTransactions takes each recorded transaction of the vectors
// apart, builds it anew from its fields and compares the bytes.
func TestRecordedTransactions(t *testing.T) {
	checked := 0
	for session, all := range vectors(t).recorded() {
		var authData []byte // of the initiator's innermost ga_meta_tx in the create of this session
		for i, c := range all {
			checked++
			t.Run(fmt.Sprintf("%s/%d %s", session, i, c.Type), func(t *testing.T) {
				s, err := ParseSigned(c.Encoded)
				if err != nil {
					t.Fatal(err)
				}
				checkSignedForm(t, s, &c)
				checkFields(t, s, &c)

				inner, wraps, err := s.Innermost()
				if err != nil {
					t.Fatal(err)
				}
				checkInnermost(t, inner, &c)
				if create, ok := inner.(*Create); ok && len(wraps) > 0 {
					for _, w := range wraps {
						if w.GAID == create.InitiatorID {
							authData = w.AuthData
						}
					}
				}
				checkChannelID(t, inner, &c, authData)
				if c.Payload != "" {
					checkPayload(t, inner, c.Payload)
				}
				if c.Poi != nil {
					checkProof(t, inner, &c)
				}
				if c.Trees != nil {
					checkTrees(t, inner.(*ForceProgress), c.Trees)
				}
			})
		}
	}
	if checked != 89 {
		t.Errorf("%d recorded transactions in the vectors, want 89", checked)
	}
}

func checkSignedForm(t *testing.T, s *SignedTx, c *recordedTx) {
	t.Helper()
	if got := s.Text(); got != c.Encoded {
		t.Errorf("written again as %s, want %s", got, c.Encoded)
	}
	if got := s.Hash().Text(PrefixTxHash); got != c.TxHash {
		t.Errorf("hash %s, want %s", got, c.TxHash)
	}
	if got := hex.EncodeToString(s.Bytes()); c.SignedHex != "" && got != c.SignedHex {
		t.Errorf("signed_tx %s, want %s", got, c.SignedHex)
	}
	if got := hex.EncodeToString(s.Tx); c.TxHex != "" && got != c.TxHex {
		t.Errorf("transaction %s, want %s", got, c.TxHex)
	}
	if len(s.Signatures) != len(c.Signatures) {
		t.Errorf("%d signatures, want %d", len(s.Signatures), len(c.Signatures))
		return
	}
	if !slices.IsSortedFunc(s.Signatures, bytes.Compare) {
		t.Error("recorded signatures are not ascending")
	}
	var signers []ID
	network := ""
	for i, sig := range c.Signatures {
		if got := Encode(PrefixSignature, s.Signatures[i]); got != sig.Signature {
			t.Errorf("signature %d is %s, want %s", i, got, sig.Signature)
		}
		if form, ok := VerifyForm(sig.Signer, sig.NetworkID, s.Tx, s.Signatures[i]); !ok || form != sig.Form {
			t.Errorf("signature %d by %s for %s: %v, %v; want a good one in form %s", i, sig.Signer, sig.NetworkID, ok, form, sig.Form)
		}
		signers, network = append(signers, sig.Signer), sig.NetworkID
	}
	got, strangers := s.Signers(network, signers...)
	if diff := cmp.Diff(signers, got); diff != "" || strangers != 0 {
		t.Errorf("signers (-want +got), %d strangers:\n%s", strangers, diff)
	}
}

func checkFields(t *testing.T, s *SignedTx, c *recordedTx) {
	t.Helper()
	var built []byte
	var err error
	if _, wrapped := c.Fields["tag"]; wrapped {
		built, err = bytesOf(c.Fields)
	} else {
		built, err = objectOf(c.Tag, c.Version, c.Fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, s.Tx) {
		t.Errorf("built from the fields %x, want %x", built, s.Tx)
	}
	decoded, err := s.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if again := decoded.Serialize(); !bytes.Equal(again, s.Tx) {
		t.Errorf("decoded and written again as %x, want %x", again, s.Tx)
	}
	again, err := Deserialize(built)
	if err != nil || !reflect.DeepEqual(again, decoded) {
		t.Errorf("%+v decoded from the fields, want %+v (%v)", again, decoded, err)
	}
}

func checkInnermost(t *testing.T, inner Tx, c *recordedTx) {
	t.Helper()
	b := inner.Serialize()
	if inner.Type() != c.Type || len(b) != c.TxSize || Blake2b(b).String() != c.TxBlake {
		t.Errorf("%s of %d bytes with digest %s, want %s, %d, %s", inner.Type(), len(b), Blake2b(b), c.Type, c.TxSize, c.TxBlake)
	}
	if c.FeeCheck == nil {
		return
	}
	if got := Gas(inner); got != c.FeeCheck.Gas || baseGasOf(inner) != c.FeeCheck.BaseGas {
		t.Errorf("gas %d with base %d, want %d with %d", got, baseGasOf(inner), c.FeeCheck.Gas, c.FeeCheck.BaseGas)
	}
	if got := FeeOf(inner); got.Cmp(c.FeeCheck.Fee) != 0 {
		t.Errorf("fee %d, want %d", got, c.FeeCheck.Fee)
	}
	if price := c.FeeCheck.GasPrice; price != nil {
		if got := MinFee(inner, price); got.Cmp(c.FeeCheck.Fee) != 0 {
			t.Errorf("least fee at price %d is %d, want %d", price, got, c.FeeCheck.Fee)
		}
	}
}

func checkChannelID(t *testing.T, inner Tx, c *recordedTx, authData []byte) {
	t.Helper()
	got, ok := ChannelOf(inner)
	if !ok {
		t.Fatalf("%s is about no channel", inner.Type())
	}
	if c.ChannelID != "" && got.String() != c.ChannelID {
		t.Errorf("channel %s, want %s", got, c.ChannelID)
	}
	if in := c.ChannelIDInputs; in != nil {
		want := ChannelIDOf(in.Initiator, in.Nonce, in.Responder)
		if authData != nil {
			want = ChannelIDOfAuth(in.Initiator, authData, in.Responder)
		}
		if got != want {
			t.Errorf("channel %s, computed %s", got, want)
		}
	}
}

func checkPayload(t *testing.T, inner Tx, want string) {
	t.Helper()
	var payload []byte
	switch inner := inner.(type) {
	case *CloseSolo:
		payload = inner.Payload
	case *Slash:
		payload = inner.Payload
	case *SnapshotSolo:
		payload = inner.Payload
	case *ForceProgress:
		payload = inner.Payload
	default:
		t.Fatalf("%s has no payload", inner.Type())
	}
	s, err := DecodeSigned(payload)
	if err != nil || s.Text() != want {
		t.Errorf("payload %v, %v, want %s", s, err, want)
	}
}

// TestOffChainContractID finds the contract that a recorded session created in
// the calls that follow.
func TestOffChainContractID(t *testing.T) {
	created, called := map[ID]bool{}, 0
	for _, all := range vectors(t).recorded() {
		for _, c := range all {
			for _, u := range c.Updates {
				switch u["op"] {
				case "OffChainNewContract":
					var round uint64
					if _, err := fmt.Sscan(fmt.Sprint(c.Fields["round"]), &round); err != nil {
						t.Fatal(err)
					}
					created[ContractIDOf(mustID(t, u["owner"].(string)), round)] = true
				case "OffChainCallContract":
					if called++; !created[mustID(t, u["contract_id"].(string))] && c.Type == "channel_offchain_tx" {
						t.Errorf("contract %s was not created in the rounds before", u["contract_id"])
					}
				}
			}
		}
	}
	if called == 0 {
		t.Error("no contract call in the vectors")
	}
}

func TestRecordedTxHash(t *testing.T) {
	for _, c := range vectors(t).TxHashes {
		s, err := ParseSigned(c.SignedTx)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Hash().Text(PrefixTxHash); got != c.TxHash {
			t.Errorf("hash %s, want %s", got, c.TxHash)
		}
	}
}

// TestTransactionsThatNobodyRecorded builds the layouts that only the source of
// the node proves, field by field.
func TestTransactionsThatNobodyRecorded(t *testing.T) {
	account, delegate := ID{AccountID, Hash{1}}, ID{AccountID, Hash{2}}
	channel := ID{ChannelID, Hash{3}}
	a, d, ch := appendID(nil, account), appendID(nil, delegate), appendID(nil, channel)
	hash := appendString(nil, bytes.Repeat([]byte{4}, 32))
	for _, c := range []struct {
		tx   Tx
		want [][]byte
	}{
		{
			&SetDelegates{ChannelID: channel, FromID: account, InitiatorDelegates: []ID{delegate}, Payload: []byte("pay"), StateHash: Hash(bytes.Repeat([]byte{4}, 32)), Round: 5, TTL: 6, Fee: bigInt(7), Nonce: 8},
			[][]byte{{0x82, 501 >> 8, 501 & 255, 1}, ch, a, appendListItem(nil, d), {0xc0}, []byte("\x83pay"), hash, {5}, {6}, {7}, {8}},
		},
		{
			&Create{InitiatorID: account, InitiatorAmount: bigInt(1), ResponderID: delegate, ResponderAmount: bigInt(2), ChannelReserve: bigInt(3), LockPeriod: 4, TTL: 5, Fee: bigInt(6), InitiatorDelegates: []ID{delegate}, ResponderDelegates: []ID{account, account}, StateHash: Hash(bytes.Repeat([]byte{4}, 32)), Nonce: 7},
			[][]byte{{50, 2}, a, {1}, d, {2, 3, 4, 5, 6}, appendListItem(nil, d), appendListItem(nil, slices.Concat(a, a)), hash, {7}},
		},
		{
			&GAMeta{GAID: account, AuthData: []byte("auth"), ABIVersion: 3, Fee: bigInt(4), Gas: 5, GasPrice: bigInt(6), Tx: []byte("inside")},
			[][]byte{{81, 2}, a, []byte("\x84auth"), {3, 4, 5, 6}, []byte("\x86inside")},
		},
		{
			&Deposit{},
			[][]byte{{51, 1}, appendID(nil, ID{}), appendID(nil, ID{}), {0, 0, 0}, append([]byte{0xa0}, make([]byte, 32)...), {0, 0}},
		},
	} {
		want := appendListItem(nil, slices.Concat(c.want...))
		got := c.tx.Serialize()
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", c.tx.Type(), got, want)
		}
		if _, empty := c.tx.(*Deposit); empty {
			continue // ids of no kind are not read
		}
		back, err := Deserialize(got)
		if err != nil || !bytes.Equal(back.Serialize(), got) {
			t.Errorf("%s: read back as %+v, %v", c.tx.Type(), back, err)
		}
	}
}

// TestWhoseNonceAndWhoSigns is table 1 of transactions.md.
func TestWhoseNonceAndWhoSigns(t *testing.T) {
	i, r, ch := ID{AccountID, Hash{1}}, ID{AccountID, Hash{2}}, ID{ChannelID, Hash{3}}
	h := Hash{4}
	for _, c := range []struct {
		tx       Tx
		origin   ID
		channel  ID
		round    uint64 // 0 = no state
		needBoth bool
	}{
		{&Create{InitiatorID: i, ResponderID: r, StateHash: h, Nonce: 9}, i, ChannelIDOf(i, 9, r), 1, true},
		{&Deposit{ChannelID: ch, FromID: r, StateHash: h, Round: 3, Nonce: 9}, r, ch, 3, true},
		{&Withdraw{ChannelID: ch, ToID: r, StateHash: h, Round: 4, Nonce: 9}, r, ch, 4, true},
		{&CloseMutual{ChannelID: ch, FromID: r, Nonce: 9}, r, ch, 0, true},
		{&CloseSolo{ChannelID: ch, FromID: r, Nonce: 9}, r, ch, 0, false},
		{&Slash{ChannelID: ch, FromID: r, Nonce: 9}, r, ch, 0, false},
		{&Settle{ChannelID: ch, FromID: r, Nonce: 9}, r, ch, 0, false},
		{&SnapshotSolo{ChannelID: ch, FromID: r, Nonce: 9}, r, ch, 0, false},
		{&ForceProgress{ChannelID: ch, FromID: r, StateHash: h, Round: 5, Nonce: 9}, r, ch, 5, false},
		{&SetDelegates{ChannelID: ch, FromID: r, Nonce: 9}, r, ch, 0, true},
		{&OffChain{ChannelID: ch, StateHash: h, Round: 2}, ID{}, ch, 2, true},
		{&Spend{SenderID: i, RecipientID: r, Nonce: 9}, i, ID{}, 0, false},
		{&GAMeta{GAID: i}, ID{}, ID{}, 0, false},
	} {
		name := c.tx.Type()
		if origin, nonce, ok := OriginOf(c.tx); origin != c.origin || ok != !c.origin.IsZero() || ok && nonce != 9 {
			t.Errorf("%s: nonce %d of %v (%v), want 9 of %v", name, nonce, origin, ok, c.origin)
		}
		if channel, ok := ChannelOf(c.tx); channel != c.channel || ok != !c.channel.IsZero() {
			t.Errorf("%s: channel %v (%v), want %v", name, channel, ok, c.channel)
		}
		if round, hash, ok := StateOf(c.tx); round != c.round || ok != (c.round > 0) || ok && hash != h {
			t.Errorf("%s: state %d %s (%v), want round %d", name, round, hash, ok, c.round)
		}
		if NeedsBoth(c.tx) != c.needBoth {
			t.Errorf("%s: both sign is %v", name, !c.needBoth)
		}
		if FeeOf(c.tx).Sign() != 0 {
			t.Errorf("%s: fee %d without one", name, FeeOf(c.tx))
		}
		SetFee(c.tx, bigInt(5))
		if want := map[bool]int64{true: 0, false: 5}[name == "channel_offchain_tx"]; FeeOf(c.tx).Int64() != want {
			t.Errorf("%s: fee %d after it was set, want %d", name, FeeOf(c.tx), want)
		}
		SetFee(c.tx, nil)
		if FeeOf(c.tx).Sign() != 0 {
			t.Errorf("%s: fee %d after it was taken away", name, FeeOf(c.tx))
		}
	}
}
