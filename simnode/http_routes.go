package simnode

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"chanbot/tx"
)

// apiRoutes are the operations that the embedded node has: those that a client
// of channels needs (http-api 11) and what comes easily beside them.
func apiRoutes() []apiRoute {
	get := func(port Port, pattern string, serve func(*api, apiCall) apiAnswer) apiRoute {
		return apiRoute{port: port, method: http.MethodGet, pattern: pattern, serve: serve}
	}
	return []apiRoute{
		get(ExternalPort, "/v3/status", (*api).status),
		get(ExternalPort, "/v3/status/chain-ends", (*api).chainEnds),
		get(ExternalPort, "/v3/sync-status", (*api).syncStatus),
		get(ExternalPort, "/v3/peers/pubkey", (*api).peerKey),
		get(ExternalPort, "/v3/key-blocks/current", (*api).currentKeyBlock),
		get(ExternalPort, "/v3/key-blocks/current/height", (*api).currentHeight),
		get(ExternalPort, "/v3/key-blocks/current/hash", (*api).currentHash),
		get(ExternalPort, "/v3/key-blocks/height/{}", (*api).keyBlockAt),
		get(ExternalPort, "/v3/key-blocks/hash/{}", (*api).keyBlockOf),
		get(ExternalPort, "/v3/accounts/{}", (*api).account),
		get(ExternalPort, "/v3/accounts/{}/next-nonce", (*api).nextNonce),
		get(ExternalPort, "/v3/accounts/{}/transactions/pending", (*api).accountPending),
		{port: ExternalPort, method: http.MethodPost, pattern: "/v3/transactions", serve: (*api).postTransaction},
		get(ExternalPort, "/v3/transactions/{}", (*api).transaction),
		get(ExternalPort, "/v3/channels/{}", (*api).channelObject),
		get(ExternalPort, "/v3/recent-gas-prices", (*api).recentGasPrices),

		get(InternalPort, "/v3/debug/channels/fsm-count", (*api).fsmCount),
		get(InternalPort, "/v3/debug/transactions/pending", (*api).debugPending),
		get(InternalPort, "/v3/debug/check-tx/pool/{}", (*api).checkTx),

		get(DevModePort, "/emit_kb", (*api).emitKeyBlocks),
		get(DevModePort, "/emit_mb", (*api).emitMicroBlock),
	}
}

// protocol is the number of the newest protocol whose create transactions have
// the node's version: 6 is Ceres, 4 is Lima.
func (a *api) protocol() int {
	if a.node.chain.cfg.CreateVersion >= 2 {
		return 6
	}
	return 4
}

// version is that of the node software which is copied.
func (a *api) version() string {
	if a.node.cfg.Era == Era2020 {
		return "5.3.0"
	}
	return "7.3.0"
}

// status answers like a node in developer mode without peers (http-api 3).
func (a *api) status(apiCall) apiAnswer {
	c := a.node.chain
	height, top := c.top()
	genesis, _ := c.keyBlock(0)
	return answered(object{
		"difficulty":                 1338,
		"genesis_key_block_hash":     genesis.Hash.Text(tx.PrefixKeyBlock),
		"hashrate":                   0,
		"listening":                  true,
		"network_id":                 a.node.NetworkID(),
		"node_revision":              fmt.Sprintf("%040x", 0), // of no commit
		"node_version":               a.version(),
		"peer_connections":           object{"inbound": 0, "outbound": 0},
		"peer_count":                 0,
		"peer_pubkey":                a.peer(),
		"pending_transactions_count": c.pending(),
		"protocols": []object{
			{"effective_at_height": 1, "version": a.protocol()},
			{"effective_at_height": 0, "version": 1},
		},
		"solutions":          0,
		"sync_progress":      json.Number("100.0"),
		"syncing":            false,
		"top_block_height":   height,
		"top_key_block_hash": top.Text(tx.PrefixKeyBlock),
		"uptime":             uptime(time.Since(a.node.started)),
	})
}

// uptime writes a duration in the node's way (http-api 3).
func uptime(d time.Duration) string {
	ms := d.Milliseconds()
	s, m, h, days := ms/1000%60, ms/60_000%60, ms/3_600_000%24, ms/86_400_000
	switch {
	case days > 0:
		return fmt.Sprintf("%dd:%dh:%dm", days, h, m)
	case h > 0:
		return fmt.Sprintf("%dh:%dm:%ds", h, m, s)
	case m > 0:
		return fmt.Sprintf("%dm:%ds.%03d", m, s, ms%1000)
	}
	return fmt.Sprintf("%ds.%03d", s, ms%1000)
}

// peer is the key of a peer that nobody can connect to.
func (a *api) peer() string {
	return tx.Blake2b([]byte("peer " + a.node.NetworkID())).Text(tx.PrefixPeer)
}

func (a *api) peerKey(apiCall) apiAnswer { return answered(object{"pubkey": a.peer()}) }

func (a *api) chainEnds(apiCall) apiAnswer {
	_, top := a.node.chain.top()
	return answered([]string{top.Text(tx.PrefixKeyBlock)})
}

func (a *api) syncStatus(apiCall) apiAnswer {
	return denied(http.StatusNotFound, "Node is not syncing", "")
}

func (a *api) currentKeyBlock(apiCall) apiAnswer {
	for {
		height, _ := a.node.chain.top()
		if k, ok := a.node.chain.keyBlock(height); ok {
			return answered(a.keyBlockObject(k))
		}
	}
}

func (a *api) currentHeight(apiCall) apiAnswer {
	height, _ := a.node.chain.top()
	return answered(object{"height": height})
}

func (a *api) currentHash(apiCall) apiAnswer {
	_, top := a.node.chain.top()
	return answered(object{"hash": top.Text(tx.PrefixKeyBlock)})
}

func (a *api) keyBlockAt(c apiCall) apiAnswer {
	height, err := strconv.ParseUint(c.args[0], 10, 64)
	if err != nil {
		return apiAnswer{status: http.StatusInternalServerError}
	}
	k, ok := a.node.chain.keyBlock(height)
	if !ok {
		return denied(http.StatusNotFound, "Block not found", "chain_too_short")
	}
	return answered(a.keyBlockObject(k))
}

func (a *api) keyBlockOf(c apiCall) apiAnswer {
	_, hash, bad := readHash(c.args[0], "", tx.PrefixKeyBlock)
	if bad != nil {
		return denied(http.StatusBadRequest, "Invalid hash", "")
	}
	height, _ := a.node.chain.blockByHash(hash)
	k, ok := a.node.chain.keyBlock(height)
	if !ok || k.Hash != hash { // unknown, or a micro block
		return denied(http.StatusNotFound, "Block not found", "")
	}
	return answered(a.keyBlockObject(k))
}

// keyBlockObject is a block of developer mode, without nonce and pow (http-api
// 3). The chain keeps no state trees, so the state hash only tells blocks apart.
func (a *api) keyBlockObject(k keyBlock) object {
	below := tx.PrefixKeyBlock
	if k.Prev != k.PrevKey {
		below = tx.PrefixMicroBlock
	}
	miner := tx.ID{Kind: tx.AccountID, Key: tx.Blake2b([]byte("miner " + a.node.NetworkID()))}
	at, version := k.Time.UnixMilli(), a.protocol()
	if k.Height == 0 {
		at, version = 0, 1
	}
	return object{
		"beneficiary":   miner,
		"hash":          k.Hash.Text(tx.PrefixKeyBlock),
		"height":        k.Height,
		"info":          tx.Encode(tx.PrefixContractBytes, []byte{0, 0, 0, 0}),
		"miner":         miner,
		"prev_hash":     k.Prev.Text(below),
		"prev_key_hash": k.PrevKey.Text(tx.PrefixKeyBlock),
		"state_hash":    tx.Blake2b(k.Hash[:]).Text(tx.PrefixBlockState),
		"target":        553713663,
		"time":          at,
		"version":       version,
	}
}
