package nodeapi

import (
	"context"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"chanbot/tx"
)

// says answers every request with the same.
type says struct {
	status int
	header http.Header
	body   string
}

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	h := s.header
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{StatusCode: s.status, Header: h, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

func hears(t testing.TB, s says) *Client {
	t.Helper()
	c, err := New("http://node", &Options{Transport: s, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var (
	someAccount = tx.ID{Kind: tx.AccountID, Key: tx.Hash{1}}
	someSpend   = tx.NewSigned(&tx.Spend{SenderID: someAccount, RecipientID: someAccount, Nonce: 1})
)

// operations are all that read an answer.
var operations = map[string]func(context.Context, *Client) error{
	"status":  func(ctx context.Context, c *Client) error { _, err := c.Status(ctx); return err },
	"height":  func(ctx context.Context, c *Client) error { _, err := c.Height(ctx); return err },
	"block":   func(ctx context.Context, c *Client) error { _, err := c.CurrentKeyBlock(ctx); return err },
	"account": func(ctx context.Context, c *Client) error { _, err := c.Account(ctx, someAccount); return err },
	"nonce":   func(ctx context.Context, c *Client) error { _, err := c.NextNonce(ctx, someAccount); return err },
	"pending": func(ctx context.Context, c *Client) error { _, err := c.PendingOf(ctx, someAccount); return err },
	"post":    func(ctx context.Context, c *Client) error { _, err := c.Post(ctx, someSpend); return err },
	"transaction": func(ctx context.Context, c *Client) error {
		_, err := c.Transaction(ctx, someSpend.Hash())
		return err
	},
	"channel": func(ctx context.Context, c *Client) error {
		_, err := c.Channel(ctx, tx.ID{Kind: tx.ChannelID, Key: tx.Hash{1}})
		return err
	},
	"prices": func(ctx context.Context, c *Client) error { _, err := c.GasPrices(ctx); return err },
	"count":  func(ctx context.Context, c *Client) error { _, err := c.FSMCount(ctx); return err },
	"check":  func(ctx context.Context, c *Client) error { _, err := c.CheckTx(ctx, tx.Hash{1}); return err },
	"emit":   func(ctx context.Context, c *Client) error { _, err := c.EmitKeyBlocks(ctx, 1); return err },
}

func TestAnswersThatNoNodeGives(t *testing.T) {
	for name, op := range operations {
		for _, body := range []string{"", "null", "1", `"x"`, "<html>", "{", "{}{}", `{"x":1}`, "[1]", `[{}]`, strings.Repeat("[", 20000), "\xff\xfe"} {
			err := op(t.Context(), hears(t, says{status: 200, body: body}))
			if m, ok := errors.AsType[*MalformedError](err); !ok || m.Request == "" || m.Reason == "" {
				t.Errorf("%s, answered with %.20q: %v; want a MalformedError", name, body, err)
			}
		}
		for _, body := range []string{"", "<html>", "[]", `{"reason":1,"error_code":{}}`, `{"reason":"validation_error","info":[]}`} {
			err := op(t.Context(), hears(t, says{status: 400, body: body}))
			if refused, ok := errors.AsType[*Error](err); !ok || refused.Status != 400 {
				t.Errorf("%s, refused with %q: %v; want an Error", name, body, err)
			}
		}
	}
}

func TestEndlessAnswer(t *testing.T) {
	_, err := hears(t, says{status: 200, body: strings.Repeat(" ", maxAnswer+1)}).Status(t.Context())
	if m, ok := errors.AsType[*MalformedError](err); !ok || m.Reason != "more than 32 MiB" {
		t.Errorf("got %v, want a MalformedError", err)
	}
}

func TestWrongFields(t *testing.T) {
	acc := someAccount.String()
	for _, c := range []struct{ op, body, want string }{
		{"account", `{"id":"` + acc + `","balance":1e30,"nonce":1,"kind":"basic"}`, "account: balance is 1e30; expected a whole number"},
		{"account", `{"id":"` + acc + `","balance":-1,"nonce":1,"kind":"basic"}`, "account: balance is -1; expected a number from 0"},
		{"account", `{"id":"` + acc + `","balance":"5","nonce":1,"kind":"basic"}`, `account: balance is "5"; expected a whole number`},
		{"account", `{"id":"` + acc + `","balance":1.5,"nonce":1,"kind":"basic"}`, `account: balance is 1.5; expected a whole number`},
		{"account", `{"id":"` + acc + `","balance":` + strings.Repeat("9", 1000) + `,"nonce":1,"kind":"basic"}`, "expected a whole number"},
		{"account", `{"id":"` + acc + `","balance":1,"nonce":18446744073709551616,"kind":"basic"}`, "account: nonce is 18446744073709551616; expected a number from 0 of 64 bits"},
		{"account", `{"id":"` + acc + `","nonce":1,"kind":"basic"}`, "account: no balance"},
		{"account", `{"id":"` + acc + `","balance":null,"nonce":1,"kind":"basic"}`, "account: no balance"},
		{"account", `{"id":"` + tx.ID{Kind: tx.AccountID, Key: tx.Hash{2}}.String() + `","balance":1,"nonce":1,"kind":"basic"}`, "account: another one than asked for"},
		{"account", `{"id":"th_x","balance":1,"nonce":1,"kind":"basic"}`, `account: id is "th_x"; expected the id of one of [account contract]`},
		{"post", `{"tx_hash":"` + tx.Hash{1}.Text(tx.PrefixTxHash) + `"}`, "the hash is that of another one"},
		{"transaction", `{"hash":"` + someSpend.Hash().Text(tx.PrefixTxHash) + `","block_hash":"none","block_height":-1,"tx":{"type":"SpendTx"},"encoded_tx":"tx_x"}`, "encoded_tx"},
		{"transaction", `{"hash":"` + someSpend.Hash().Text(tx.PrefixTxHash) + `","block_hash":"mh_x","block_height":-1,"tx":{"type":"SpendTx"},"encoded_tx":"` + someSpend.Text() + `"}`, "expected none for a pending transaction"},
		{"transaction", `{"hash":"` + someSpend.Hash().Text(tx.PrefixTxHash) + `","block_hash":"none","block_height":1,"tx":{"type":"SpendTx"},"encoded_tx":"` + someSpend.Text() + `"}`, "expected a hash that begins with [mh]"},
		{"transaction", `{"hash":"` + tx.Hash{1}.Text(tx.PrefixTxHash) + `","block_hash":"none","block_height":-1,"tx":{"type":"SpendTx"},"encoded_tx":"` + someSpend.Text() + `"}`, "do not belong together"},
		{"transaction", `{"hash":"` + someSpend.Hash().Text(tx.PrefixTxHash) + `","block_hash":"none","block_height":-1,"tx":7,"encoded_tx":"` + someSpend.Text() + `"}`, "tx: expected a JSON object"},
		{"prices", `[{"minutes":1}]`, "gas price: no min_gas_price"},
		{"emit", `{"chain":{"height":"x"}}`, "chain: height is \"x\"; expected a whole number"},
	} {
		err := operations[c.op](t.Context(), hears(t, says{status: 200, body: c.body}))
		if m, ok := errors.AsType[*MalformedError](err); !ok || !strings.Contains(m.Reason, c.want) {
			t.Errorf("%s, answered with %.200s:\ngot  %v\nwant %s", c.op, c.body, err, c.want)
		}
	}
}

func TestRefusalsSayWhatTheNodeSaid(t *testing.T) {
	for body, want := range map[string]string{
		`{"reason":"Invalid tx","error_code":"nonce_too_low"}`:                                             "GET /v3/status: 400 Bad Request: Invalid tx (nonce_too_low)",
		`{"reason":"validation_error","parameter":"strategy","info":{"data":"foo","error":"not_in_enum"}}`: "GET /v3/status: 400 Bad Request: validation_error (strategy not_in_enum)",
		`{"reason":"\u001b[31mred\n"}`:                                                                     "GET /v3/status: 400 Bad Request: ?[31mred?",
		``:                                                                                                 "GET /v3/status: 400 Bad Request",
	} {
		_, err := hears(t, says{status: 400, body: body}).Status(t.Context())
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", body, err, want)
		}
	}
}

// What a node says of itself is shown to people, and names the network that
// transactions are signed for.
func TestWordsThatNobodyCanPrint(t *testing.T) {
	kh := tx.Hash{1}.Text(tx.PrefixKeyBlock)
	status := func(network, version string) string {
		return `{"network_id":"` + network + `","node_version":"` + version + `","node_revision":"abc","syncing":false,"genesis_key_block_hash":"` + kh +
			`","top_block_height":1,"top_key_block_hash":"` + kh + `","pending_transactions_count":0,"protocols":[]}`
	}
	if s, err := hears(t, says{status: 200, body: status("ae_dev", "7.1.0 é")}).Status(t.Context()); err != nil || s.NodeVersion != "7.1.0 é" {
		t.Errorf("a node as it should be: %v, %v", s, err)
	}
	for _, body := range []string{status(`ae\u001b[2J`, "7"), status("ae\u009b2J", "7"), status("ae_dev", `7\n`), status("\u202e", "7"), status(strings.Repeat("x", 1000), "7"), `{"network_id":"` + "\u009b" + `"`} {
		_, err := hears(t, says{status: 200, body: body}).Status(t.Context())
		if m, ok := errors.AsType[*MalformedError](err); !ok || strings.ContainsAny(m.Error(), "\x1b\u009b\n\u202e") {
			t.Errorf("answered with %q: %q; want a MalformedError that can be printed", body, err)
		}
	}
	_, err := hears(t, says{status: 200, body: `{"count":"` + "\u009b\x7f" + `"}`}).FSMCount(t.Context())
	if m, ok := errors.AsType[*MalformedError](err); !ok || strings.ContainsAny(m.Error(), "\u009b\x7f") {
		t.Errorf("a count that is none: %q; want a MalformedError that can be printed", err)
	}
}

func TestProtocol(t *testing.T) {
	for _, c := range []struct {
		protocols []Protocol
		top, want uint64
	}{
		{[]Protocol{{6, 1}, {1, 0}}, 65, 6},
		{[]Protocol{{1, 0}, {6, 1}}, 0, 1},
		{[]Protocol{{5, 100}, {4, 50}, {1, 0}}, 99, 4},
		{nil, 5, 0},
	} {
		s := Status{TopHeight: c.top, Protocols: c.protocols}
		if got := s.Protocol(); got != c.want {
			t.Errorf("%v at %d: %d, want %d", c.protocols, c.top, got, c.want)
		}
	}
}

// FuzzAnswers gives every reader the same bytes: no panic, and what was read
// is sound.
func FuzzAnswers(f *testing.F) {
	acc := someAccount.String()
	f.Add(200, "3", `{"id":"`+acc+`","balance":1000000000000000000000,"nonce":1,"kind":"basic"}`)
	f.Add(200, "", `{"hash":"`+someSpend.Hash().Text(tx.PrefixTxHash)+`","block_hash":"none","block_height":-1,"tx":{"type":"SpendTx"},"encoded_tx":"`+someSpend.Text()+`"}`)
	f.Add(200, "1", `{"transactions":[{}]}`)
	f.Add(200, "1", `[{"min_gas_price":1000000000,"minutes":1,"utilization":42}]`)
	f.Add(200, "1", `{"chain":{"height":4},"old_height":1,"height":1,"count":2,"status":"included","next_nonce":1}`)
	f.Add(503, "99999999999", `{"reason":"Temporary overload"}`)
	f.Add(400, "-1", `{"reason":"validation_error","parameter":"body","info":{"error":"wrong_type"}}`)
	f.Fuzz(func(t *testing.T, status int, header, body string) {
		c := hears(t, says{status: status, header: http.Header{"X-Ae-Height": {header}, "Retry-After": {header}}, body: body})
		for name, op := range operations {
			err := op(t.Context(), c)
			_, refused := errors.AsType[*Error](err)
			_, malformed := errors.AsType[*MalformedError](err)
			if err != nil && !refused && !malformed || err == nil && status != http.StatusOK && name != "post" {
				t.Errorf("%s: status %d, error %v", name, status, err)
			}
		}
		if a, err := c.Account(t.Context(), someAccount); err == nil && (a.Balance == nil || a.Balance.Sign() < 0 || a.Balance.Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(integerSize), nil)) >= 0) {
			t.Errorf("balance %v", a.Balance)
		}
		if tr, err := c.Transaction(t.Context(), someSpend.Hash()); err == nil && (tr.Signed == nil || tr.Signed.Hash() != tr.Hash) {
			t.Errorf("transaction %+v", tr)
		}
	})
}
