package tx

import (
	"encoding/hex"
	"math/big"
	"testing"
)

// TestSeedFromItsNumbers computes what the node of the seed session sent, from
// the connection parameters and the nonce alone.
func TestSeedFromItsNumbers(t *testing.T) {
	seed := vectors(t).Seed
	p := seed.Parameters
	for i, k := range seed.Keys {
		if k.Account.Key.String() != k.PubkeyHex || hex.EncodeToString(appendID(nil, k.Account)[1:]) != k.IDHex {
			t.Errorf("key %d is %s", i, k.Account.Key)
		}
	}
	initiator, responder := p.InitiatorID, p.ResponderID

	channel := ChannelIDOf(initiator, 57, responder)
	if want := "ch_2Fcp32wxdUnr4EDRdGm3QFREdnrPB9grenJ6GExHFXpNwRDxDV"; channel.String() != want || seed.ChannelID.ChannelID != want {
		t.Errorf("channel %s, want %s", channel, want)
	}

	mine := new(big.Int).Sub(p.InitiatorAmount, p.PushAmount)
	theirs := new(big.Int).Add(p.ResponderAmount, p.PushAmount)
	first := StateHash(Balance{initiator, mine}, Balance{responder, theirs})
	if got, want := first.Text(PrefixState), "st_aEYX/Veu9he4zSlaDag6hDX9eSXAZf9Vc+j2TV40wnZM98qZ"; got != want {
		t.Errorf("state of round 1 is %s, want %s", got, want)
	}

	create := &Create{
		Version: 1, InitiatorID: initiator, InitiatorAmount: p.InitiatorAmount, ResponderID: responder, ResponderAmount: p.ResponderAmount,
		ChannelReserve: p.ChannelReserve, LockPeriod: p.LockPeriod, StateHash: first, Nonce: 57,
	}
	SetFee(create, MinFee(create, big.NewInt(1_000_000_000)))
	if create.Fee.Int64() != 17_620_000_000_000 {
		t.Errorf("fee %d, want 17620000000000", create.Fee)
	}
	if got, want := NewSigned(create).Text(), seed.Transactions[0].Encoded; got != want {
		t.Errorf("request to sign the create:\n%s, want\n%s", got, want)
	}
	if got, ok := ChannelOf(create); !ok || got != channel {
		t.Errorf("the create opens %s, want %s", got, channel)
	}

	one := big.NewInt(1)
	second := StateHash(Balance{initiator, mine.Sub(mine, one)}, Balance{responder, theirs.Add(theirs, one)})
	if got, want := second.Text(PrefixState), "st_c2FUOc0cl98LFHdnIJVhqEe9LBILKbrIiYgfO3WSK7dD5RN6"; got != want {
		t.Errorf("state of round 2 is %s, want %s", got, want)
	}
	if got, want := NewSigned(&OffChain{ChannelID: channel, Round: 2, StateHash: second}).Text(), seed.Transactions[3].Encoded; got != want {
		t.Errorf("request to sign the update:\n%s, want\n%s", got, want)
	}

	// The signatures of the seed, put in in either order, give the recorded texts.
	_, byInitiator, byResponder := seedCreate(t)
	half := NewSigned(create).With(byInitiator)
	if half.Text() != seed.Transactions[1].Encoded {
		t.Errorf("half-signed create %s, want %s", half.Text(), seed.Transactions[1].Encoded)
	}
	full := NewSigned(create).With(byResponder).With(byInitiator)
	if full.Text() != seed.Transactions[2].Encoded {
		t.Errorf("co-signed create %s, want %s", full.Text(), seed.Transactions[2].Encoded)
	}
	if got, want := full.Hash().Text(PrefixTxHash), "th_hi3mz1d1VvYw3xE93QUYA6qaKfY1bbQ6gk4RuAcoDy6aFvWgQ"; got != want {
		t.Errorf("hash of the create %s, want %s", got, want)
	}

	proof, err := ProofOfInclusion(seed.States[0].balances(), []ID{initiator, responder})
	if err != nil || Encode(PrefixProof, proof) != seed.Derived.Poi {
		t.Errorf("proof %s, %v, want %s", Encode(PrefixProof, proof), err, seed.Derived.Poi)
	}
	for _, f := range seed.FSMIDs {
		if b, err := DecodeAs(PrefixByteArray, f.Text); err != nil || hex.EncodeToString(b) != f.BytesHex {
			t.Errorf("fsm_id %x, %v, want %s", b, err, f.BytesHex)
		}
	}
}

// TestSpendInABlock is the test vector of http-api.md section 10, which a node
// has included in a block.
func TestSpendInABlock(t *testing.T) {
	k, err := ParseSecretKey("7dd4ce7fa1aeea47890f8190a7e86b04675e535c4a2554fcb4ae3eff53cd3d5e")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.ID().String(), "ak_kTAxmwzw4ZVby8ANeTTmVv3iLqEWVfPvnnpsJprkyoMFdN6Et"; got != want {
		t.Errorf("sender %s, want %s", got, want)
	}
	if got, want := k.SecretText(), "sk_xRC5j5VNxPvELtGZy3dLpapGKEpXSBHKt3k1FXXrUey7gCria"; got != want {
		t.Errorf("secret key %s, want %s", got, want)
	}
	spend := &Spend{
		SenderID: k.ID(), RecipientID: mustID(t, "ak_4rCQudGduar9CHmfJf7MEfWekrgB53EFYnnzfZkhFsQ6nYJAW"),
		Amount: big.NewInt(20000), Nonce: 1, Payload: []byte("hello"),
	}
	SetFee(spend, MinFee(spend, big.NewInt(1_000_000_000)))
	want := "f8580c01a10162a94e3165266b37640a226ecd0e324734b9468866f26dd24e2c8fd2c99ae500a10108bce405d88641087bfc1856f4c0d582b25281fe521d31ce579c19aab69034a4824e20860f478e08400000018568656c6c6f"
	if got := hex.EncodeToString(spend.Serialize()); got != want {
		t.Errorf("spend %s, want %s", got, want)
	}
	for form, want := range map[Form]string{
		Raw:    "th_zo6ABb9LiCYPmFooQABcF1yivEUtsNqCbPAtEH7FN87pWnj7g",
		Hashed: "th_2uTBGskWVCShBvPph48bHPLszZutorRDvX7mHdjhTND5vCJQxS",
	} {
		if got := NewSigned(spend).Sign(k, "ae_dev", form).Hash().Text(PrefixTxHash); got != want {
			t.Errorf("hash of the spend signed %s: %s, want %s", form, got, want)
		}
	}
}
