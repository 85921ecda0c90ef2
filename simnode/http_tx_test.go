package simnode

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"chanbot/tx"
)

// The spend of http-api 10, which was in a block of a running node.
const (
	vectorSender = "ak_kTAxmwzw4ZVby8ANeTTmVv3iLqEWVfPvnnpsJprkyoMFdN6Et"
	vectorTx     = "tx_+KILAfhCuEDlvZIzU8e5+DlqqqeezJRyYj6GxBq+ChhL9MqI/zPbP/+K3WsPE4KDv5gXult7iYwcHUS7IM6f/IRIAe++x2oEuFr4WAwBoQFiqU4xZSZrN2QKIm7NDjJHNLlGiGbybdJOLI/SyZrlAKEBCLzkBdiGQQh7/BhW9MDVgrJSgf5SHTHOV5wZqraQNKSCTiCGD0eOCEAAAAGFaGVsbG/YVW2D"
	vectorHash   = "th_zo6ABb9LiCYPmFooQABcF1yivEUtsNqCbPAtEH7FN87pWnj7g"
)

func TestHTTPSpendOfTheReference(t *testing.T) {
	h := newHTTPTest(t, Config{NetworkID: "ae_dev"})
	sender, err := tx.ParseID(vectorSender)
	if err != nil {
		t.Fatal(err)
	}
	h.node.Endow(sender, bigInt("1000000000000000000000"))
	path := "/v3/transactions/" + vectorHash
	h.gets(path, 404, `{"reason":"Transaction not found"}`)
	h.wants("POST", "/v3/transactions", `{"tx":"`+vectorTx+`","more":1}`, 200, `{"tx_hash":"`+vectorHash+`"}`)
	rest := `"encoded_tx":"` + vectorTx + `","hash":"` + vectorHash + `",
		"signatures":["sg_X4HQMcpZKvakvpYk9q4XmxvTbjsSfpebaChEhiCrQZ2WoVAXeydbRyV569xqVyMra2goLSNcRw6XzLJHfLy6sQbMPucMu"],
		"tx":{"amount":20000,"fee":16800000000000,"nonce":1,"payload":"ba_aGVsbG+Vlcnf",
		"recipient_id":"ak_4rCQudGduar9CHmfJf7MEfWekrgB53EFYnnzfZkhFsQ6nYJAW","sender_id":"` + vectorSender + `","type":"SpendTx","version":1}}`
	h.gets(path, 200, `{"block_hash":"none","block_height":-1,`+rest)
	h.gets("/v3/status", 200, `{"pending_transactions_count":1,...}`)
	h.wants("POST", "/v3/transactions", `{"tx":"`+vectorTx+`"}`, 400, `{"reason":"Invalid tx","error_code":"already_known"}`)
	h.node.MineMicroBlock()
	_, hash, bad := readHash(vectorHash, "", tx.PrefixTxHash)
	if bad != nil {
		t.Fatal(bad.body)
	}
	m, ok := h.node.chain.transaction(hash)
	if !ok {
		t.Fatal("it is not in a block")
	}
	h.gets(path, 200, `{"block_hash":"`+m.Block.Text(tx.PrefixMicroBlock)+`","block_height":1,`+rest)
	h.wants("POST", "/v3/transactions", `{"tx":"`+vectorTx+`"}`, 400, `{"reason":"Invalid tx","error_code":"already_accepted"}`)
	h.gets("/v3/accounts/"+vectorSender, 200, `{"balance":999999983199999980000,...}`)
	h.gets("/v3/transactions/th_1", 400, `{"reason":"Invalid hash","error_code":"invalid_encoding"}`)
	h.gets("/v3/transactions/"+vectorSender, 400, `{"reason":"Invalid hash","error_code":"invalid_prefix"}`)
}

// The table of http-api 5, as far as it is not about the chain: that part is
// TestPostRefusals.
func TestHTTPPostRefusals(t *testing.T) {
	h := newHTTPTest(t, Config{})
	good := h.signed(spendOf(key1, 1), key1)
	short := &tx.SignedTx{Signatures: [][]byte{make([]byte, 63)}, Tx: good.Tx}
	schema := func(parameter, reason, more string) string {
		return `{"reason":"validation_error","parameter":"` + parameter + `","info":{"error":"` + reason + `",` + more + `}}`
	}
	encoding := func(code string) string { return `{"reason":"Invalid api encoding","error_code":"` + code + `"}` }
	broken := `{"reason":"Invalid tx","error_code":"broken_tx"}`
	for _, c := range []struct{ name, body, want string }{
		{"empty body", "", schema("body", "wrong_type", `"data":""`)},
		{"array", "[]", schema("body", "wrong_type", `"data":[]`)},
		{"null", "null", schema("body", "wrong_type", `"data":null`)},
		{"not JSON", "{", schema("", "invalid_body", `"data":"{"`)},
		{"no tx", `{}`, schema("body", "missing_required_property", `"data":{},"path":["tx"]`)},
		{"tx a number", `{"tx":1}`, schema("body", "wrong_type", `"data":1,"path":["tx"]`)},
		{"tx null", `{"tx":null}`, schema("body", "wrong_type", `"data":null,"path":["tx"]`)},
		{"empty text", `{"tx":""}`, encoding("invalid_encoding")},
		{"no prefix", `{"tx":"abc"}`, encoding("invalid_encoding")},
		{"bad base64", `{"tx":"tx_*"}`, encoding("invalid_encoding")},
		{"bad checksum", `{"tx":"` + strings.Replace(vectorTx, "+KIL", "+KIM", 1) + `"}`, encoding("invalid_encoding")},
		{"other prefix", `{"tx":"` + tx.Encode(tx.PrefixByteArray, good.Bytes()) + `"}`, encoding("invalid_prefix")},
		{"the bare transaction", `{"tx":"` + tx.Encode(tx.PrefixTransaction, good.Tx) + `"}`, broken},
		{"no object", `{"tx":"` + tx.Encode(tx.PrefixTransaction, []byte("x")) + `"}`, broken},
		{"unknown tag inside", `{"tx":"` + (&tx.SignedTx{Tx: []byte{0xc2, 99, 1}}).Text() + `"}`, broken},
		{"signature of 63 bytes", `{"tx":"` + short.Text() + `"}`, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := *h
			h.T = t
			h.wants("POST", "/v3/transactions", c.body, 400, c.want)
		})
	}
	w := h.do("POST", "/v3/transactions", `{"tx":"`+strings.Repeat("a", maxBody)+`"}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"error":"body_too_big"`) || w.Body.Len() > 4096 {
		t.Errorf("too big a body: %d, %d bytes", w.Code, w.Body.Len())
	}
	h.post(tx.NewSigned(spendOf(key1, 1)), "signature_check_failed")
	h.post(h.signed(&tx.OffChain{Version: 2, ChannelID: tx.ChannelIDOf(key1.ID(), 1, key2.ID()), Round: 2}, key1, key2), "signature_check_failed")
	h.post(h.signed(spendOf(key1, 7), key1), "nonce_too_high")
	if n := h.node.chain.pending(); n != 0 {
		t.Errorf("%d transactions in the pool", n)
	}
}

// http-api 5: several with the same nonce, and those that the pool drops.
func TestHTTPDroppedTransactionsStayKnown(t *testing.T) {
	h := newHTTPTest(t, Config{})
	loser, winner, late := spendOf(key1, 1), spendOf(key1, 1), spendOf(key1, 2)
	winner.Fee, late.TTL, late.Amount = coins(30_000_000_000_000), 1, coins(2e15)
	lost, won, expired := h.signed(loser, key1), h.signed(winner, key1), h.signed(late, key1)
	for _, s := range []*tx.SignedTx{lost, won, expired} {
		h.post(s, "")
	}
	h.node.MineKeyBlocks(1)
	path := func(s *tx.SignedTx) string { return "/v3/transactions/" + s.Hash().Text(tx.PrefixTxHash) }
	h.gets(path(won), 200, `{"block_height":1,...}`)
	for _, s := range []*tx.SignedTx{lost, expired} {
		h.gets(path(s), 404, `{"reason":"Transaction not found"}`)
		h.post(s, "already_known")
	}
	h.post(won, "already_accepted")
}

func TestHTTPTransactionsOfAllTypes(t *testing.T) {
	id := tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	common := func(special string) string {
		return strings.Join([]string{"fee", "nonce", "ttl", "type", "version", special}, " ")
	}
	for _, c := range []struct {
		tx     tx.Tx
		kind   string
		fields string // beside those that all types have
	}{
		{&tx.Create{TTL: 9}, "ChannelCreateTx", common("channel_reserve delegate_ids initiator_amount initiator_id lock_period responder_amount responder_id state_hash")},
		{&tx.Deposit{ChannelID: id, TTL: 9}, "ChannelDepositTx", common("amount channel_id from_id round state_hash")},
		{&tx.Withdraw{ChannelID: id, TTL: 9}, "ChannelWithdrawTx", common("amount channel_id to_id round state_hash")},
		{&tx.CloseMutual{ChannelID: id, TTL: 9}, "ChannelCloseMutualTx", common("channel_id from_id initiator_amount_final responder_amount_final")},
		{&tx.Settle{ChannelID: id, TTL: 9}, "ChannelSettleTx", common("channel_id from_id initiator_amount_final responder_amount_final")},
		{&tx.CloseSolo{ChannelID: id, TTL: 9}, "ChannelCloseSoloTx", common("channel_id from_id payload poi")},
		{&tx.Slash{ChannelID: id, TTL: 9}, "ChannelSlashTx", common("channel_id from_id payload poi")},
		{&tx.SnapshotSolo{ChannelID: id, TTL: 9}, "ChannelSnapshotSoloTx", common("channel_id from_id payload")},
		{&tx.ForceProgress{ChannelID: id, TTL: 9}, "ChannelForceProgressTx", common("channel_id from_id payload round update state_hash offchain_trees")},
		{&tx.SetDelegates{ChannelID: id, TTL: 9}, "ChannelSetDelegatesTx", common("channel_id from_id payload round initiator_delegate_ids responder_delegate_ids state_hash")},
		{&tx.Spend{TTL: 9}, "SpendTx", common("amount sender_id recipient_id payload")},
	} {
		t.Run(c.kind, func(t *testing.T) {
			o := txObject(c.tx)
			b, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for f := range strings.FieldsSeq(c.fields) {
				want = append(want, `"`+f+`":0`)
			}
			if got, want := keysOf(t, b), keysOf(t, []byte("{"+strings.Join(want, ",")+"}")); got != want || o["type"] != c.kind {
				t.Errorf("%v has %s\nwant %s", o["type"], got, want)
			}
			if strings.Contains(string(b), "null") {
				t.Errorf("null in %s", b)
			}
		})
	}
	if _, there := txObject(new(tx.Spend))["ttl"]; there {
		t.Error("a ttl of 0 is shown")
	}
	if payload := txObject(new(tx.CloseSolo))["payload"]; payload != "tx_Xfbg4g==" {
		t.Errorf("an empty payload is %v", payload)
	}
}

func FuzzHTTP(f *testing.F) {
	node := New(Config{Blocks: Manual})
	node.Endow(key1.ID(), coins(1e15))
	handler := node.HTTP(ExternalPort, InternalPort)
	f.Add(true, "/v3/transactions", `{"tx":"`+vectorTx+`"}`)
	f.Add(true, "/v3/transactions?int-as-string=true", `{"tx":[1e400]}`)
	f.Add(false, "/v3/accounts/"+vectorSender+"/next-nonce?strategy=max", "")
	f.Add(false, "/v3/transactions/"+vectorHash, "")
	f.Add(false, "/v3/key-blocks/height/18446744073709551616", "")
	f.Add(false, "//v3/%zz?;=&int-as-string", "")
	f.Fuzz(func(t *testing.T, post bool, target, body string) {
		method := http.MethodGet
		if post {
			method = http.MethodPost
		}
		r, err := http.NewRequest(method, "http://node/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		path, query, _ := strings.Cut(target, "?")
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: answer is no JSON: %s", method, target, w.Body)
		}
		if w.Header().Get("X-Ae-Height") == "" {
			t.Error("no height")
		}
	})
}
