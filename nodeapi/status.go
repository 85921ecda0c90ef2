package nodeapi

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"chanbot/tx"
)

// Status is what a node says about itself (http-api 3).
type Status struct {
	NetworkID       string // what signatures are made for
	NodeVersion     string
	NodeRevision    string
	Syncing         bool    // the node is not usable yet
	GenesisKeyBlock tx.Hash // kh_
	TopHeight       uint64  // of the current generation
	TopKeyBlock     tx.Hash // kh_
	Pending         uint64  // transactions in the pool
	Protocols       []Protocol
}

// Protocol is a version of the protocol (6 is Ceres, 5 Iris, 4 Lima) and the
// height from which it holds.
type Protocol struct{ Version, Height uint64 }

// Protocol returns the version that holds at the top, 0 if the node names none.
func (s *Status) Protocol() uint64 {
	var now Protocol
	for _, p := range s.Protocols {
		if p.Height <= s.TopHeight && (now.Version == 0 || p.Height >= now.Height) {
			now = p
		}
	}
	return now.Version
}

// Status asks what node this is and how far it got.
func (c *Client) Status(ctx context.Context) (Status, error) {
	a, err := c.get(ctx, "/v3/status", nil)
	if err != nil {
		return Status{}, err
	}
	s, err := readStatus(a.body)
	if err != nil {
		return Status{}, a.malformed(err)
	}
	return s, nil
}

func readStatus(b []byte) (Status, error) {
	f := readObject("status", b)
	s := Status{
		NetworkID:       f.words("network_id"),
		NodeVersion:     f.words("node_version"),
		NodeRevision:    f.words("node_revision"),
		Syncing:         f.boolean("syncing"),
		GenesisKeyBlock: f.hash("genesis_key_block_hash", tx.PrefixKeyBlock),
		TopHeight:       f.uint("top_block_height"),
		TopKeyBlock:     f.hash("top_key_block_hash", tx.PrefixKeyBlock),
		Pending:         f.uint("pending_transactions_count"),
	}
	for _, raw := range f.list("protocols") {
		p := readObject("protocol", raw)
		s.Protocols = append(s.Protocols, Protocol{Version: p.uint("version"), Height: p.uint("effective_at_height")})
		if p.err != nil {
			return Status{}, p.err
		}
	}
	return s, f.err
}

// KeyBlock opens a generation (http-api 3).
type KeyBlock struct {
	Height  uint64
	Hash    tx.Hash // kh_
	Prev    tx.Hash // the block below: kh_, or mh_ if MicroBelow
	PrevKey tx.Hash // the key block below, kh_
	// MicroBelow tells that the generation below has micro blocks.
	MicroBelow bool
	Time       time.Time
	Version    uint64 // of the protocol
}

// Height asks for the height of the top key block.
func (c *Client) Height(ctx context.Context) (uint64, error) {
	a, err := c.get(ctx, "/v3/key-blocks/current/height", nil)
	if err != nil {
		return 0, err
	}
	f := readObject("height", a.body)
	h := f.uint("height")
	if f.err != nil {
		return 0, a.malformed(f.err)
	}
	return h, nil
}

// CurrentKeyBlock asks for the top key block.
func (c *Client) CurrentKeyBlock(ctx context.Context) (KeyBlock, error) {
	return c.keyBlock(ctx, "/v3/key-blocks/current")
}

// KeyBlockAt asks for the key block at a height. See [NotFound] for one that is
// not there yet.
func (c *Client) KeyBlockAt(ctx context.Context, height uint64) (KeyBlock, error) {
	return c.keyBlock(ctx, "/v3/key-blocks/height/"+strconv.FormatUint(height, 10))
}

func (c *Client) keyBlock(ctx context.Context, path string) (KeyBlock, error) {
	a, err := c.get(ctx, path, nil)
	if err != nil {
		return KeyBlock{}, err
	}
	k, err := readKeyBlock(a.body)
	if err != nil {
		return KeyBlock{}, a.malformed(err)
	}
	return k, nil
}

func readKeyBlock(b []byte) (KeyBlock, error) {
	f := readObject("key block", b)
	k := KeyBlock{
		Height:  f.uint("height"),
		Hash:    f.hash("hash", tx.PrefixKeyBlock),
		Prev:    f.hash("prev_hash", tx.PrefixKeyBlock, tx.PrefixMicroBlock),
		PrevKey: f.hash("prev_key_hash", tx.PrefixKeyBlock),
		Version: f.uint("version"),
	}
	ms := f.uint("time")
	if f.err != nil {
		return KeyBlock{}, f.err
	}
	if ms > 1<<52 {
		return KeyBlock{}, fmt.Errorf("key block: time is %d ms", ms)
	}
	k.Time = time.UnixMilli(int64(ms))
	k.MicroBelow = f.text("prev_hash")[:2] == string(tx.PrefixMicroBlock)
	return k, nil
}
