package simnode

import (
	"log/slog"
	"math/big"
	"slices"
	"time"
)

// Era is a generation of node software, whose behaviour the embedded node
// copies.
type Era uint8

const (
	// EraCurrent is the present node.
	EraCurrent Era = iota
	// Era2020 is the node that the oldest recordings were made with: the
	// "recorded" column of ws-api 9 for what changed after March 2020, create
	// transactions of version 1 and the network id local_iris_testnet.
	Era2020
)

// BlockMode is when blocks come.
type BlockMode uint8

const (
	// OnDemand makes a micro block as soon as a transaction waits, and key
	// blocks when MineKeyBlocks is called.
	OnDemand BlockMode = iota
	// Interval makes a micro block as soon as a transaction waits, and a key
	// block every Config.KeyBlockEvery, like a node in developer mode.
	Interval
	// Manual makes blocks only when MineMicroBlock or MineKeyBlocks is called.
	Manual
)

// Config says what an embedded node is like. The zero value is a current node
// of the network ae_dev without any account.
type Config struct {
	// NetworkID is what signatures are made for; default ae_dev, or
	// local_iris_testnet in Era2020.
	NetworkID string
	Era       Era
	// CreateVersion is the version of channel_create_tx; default 2, or 1 in Era2020.
	CreateVersion int

	Blocks BlockMode
	// KeyBlockEvery is the time between key blocks in Interval; default 1 s.
	KeyBlockEvery time.Duration

	// Endow is the balance that every account has when it is first seen. Nil:
	// only accounts given to Node.Endow exist.
	Endow *big.Int

	// NoVerify takes every signature, to measure a client alone.
	NoVerify bool
	// Forgiving switches off that duplicates and crossings kill a channel (fsm.md 3.2, 3.4).
	Forgiving bool

	// MaxChannels is how many machines may run, two for a channel whose sides
	// are both here; 0 is no limit (the real node: 1000).
	MaxChannels int
	// SetupSlots is how many sockets are set up at a time, and SetupQueue how
	// many more may wait; further ones are closed without a frame. SetupSlots 0
	// is no limit (the real node: 10 and 5).
	SetupSlots, SetupQueue int
	// SetupTime is how long a set-up takes, in which it holds its slot; 0 is
	// hardly any time.
	SetupTime time.Duration
	// MaxSockets is how many WebSockets are served at a time. Further ones are
	// connected and wait for the answer to their handshake until another ends.
	// 0 is no limit (the real node: 1024 by default of its web server).
	MaxSockets int
	// IdleTimeout is after how long a silent socket is closed; default 60 s.
	IdleTimeout time.Duration
	// BusyPorts are ports that something else listens on: a responder cannot
	// have them, and an initiator finds nobody there. Default: those of a real
	// node's own services.
	BusyPorts []int
	// Latency is how long a machine takes until it takes up a signature or a
	// message of its peer; 0 is at once. What its client sends meanwhile waits
	// behind, except that signatures are still acknowledged immediately.
	Latency time.Duration
	// DialRetry is how long an initiator waits before it dials a port again
	// that nobody listens on; default 3 s.
	DialRetry time.Duration

	// Defects are the names of protocol mistakes that the node makes, see
	// Defects; default none. A name that no defect has makes New panic; Validate
	// tells before.
	Defects []string

	// Log gets what the node would write into its own log; default nothing.
	Log *slog.Logger
}

func (c *Config) networkID() string {
	switch {
	case c.NetworkID != "":
		return c.NetworkID
	case c.Era == Era2020:
		return "local_iris_testnet"
	}
	return "ae_dev"
}

func (c *Config) createVersion() int {
	switch {
	case c.CreateVersion != 0:
		return c.CreateVersion
	case c.Era == Era2020:
		return 1
	}
	return 2
}

func (c *Config) idleTimeout() time.Duration { return orElse(c.IdleTimeout, 60*time.Second) }

func (c *Config) dialRetry() time.Duration { return orElse(c.DialRetry, 3*time.Second) }

func (c *Config) keyBlockEvery() time.Duration { return orElse(c.KeyBlockEvery, time.Second) }

// readLimit bounds a client's frame. The real node has no documented limit;
// this one leaves room for the largest contract.
func (c *Config) readLimit() int64 { return 16 << 20 }

// nodePorts are those of a real node: sync, external and internal HTTP,
// channels, and the Rosetta and metrics listeners.
var nodePorts = []int{3013, 3014, 3015, 3113, 3213}

func (c *Config) busy(port int) bool {
	ports := c.BusyPorts
	if ports == nil {
		ports = nodePorts
	}
	return slices.Contains(ports, port)
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
