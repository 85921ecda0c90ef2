package tx

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// vectorFile is testdata/vectors.json as transactions.md section 9 describes it.
type vectorFile struct {
	Prefixes []struct {
		Prefix, Name, Encoding string
		PayloadBytes           any    `json:"payload_bytes"`
		SamplePayloadHex       string `json:"sample_payload_hex"`
		SampleText             string `json:"sample_text"`
	}
	Integers []struct {
		Value    string
		BytesHex string `json:"bytes_hex"`
		RLPHex   string `json:"rlp_hex"`
	}
	RLP []struct {
		Item         string
		RLPHex       string `json:"rlp_hex"`
		RLPPrefixHex string `json:"rlp_prefix_hex"`
	}
	Leniency []struct {
		Input  string
		Result string `json:"node_result"`
	} `json:"rlp_decoder_leniency"`
	Seed        seedVectors `json:"recorded_seed"`
	Transcripts []struct {
		Transcript   string
		Transactions []recordedTx
	} `json:"recorded_transcripts"`
	OffchainV1 struct{ Transactions []recordedTx } `json:"recorded_offchain_tx_v1"`
	TxHashes   []struct {
		SignedTx string `json:"signed_tx"`
		TxHash   string `json:"tx_hash"`
	} `json:"recorded_tx_hashes"`
	Transitions []struct {
		Transcript string
		NodeKinds  []string `json:"accounts_tree_node_kinds"`
		States     []vectorState
	} `json:"recorded_state_transitions"`
	Signing []struct {
		SeedHex    string `json:"ed25519_seed_hex"`
		SecretText string `json:"secret_key_text"`
		Hex64      string `json:"libsodium_secret_hex_64"`
		PubkeyHex  string `json:"pubkey_hex"`
		Account    string
		Signatures []struct {
			NetworkID    string `json:"network_id"`
			Inner        bool   `json:"inner_tx"`
			Form         Form
			MessageHash  string `json:"message_blake2b_hex"`
			Signature    string
			SignatureHex string `json:"signature_hex"`
		} `json:"signatures_over_seed_create_tx"`
	} `json:"derived_signing"`
	Session struct {
		ChannelID    string `json:"channel_id"`
		States       []vectorState
		Transactions []struct {
			Name     string
			TxHex    string `json:"tx_rlp_hex"`
			TxSize   int    `json:"tx_size"`
			Fields   map[string]any
			Unsigned string
			First    string `json:"first_signature_only"`
			Full     string `json:"fully_signed"`
			TxHash   string `json:"tx_hash"`
		}
	} `json:"derived_session"`
}

type seedVectors struct {
	Parameters struct {
		InitiatorID     ID       `json:"initiator_id"`
		ResponderID     ID       `json:"responder_id"`
		InitiatorAmount *big.Int `json:"initiator_amount"`
		ResponderAmount *big.Int `json:"responder_amount"`
		PushAmount      *big.Int `json:"push_amount"`
		ChannelReserve  *big.Int `json:"channel_reserve"`
		LockPeriod      uint64   `json:"lock_period"`
		NetworkID       string   `json:"network_id"`
		Form            Form     `json:"signature_form"`
	}
	Keys []struct {
		Account   ID
		PubkeyHex string `json:"pubkey_hex"`
		IDHex     string `json:"id_hex"`
	}
	ChannelID struct {
		Nonce     uint64
		ChannelID string `json:"channel_id"`
	} `json:"channel_id"`
	States  []vectorState
	Derived struct {
		Poi        string
		StateTrees string `json:"state_trees"`
	} `json:"derived_from_round_1"`
	FSMIDs []struct {
		Text     string
		BytesHex string `json:"bytes_hex"`
	} `json:"fsm_ids"`
	Transactions []recordedTx
	Matrix       []struct {
		NetworkID string `json:"network_id"`
		Inner     bool   `json:"inner_tx"`
		Form      Form
		Initiator bool `json:"initiator_verifies"`
		Responder bool `json:"responder_verifies"`
	} `json:"create_tx_signature_matrix"`
}

type vectorState struct {
	Round    uint64
	TxType   string `json:"tx_type"`
	Push     *big.Int
	Updates  []map[string]any
	Accounts []struct {
		Account      ID
		Balance      *big.Int
		LeafValueHex string `json:"leaf_value_hex"`
	}
	Nodes []struct {
		Hash   string
		RLPHex string `json:"rlp_hex"`
		IsRoot bool   `json:"is_root"`
	} `json:"accounts_tree_nodes"`
	RootHex   string `json:"accounts_root_hex"`
	HashHex   string `json:"state_hash_hex"`
	StateHash string `json:"state_hash"`
}

func (s *vectorState) balances() []Balance {
	var all []Balance
	for _, a := range s.Accounts {
		all = append(all, Balance{a.Account, a.Balance})
	}
	return all
}

type recordedTx struct {
	Type       string
	Tag        uint64
	Version    uint64
	FirstSeen  string `json:"first_seen"`
	Encoded    string
	TxSize     int    `json:"tx_size"`
	TxBlake    string `json:"tx_blake2b_hex"`
	TxHash     string `json:"tx_hash"`
	TxHex      string `json:"tx_rlp_hex"`
	SignedHex  string `json:"signed_tx_rlp_hex"`
	Fields     map[string]any
	Signatures []struct {
		Signature string
		Signer    ID
		NetworkID string `json:"network_id"`
		Form      Form
	}
	ChannelID       string `json:"channel_id"`
	ChannelIDInputs *struct {
		Initiator, Responder ID
		Nonce                uint64
	} `json:"channel_id_inputs"`
	FeeCheck *struct {
		BaseGas  uint64 `json:"base_gas"`
		Gas      uint64
		Fee      *big.Int
		GasPrice *big.Int `json:"gas_price"`
	} `json:"fee_check"`
	Updates []map[string]any `json:"updates_in_message"`
	Payload string           `json:"payload_encoded"`
	Poi     *struct {
		Hash     string `json:"poi_hash"`
		Accounts *struct {
			RootHex string `json:"root_hex"`
			Nodes   []struct {
				Hash   string
				RLPHex string `json:"rlp_hex"`
			}
		}
		Found []struct {
			Account ID
			Balance *big.Int
		} `json:"accounts_found"`
	} `json:"poi_decoded"`
	Trees map[string]any `json:"offchain_trees_decoded"`
}

var loadVectors = sync.OnceValues(func() (*vectorFile, error) {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		return nil, err
	}
	v := new(vectorFile)
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return v, d.Decode(v)
})

func vectors(t testing.TB) *vectorFile {
	t.Helper()
	v, err := loadVectors()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// recorded returns every recorded transaction of the vectors with its session.
func (v *vectorFile) recorded() map[string][]recordedTx {
	all := map[string][]recordedTx{"seed": v.Seed.Transactions, "offchain v1": v.OffchainV1.Transactions}
	for _, t := range v.Transcripts {
		all[t.Transcript] = t.Transactions
	}
	return all
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustID(t testing.TB, text string) ID {
	t.Helper()
	id, err := ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// goNames maps the node's names to Go names where they differ in more than
// letter case and underscores.
var goNames = map[string]string{
	"delegate_ids":           "initiatordelegates",
	"initiator_delegate_ids": "initiatordelegates",
	"responder_delegate_ids": "responderdelegates",
}

// setFields fills the struct that o points to from the decoded JSON of fields.
func setFields(o any, fields map[string]any) error {
	v := reflect.ValueOf(o).Elem()
	for name, value := range fields {
		if name == "tag" || name == "version" || name == "type" {
			continue
		}
		want, renamed := goNames[name]
		if !renamed {
			want = strings.ReplaceAll(name, "_", "")
		}
		field := v.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, want) })
		if !field.IsValid() {
			return fmt.Errorf("%T has no field for %s", o, name)
		}
		if err := setField(field, value); err != nil {
			return fmt.Errorf("%T: %s: %w", o, name, err)
		}
	}
	return nil
}

func setField(field reflect.Value, value any) error {
	switch p := field.Addr().Interface().(type) {
	case *ID:
		return p.UnmarshalText([]byte(value.(string)))
	case **big.Int:
		*p = new(big.Int)
		return (*p).UnmarshalText([]byte(value.(json.Number)))
	case *uint64:
		_, err := fmt.Sscan(string(value.(json.Number)), p)
		return err
	case *Hash:
		h, err := ParseHash(PrefixState, value.(string))
		*p = h
		return err
	case *[]byte:
		b, err := bytesOf(value)
		*p = b
		return err
	case *[]ID:
		for _, e := range value.([]any) {
			id, err := ParseID(e.(string))
			if err != nil {
				return err
			}
			*p = append(*p, id)
		}
		return nil
	case *[][]byte:
		for _, e := range value.([]any) {
			b, err := bytesOf(e)
			if err != nil {
				return err
			}
			*p = append(*p, b)
		}
		return nil
	case *[]*big.Int:
		if len(value.([]any)) > 0 {
			return fmt.Errorf("not expected in the vectors")
		}
		return nil
	}
	return fmt.Errorf("no rule for %s", field.Type())
}

// bytesOf returns the bytes of a binary: an encoded text, "tx_" for none, or a
// nested object with its fields.
func bytesOf(value any) ([]byte, error) {
	if text, ok := value.(string); ok {
		if text == "tx_" {
			return nil, nil
		}
		_, b, err := Decode(text)
		return b, err
	}
	fields := value.(map[string]any)
	var tag, version uint64
	if _, err := fmt.Sscan(fmt.Sprint(fields["tag"], " ", fields["version"]), &tag, &version); err != nil {
		return nil, err
	}
	return objectOf(tag, version, fields)
}

// objectOf serializes an object given by its fields.
func objectOf(tag, version uint64, fields map[string]any) ([]byte, error) {
	if tag == tagSigned {
		var s SignedTx
		for _, sig := range fields["signatures"].([]any) {
			b, err := DecodeAs(PrefixSignature, sig.(string))
			if err != nil {
				return nil, err
			}
			s.Signatures = append(s.Signatures, b)
		}
		inner, err := bytesOf(fields["transaction"])
		s.Tx = inner
		return s.Bytes(), err
	}
	var u Update
	switch tag {
	case tagTransfer:
		u = new(Transfer)
	case tagCallContract:
		u = new(CallContractUpdate)
	}
	if u != nil {
		err := setFields(u, fields)
		return SerializeUpdate(u), err
	}
	t := newTx(tag, version)
	if t == nil {
		return nil, &UnknownObjectError{tag, version}
	}
	err := setFields(t, fields)
	return t.Serialize(), err
}
