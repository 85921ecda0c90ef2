package simnode

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"chanbot/tx"
)

// httpTest is a node on which both keys have 10^15, and a handler of it. Blocks
// come when the test makes them.
type httpTest struct {
	*testing.T
	node    *Node
	handler http.Handler
}

func newHTTPTest(t *testing.T, cfg Config, ports ...Port) *httpTest {
	t.Helper()
	cfg.Blocks = Manual
	if cfg.NetworkID == "" {
		cfg.NetworkID = testNetwork
	}
	h := &httpTest{T: t, node: New(cfg)}
	h.handler = h.node.HTTP(ports...)
	h.node.Endow(key1.ID(), coins(1e15))
	h.node.Endow(key2.ID(), coins(1e15))
	t.Cleanup(func() {
		if got, want := h.node.chain.total(), h.node.chain.endowed(); got.Cmp(want) != 0 {
			t.Errorf("%s coins on chain, %s endowed", got, want)
		}
		h.node.Close()
	})
	return h
}

// do sends a request. Headers are pairs of name and value.
func (h *httpTest) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Header().Get("X-Ae-Height") == "" {
		h.Errorf("%s %s: no x-ae-height", method, target)
	}
	return w
}

// wants sends a request and compares status and body. The body may leave out
// what the node says and the test does not care about: ... as the last field.
func (h *httpTest) wants(method, target, body string, status int, want string) {
	h.Helper()
	w := h.do(method, target, body)
	got := w.Body.String()
	if w.Code != status {
		h.Errorf("%s %s: status %d %s, want %d %s", method, target, w.Code, got, status, want)
		return
	}
	if want == "" {
		if got != "" || w.Header().Get("Content-Type") != "" {
			h.Errorf("%s %s: body %s, want none", method, target, got)
		}
		return
	}
	if w.Header().Get("Content-Type") != "application/json" {
		h.Errorf("%s %s: content type %q", method, target, w.Header().Get("Content-Type"))
	}
	if !sameJSON(h.T, got, want) {
		h.Errorf("%s %s:\ngot  %s\nwant %s", method, target, got, want)
	}
}

func (h *httpTest) gets(target string, status int, want string) {
	h.Helper()
	h.wants(http.MethodGet, target, "", status, want)
}

// post posts a transaction and compares the code of the refusal, "" for none.
func (h *httpTest) post(s *tx.SignedTx, code string) {
	h.Helper()
	w := h.do(http.MethodPost, "/v3/transactions", `{"tx":"`+s.Text()+`"}`)
	status, want := http.StatusBadRequest, `{"reason":"Invalid tx","error_code":"`+code+`"}`
	if code == "" {
		status, want = http.StatusOK, `{"tx_hash":"`+canonical(s).Hash().Text(tx.PrefixTxHash)+`"}`
	}
	if w.Code != status || !sameJSON(h.T, w.Body.String(), want) {
		h.Errorf("post: %d %s, want %d %s", w.Code, w.Body, status, want)
	}
}

// sameJSON compares documents; numbers by their digits. A want that ends in
// ,...} may have fewer fields.
func sameJSON(t *testing.T, got, want string) bool {
	t.Helper()
	want, partly := strings.CutSuffix(want, ",...}")
	if partly {
		want += "}"
	}
	var g, w any
	for text, v := range map[string]*any{got: &g, want: &w} {
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Errorf("%s: %v", text, err)
			return false
		}
	}
	if got == want {
		return true
	}
	have, ok1 := g.(map[string]any)
	need, ok2 := w.(map[string]any)
	if partly && ok1 && ok2 {
		maps.DeleteFunc(have, func(k string, _ any) bool { _, wanted := need[k]; return !wanted })
	}
	return reflect.DeepEqual(g, w)
}

// keysOf returns the keys of an object in alphabetical order.
func keysOf(t *testing.T, body []byte) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return strings.Join(slices.Sorted(maps.Keys(fields)), " ")
}

// signed gives a transaction without a fee the default one and signs it for the
// network of the node.
func (h *httpTest) signed(t tx.Tx, keys ...tx.KeyPair) *tx.SignedTx {
	s := tx.NewSigned(priced(t))
	for _, k := range keys {
		s = s.Sign(k, h.node.NetworkID(), tx.Raw)
	}
	return s
}

func bigInt(text string) *big.Int {
	v, _ := new(big.Int).SetString(text, 10)
	return v
}
