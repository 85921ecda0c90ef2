package simnode

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/tx"
)

// http-api 1 and 2: what comes before any operation.
func TestHTTPFrame(t *testing.T) {
	h := newHTTPTest(t, Config{})
	for _, c := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		allow                      string
	}{
		{"no such path", "GET", "/v3/nothing", "", nil, 404, ""},
		{"the root", "GET", "/", "", nil, 404, ""},
		{"the older schemas", "GET", "/v2/status", "", nil, 404, ""},
		{"a path too long", "GET", "/v3/status/chain-ends/x", "", nil, 404, ""},
		{"wrong method", "DELETE", "/v3/status", "", nil, 405, "GET, OPTIONS"},
		{"HEAD is wrong", "HEAD", "/v3/status", "", nil, 405, "GET, OPTIONS"},
		{"GET of the pool", "GET", "/v3/transactions", "", nil, 405, "POST, OPTIONS"},
		{"accepts no JSON", "GET", "/v3/status", "", []string{"Accept", "text/html"}, 406, ""},
		{"other content type", "POST", "/v3/transactions", "{}", []string{"Content-Type", "text/plain"}, 415, ""},
		{"no content type", "POST", "/v3/transactions", "{}", []string{"Content-Type", ""}, 415, ""},
		{"flag that is no boolean", "GET", "/v3/status?int-as-string=bogus", "", nil, 500, ""},
		{"height that is no number", "GET", "/v3/key-blocks/height/abc", "", nil, 500, ""},
		{"negative height", "GET", "/v3/key-blocks/height/-1", "", nil, 500, ""},
		{"OPTIONS on anything", "OPTIONS", "/v3/nothing", "", nil, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := h.do(c.method, c.target, c.body, c.headers...)
			if w.Code != c.status || w.Body.Len() != 0 || w.Header().Get("Allow") != c.allow {
				t.Errorf("status %d, allow %q, body %q; want %d, %q and an empty body", w.Code, w.Header().Get("Allow"), w.Body, c.status, c.allow)
			}
		})
	}
	w := h.do("GET", "/v3/status/", "", "Accept", "text/html, application/json;q=0.9", "Origin", "http://page")
	if w.Code != 200 || w.Header().Get("Server") != "Cowboy" || w.Header().Get("X-Ae-Height") != "1" ||
		w.Header().Get("Access-Control-Allow-Origin") != "http://page" {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
}

// The port of the channels has one path, which wants a query; its errors have no
// body (http-api 1).
func TestChannelPort(t *testing.T) {
	n := New(Config{})
	defer n.Close()
	for path, status := range map[string]int{"/channel": http.StatusInternalServerError, "/v3/status": http.StatusNotFound} {
		w := httptest.NewRecorder()
		n.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != status || w.Body.Len() != 0 {
			t.Errorf("%s: status %d, body %q; want %d and an empty body", path, w.Code, w.Body, status)
		}
	}
}

func TestHTTPPorts(t *testing.T) {
	for _, c := range []struct {
		name  string
		ports []Port
		open  string // the paths that answer 200
	}{
		{"all at one address", nil, "/v3/status /v3/debug/channels/fsm-count /emit_mb"},
		{"external", []Port{ExternalPort}, "/v3/status"},
		{"internal", []Port{InternalPort}, "/v3/debug/channels/fsm-count"},
		{"developer mode", []Port{DevModePort}, "/emit_mb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHTTPTest(t, Config{}, c.ports...)
			var open []string
			for _, path := range []string{"/v3/status", "/v3/debug/channels/fsm-count", "/emit_mb"} {
				if h.do("GET", path, "").Code == 200 {
					open = append(open, path)
				}
			}
			if got := strings.Join(open, " "); got != c.open {
				t.Errorf("open are %s, want %s", got, c.open)
			}
		})
	}
}

// http-api 3.
func TestHTTPStatusAndBlocks(t *testing.T) {
	h := newHTTPTest(t, Config{NetworkID: "ae_dev"})
	w := h.do("GET", "/v3/status", "")
	const fields = "difficulty genesis_key_block_hash hashrate listening network_id node_revision node_version " +
		"peer_connections peer_count peer_pubkey pending_transactions_count protocols solutions sync_progress " +
		"syncing top_block_height top_key_block_hash uptime"
	if got := keysOf(t, w.Body.Bytes()); got != fields {
		t.Errorf("status has %s\nwant       %s", got, fields)
	}
	if !strings.Contains(w.Body.String(), `"sync_progress":100.0,`) {
		t.Errorf("sync_progress is no float: %s", w.Body)
	}
	h.gets("/v3/status", 200, `{"network_id":"ae_dev","syncing":false,"top_block_height":1,"pending_transactions_count":0,
		"protocols":[{"effective_at_height":1,"version":6},{"effective_at_height":0,"version":1}],...}`)
	h.gets("/v3/status?int-as-string=true", 200, `{"difficulty":"1338","sync_progress":100.0,"top_block_height":"1",
		"peer_connections":{"inbound":"0","outbound":"0"},...}`)
	h.gets("/v3/sync-status", 404, `{"reason":"Node is not syncing"}`)

	h.node.MineKeyBlocks(2)
	k3, _ := h.node.chain.keyBlock(3)
	k2, _ := h.node.chain.keyBlock(2)
	hash3, hash2 := k3.Hash.Text(tx.PrefixKeyBlock), k2.Hash.Text(tx.PrefixKeyBlock)
	h.gets("/v3/key-blocks/current/height", 200, `{"height":3}`)
	h.gets("/v3/key-blocks/current/hash", 200, `{"hash":"`+hash3+`"}`)
	h.gets("/v3/status/chain-ends", 200, `["`+hash3+`"]`)
	for _, path := range []string{"current", "height/3", "hash/" + hash3} {
		h.gets("/v3/key-blocks/"+path, 200, `{"height":3,"hash":"`+hash3+`","prev_hash":"`+hash2+`","prev_key_hash":"`+hash2+`","version":6,...}`)
	}
	const block = "beneficiary hash height info miner prev_hash prev_key_hash state_hash target time version"
	if got := keysOf(t, h.do("GET", "/v3/key-blocks/current", "").Body.Bytes()); got != block {
		t.Errorf("key block has %s\nwant           %s", got, block)
	}
	h.gets("/v3/key-blocks/height/0", 200, `{"height":0,"time":0,...}`)
	h.gets("/v3/key-blocks/height/4", 404, `{"reason":"Block not found","error_code":"chain_too_short"}`)
	h.gets("/v3/key-blocks/hash/kh_1", 400, `{"reason":"Invalid hash"}`)
	h.gets("/v3/key-blocks/hash/"+tx.Hash{1}.Text(tx.PrefixKeyBlock), 404, `{"reason":"Block not found"}`)

	// Above a micro block the key block names it.
	h.post(h.signed(spendOf(key1, 1), key1), "")
	h.node.MineKeyBlocks(1)
	var k struct {
		Prev string `json:"prev_hash"`
	}
	if err := json.Unmarshal(h.do("GET", "/v3/key-blocks/current", "").Body.Bytes(), &k); err != nil || !strings.HasPrefix(k.Prev, "mh_") {
		t.Errorf("previous hash %q (%v), want mh_", k.Prev, err)
	}
}

func TestHTTPUptime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                     "0s.000",
		3450 * time.Millisecond:               "3s.450",
		59*time.Second + 999*time.Millisecond: "59s.999",
		67*time.Second + 919*time.Millisecond: "1m:7s.919",
		time.Minute + 5*time.Millisecond:      "1m:0s.005",
		2*time.Hour + 3*time.Minute + 4*time.Second: "2h:3m:4s",
		26*time.Hour + 3*time.Minute:                "1d:2h:3m",
	} {
		if got := uptime(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

// http-api 4.
func TestHTTPAccounts(t *testing.T) {
	h := newHTTPTest(t, Config{})
	one, nobody := key1.ID().String(), stranger.ID().String()
	h.node.Endow(key1.ID(), bigInt("1000000000000000000000"))
	h.gets("/v3/accounts/"+one, 200, `{"balance":1000001000000000000000,"id":"`+one+`","kind":"basic","nonce":0,"payable":true}`)
	h.gets("/v3/accounts/"+one+"?int-as-string=true", 200, `{"balance":"1000001000000000000000","id":"`+one+`","kind":"basic","nonce":"0","payable":true}`)
	h.gets("/v3/accounts/"+nobody, 404, `{"reason":"Account not found"}`)
	h.gets("/v3/accounts/"+tx.ID{Kind: tx.ContractID, Key: tx.Hash{1}}.String(), 404, `{"reason":"Account not found"}`)
	h.gets("/v3/accounts/ak_x", 400, `{"reason":"Invalid public key","error_code":"invalid_encoding"}`)
	h.gets("/v3/accounts/"+tx.Hash{1}.Text(tx.PrefixTxHash), 400, `{"reason":"Invalid public key","error_code":"invalid_prefix"}`)

	next := "/v3/accounts/" + one + "/next-nonce"
	h.gets(next, 200, `{"next_nonce":1}`)
	for _, nonce := range []uint64{5, 1, 3} {
		h.post(h.signed(spendOf(key1, nonce), key1), "")
	}
	h.gets(next, 200, `{"next_nonce":6}`)
	h.gets(next+"?strategy=max", 200, `{"next_nonce":6}`)
	h.gets(next+"?strategy=continuity", 200, `{"next_nonce":2}`)
	h.gets(next+"?strategy=foo", 400, `{"reason":"validation_error","parameter":"strategy","info":{"data":"foo","error":"not_in_enum"}}`)
	h.gets("/v3/accounts/"+nobody+"/next-nonce", 404, `{"reason":"Account not found","error_code":"account_not_found"}`)
	h.gets("/v3/accounts/"+tx.ID{Kind: tx.ContractID, Key: tx.Hash{1}}.String()+"/next-nonce", 400, `{"reason":"Invalid public key","error_code":"invalid_prefix"}`)
	h.gets("/v3/accounts/"+one, 200, `{"nonce":0,...}`)

	var pending struct {
		Transactions []struct {
			Tx struct{ Nonce int }
		}
	}
	if err := json.Unmarshal(h.do("GET", "/v3/accounts/"+one+"/transactions/pending", "").Body.Bytes(), &pending); err != nil ||
		len(pending.Transactions) != 3 || pending.Transactions[1].Tx.Nonce != 3 {
		t.Errorf("pending %+v (%v), want nonces 1, 3, 5", pending, err)
	}
	h.gets("/v3/accounts/"+key2.ID().String()+"/transactions/pending", 200, `{"transactions":[]}`)
	h.gets("/v3/accounts/"+nobody+"/transactions/pending", 404, `{"reason":"Account not found"}`)
	h.node.MineMicroBlock()
	h.gets("/v3/accounts/"+one, 200, `{"balance":1000000979999999999999,"nonce":1,...}`)
}

// http-api 6: what the object shows in the life of a channel.
func TestHTTPChannelObject(t *testing.T) {
	h := newHTTPTest(t, Config{})
	id := tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	path := "/v3/channels/" + id.String()
	gone := `{"reason":"Channel not found","error_code":"not_found"}`
	h.gets(path, 404, gone)
	h.post(h.signed(lifeCreate(), key1, key2), "")
	h.gets(path, 404, gone)
	h.node.MineMicroBlock()
	h.gets(path, 200, `{"channel_amount":110000000000000,"channel_reserve":2,"delegate_ids":{"initiator":[],"responder":[]},
		"id":"`+id.String()+`","initiator_amount":70000000000000,"initiator_id":"`+key1.ID().String()+`","lock_period":10,
		"locked_until":0,"responder_amount":40000000000000,"responder_id":"`+key2.ID().String()+`","round":1,"solo_round":0,
		"state_hash":"`+lifeState(1).hash().Text(tx.PrefixState)+`"}`)
	h.post(h.signed(&tx.Deposit{ChannelID: id, FromID: key1.ID(), Amount: coins(2), Round: 3, Nonce: 2}, key1, key2), "")
	h.node.MineMicroBlock()
	h.gets(path, 200, `{"channel_amount":110000000000002,"initiator_amount":70000000000000,"round":3,...}`)
	h.post(h.signed(&tx.CloseMutual{ChannelID: id, FromID: key1.ID(), InitiatorAmountFinal: coins(1), ResponderAmountFinal: coins(1), Nonce: 3}, key1, key2), "")
	h.node.MineMicroBlock()
	h.gets(path, 404, gone)
	h.gets("/v3/channels/ch_1", 400, `{"reason":"Invalid public key","error_code":"invalid_encoding"}`)
	h.gets("/v3/channels/"+key1.ID().String(), 400, `{"reason":"Invalid public key","error_code":"invalid_prefix"}`)
}

func TestHTTPChannelObjectOfAnOldProtocol(t *testing.T) {
	h := newHTTPTest(t, Config{Era: Era2020})
	create := lifeCreate()
	create.Version = 1
	h.post(h.signed(create, key1, key2), "")
	h.node.MineMicroBlock()
	h.gets("/v3/channels/"+tx.ChannelIDOf(key1.ID(), 1, key2.ID()).String(), 200, `{"delegate_ids":[],"round":1,...}`)
	h.gets("/v3/status", 200, `{"protocols":[{"effective_at_height":1,"version":4},{"effective_at_height":0,"version":1}],...}`)
}

// http-api 9.
func TestHTTPRecentGasPrices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHTTPTest(t, Config{})
		h.gets("/v3/recent-gas-prices", 200, `[{"min_gas_price":0,"minutes":1,"utilization":0},{"min_gas_price":0,"minutes":5,"utilization":0},
			{"min_gas_price":0,"minutes":15,"utilization":0},{"min_gas_price":0,"minutes":60,"utilization":0}]`)
		for nonce := range uint64(4) {
			s := spendOf(key1, nonce+1)
			tx.SetFee(s, tx.MinFee(s, coins(2e9)))
			h.post(h.signed(s, key1), "")
		}
		h.node.MineKeyBlocks(1)
		time.Sleep(10 * time.Minute)
		h.gets("/v3/recent-gas-prices", 200, `[{"min_gas_price":0,"minutes":1,"utilization":0},{"min_gas_price":0,"minutes":5,"utilization":0},
			{"min_gas_price":2000000000,"minutes":15,"utilization":1},{"min_gas_price":2000000000,"minutes":60,"utilization":1}]`)
		time.Sleep(2 * time.Hour)
		h.gets("/v3/recent-gas-prices", 200, `[{"min_gas_price":0,"minutes":1,"utilization":0},{"min_gas_price":0,"minutes":5,"utilization":0},
			{"min_gas_price":0,"minutes":15,"utilization":0},{"min_gas_price":0,"minutes":60,"utilization":0}]`)
	})
}

// http-api 7 and the developer-mode plugin.
func TestHTTPDebugAndDevMode(t *testing.T) {
	h := newHTTPTest(t, Config{})
	h.gets("/v3/debug/channels/fsm-count", 200, `{"count":0}`)
	h.gets("/v3/debug/transactions/pending", 200, `{"transactions":[]}`)
	cheap, dear := h.signed(spendOf(key1, 1), key1), spendOf(key2, 2)
	dear.Fee = coins(9e14)
	gap := h.signed(dear, key2)
	greedy := spendOf(key2, 1)
	greedy.Amount = coins(2e15)
	short := h.signed(greedy, key2)
	check := func(s *tx.SignedTx) string { return "/v3/debug/check-tx/pool/" + s.Hash().Text(tx.PrefixTxHash) }
	h.gets(check(cheap), 404, `{"reason":"tx_not_found"}`)
	h.post(cheap, "")
	h.post(gap, "")
	h.gets(check(cheap), 200, `{"status":"includable"}`)
	h.gets(check(gap), 200, `{"status":"account_nonce_too_low"}`)
	h.post(short, "")
	var pool struct {
		Transactions []struct {
			Hash string
		}
	}
	if err := json.Unmarshal(h.do("GET", "/v3/debug/transactions/pending", "").Body.Bytes(), &pool); err != nil ||
		len(pool.Transactions) != 3 || pool.Transactions[0].Hash != gap.Hash().Text(tx.PrefixTxHash) {
		t.Errorf("pool %+v (%v), want the best fee first", pool, err)
	}
	h.gets("/emit_mb", 200, `{"result":"ok",...}`)
	h.gets(check(cheap), 200, `{"status":"included"}`)
	h.gets(check(short), 200, `{"status":"insufficient_funds"}`)
	h.gets(check(cheap)[:40], 400, `{"reason":"Invalid hash","error_code":"invalid_encoding"}`)

	w := h.do("GET", "/emit_kb/?n=3", "")
	_, top := h.node.chain.top()
	if want := `{"chain":{"height":4,"top_hash":"` + top.Text(tx.PrefixKeyBlock) + `"},"old_height":1}`; w.Body.String() != want {
		t.Errorf("emitted: %s, want %s", w.Body, want)
	}
	h.gets("/emit_kb", 200, `{"old_height":4,...}`)
	for _, n := range []string{"0", "-1", "x", "", "10001", "1e3"} {
		if w := h.do("GET", "/emit_kb?n="+n, ""); w.Code != http.StatusBadRequest {
			t.Errorf("n=%s: status %d", n, w.Code)
		}
	}
	if h.node.Height() != 5 {
		t.Errorf("height %d, want 5", h.node.Height())
	}
}
