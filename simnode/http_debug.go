package simnode

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"chanbot/tx"
)

// fsmCount is the number of machines that run, without responders that still
// wait for their peer (http-api 7).
func (a *api) fsmCount(apiCall) apiAnswer { return answered(object{"count": a.node.running()}) }

func (n *Node) running() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := len(n.instances)
	for _, waiting := range n.ports {
		count -= len(waiting)
	}
	return max(count, 0)
}

// debugPending is the whole pool, the best fee first (http-api 7).
func (a *api) debugPending(apiCall) apiAnswer {
	return answered(object{"transactions": pendingObjects(a.node.chain.pendingByFee())})
}

// pendingByFee returns the transactions of the pool, the best fee first.
func (c *chain) pendingByFee() []*tx.SignedTx {
	c.mu.Lock()
	list := make([]*poolTx, 0, len(c.pool.byHash))
	for _, p := range c.pool.byHash {
		list = append(list, p)
	}
	c.mu.Unlock()
	slices.SortFunc(list, func(x, y *poolTx) int {
		return cmp.Or(sum(y.terms.fee).Cmp(sum(x.terms.fee)), cmp.Compare(x.order, y.order))
	})
	signed := make([]*tx.SignedTx, len(list))
	for i, p := range list {
		signed[i] = p.signed
	}
	return signed
}

// checkTx says whether a transaction is in a block, could be, or why not
// (http-api 7).
func (a *api) checkTx(c apiCall) apiAnswer {
	_, hash, bad := readHash(c.args[0], "Invalid hash", tx.PrefixTxHash)
	if bad != nil {
		return *bad
	}
	signed, reason, waits := a.node.chain.waiting(hash)
	if _, mined := a.node.chain.transaction(hash); mined {
		return answered(object{"status": "included"})
	}
	if !waits {
		return apiAnswer{http.StatusNotFound, object{"reason": "tx_not_found"}}
	}
	if reason == "" {
		reason = "includable"
		if a.gapBefore(signed) {
			reason = string(nonceTooHigh)
		}
	}
	return answered(object{"status": reason})
}

// gapBefore tells whether a transaction of the pool waits for an earlier one of
// its account.
func (a *api) gapBefore(s *tx.SignedTx) bool {
	t, err := s.Decode()
	if err != nil {
		return false
	}
	payer, nonce, ok := tx.OriginOf(t)
	if !ok {
		return false
	}
	state, _ := a.node.chain.account(payer)
	return nonce > state.Nonce+1
}

// maxEmitted bounds the key blocks of one request.
const maxEmitted = 10_000

// emitKeyBlocks makes key blocks, one without n (aeplugin_dev_mode,
// doc/json_api.md).
func (a *api) emitKeyBlocks(c apiCall) apiAnswer {
	k := 1
	if c.query.Has("n") {
		var err error
		if k, err = strconv.Atoi(c.query.Get("n")); err != nil || k < 1 || k > maxEmitted {
			return denied(http.StatusBadRequest, "n is a number from 1 to "+strconv.Itoa(maxEmitted), "")
		}
	}
	before, _ := a.node.chain.top()
	a.node.MineKeyBlocks(k)
	return answered(object{"chain": a.chainObject(), "old_height": before})
}

// emitMicroBlock puts the transactions that wait into a micro block. The
// plugin makes an empty one if there are none; this chain has no empty ones.
func (a *api) emitMicroBlock(apiCall) apiAnswer {
	a.node.MineMicroBlock()
	return answered(object{"chain": a.chainObject(), "result": "ok"})
}

func (a *api) chainObject() object {
	c := a.node.chain
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix := tx.PrefixMicroBlock
	if c.tip == c.topLocked().Hash {
		prefix = tx.PrefixKeyBlock
	}
	return object{"height": c.topLocked().Height, "top_hash": c.tip.Text(prefix)}
}
