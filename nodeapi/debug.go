package nodeapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"chanbot/tx"
)

// FSMCount asks the internal port how many channel machines live on the node,
// two for a channel with both sides there (http-api 7). A node whose debug
// operations are off, which is the default, answers with an error for which
// [Unsupported] holds.
func (c *Client) FSMCount(ctx context.Context) (uint64, error) {
	a, err := c.get(ctx, "/v3/debug/channels/fsm-count", nil)
	if err != nil {
		return 0, err
	}
	f := readObject("fsm count", a.body)
	n := f.uint("count")
	if f.err != nil {
		return 0, a.malformed(f.err)
	}
	return n, nil
}

// Pool asks the internal port for all transactions in the node's pool, the best
// fee first. See [Client.FSMCount] about the port.
func (c *Client) Pool(ctx context.Context) ([]Transaction, error) {
	return c.transactions(ctx, "/v3/debug/transactions/pending")
}

// CheckTx asks the internal port what holds up a transaction: "included",
// "includable", or why it cannot get into a block, such as
// "insufficient_funds". See [Client.FSMCount] about the port.
func (c *Client) CheckTx(ctx context.Context, hash tx.Hash) (string, error) {
	a, err := c.get(ctx, "/v3/debug/check-tx/pool/"+hash.Text(tx.PrefixTxHash), nil)
	if err != nil {
		return "", err
	}
	f := readObject("check of a transaction", a.body)
	status := f.text("status")
	if f.err != nil {
		return "", a.malformed(f.err)
	}
	return status, nil
}

// EmitKeyBlocks has n key blocks made and returns the height afterwards. A node
// has no such operation; the developer-mode plugin aeplugin_dev_mode beside it
// does, at a port of its own (3313; its doc/json_api.md), and the embedded node
// copies it. The request is not sent again after a broken connection, because
// then nobody knows whether it arrived.
func (c *Client) EmitKeyBlocks(ctx context.Context, n int) (height uint64, err error) {
	return c.emit(ctx, "/emit_kb", url.Values{"n": {strconv.Itoa(n)}})
}

// EmitMicroBlock has a micro block made of the transactions that wait, by the
// plugin of [Client.EmitKeyBlocks].
func (c *Client) EmitMicroBlock(ctx context.Context) (height uint64, err error) {
	return c.emit(ctx, "/emit_mb", nil)
}

func (c *Client) emit(ctx context.Context, path string, query url.Values) (uint64, error) {
	a, err := c.do(ctx, &request{method: http.MethodGet, path: path, query: query, once: true})
	if err != nil {
		return 0, err
	}
	f := readObject("emitted blocks", a.body)
	chain := f.object("chain")
	height := chain.uint("height")
	if f.err == nil {
		f.err = chain.err
	}
	if f.err != nil {
		return 0, a.malformed(f.err)
	}
	return height, nil
}
