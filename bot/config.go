package bot

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"chanbot/fault"
	"chanbot/metrics"
	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
)

// Config says what is run against which node. Scenario, InitiatorNode and Keys
// must be set; every other field may be left at its zero value.
type Config struct {
	// Scenario is what every pair does. It is not changed.
	Scenario *strategy.Scenario

	// InitiatorNode and ResponderNode are the base URLs of the nodes, ws:// or
	// wss://; without a path /channel is meant. An empty ResponderNode is the
	// node of the initiator.
	InitiatorNode, ResponderNode string
	// Dial opens the connections; nil uses a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS holds for wss:// nodes; nil uses the defaults.
	TLS *tls.Config
	// Header is sent with every handshake.
	Header http.Header

	// NetworkID is what transactions are signed for; "" means ae_dev.
	NetworkID string
	// Keys are the accounts: two a pair, the initiator's and the responder's, or
	// as often two as Scenario.AccountPairs says.
	Keys []tx.KeyPair

	// Pairs is how many pairs run beside each other; 0 means as many as the load
	// says, or 1.
	Pairs int
	// Iterations is how often each pair runs the steps, on new channels each
	// time; 0 means 1. It means nothing under load.
	Iterations int
	// First is the role that connects first where the scenario does not say;
	// the responder by default, which opens a channel three seconds faster.
	First outcome.Role
	// SignForm is what is signed: the transaction or its hash.
	SignForm tx.Form
	// Seed decides every random choice.
	Seed uint64

	// Timeout is how long a step may take that names no timeout of its own; 0
	// means 60 s. A step whose waiting is part of it (wait, delay) has that
	// much more.
	Timeout time.Duration
	// Patience is how long a node may take to react. When nothing has come for so
	// long during a step, what the node owes by then is a violation; 0 means 10 s,
	// and under load twice the Timeout, so that a slow node is slow and not wrong.
	Patience time.Duration
	// Grace is how long the work under way may still take once the context is
	// cancelled; 0 means 10 s.
	Grace time.Duration
	// NewSleep returns a function that waits for some milliseconds at most, more
	// exactly than a timer of the runtime, which comes up to a millisecond late in
	// a process that is idle, and that returns behind everything that had come
	// over the network by then. One goroutine calls it. Nil, and a nil function,
	// mean that there are timers alone.
	NewSleep func() func(time.Duration)
	// Leave, when it is closed, ends the run at once: nothing is drained and no
	// channel is stopped. Nil never does.
	Leave <-chan struct{}

	// Params are connection parameters that come before everything the
	// scenario says.
	Params []strategy.Param
	// ResponderHost is where the initiator's node finds the responder's; ""
	// means localhost.
	ResponderHost string
	// ResponderPort is the port on which the responder's node listens for its
	// peer, the same for every pair; 0 means 13179.
	ResponderPort int
	// MaxInFlightSetups bounds how many channels are being opened at one time:
	// in a run through steps until both sides have seen the answer of their
	// peer, under load until they are open, unless the load has a limit of its
	// own; 0 means 10.
	MaxInFlightSetups int
	// KeepAlive is the time between two WebSocket pings on a socket; 0 means
	// 25 s, a negative one sends none. A node closes a socket that is silent
	// for 60 s.
	KeepAlive time.Duration
	// SampleChecks verifies every nth signature of the node's frames; 0 and 1
	// mean each one.
	SampleChecks int
	// Deny names the quirks of the real node that count as violations, or
	// holds "all".
	Deny []string

	// API is the node's HTTP API, for scenarios that post transactions; nil
	// when there is none.
	API *API
	// Embedded is what the embedded node can do beyond the protocol; nil for
	// any other node.
	Embedded *Embedded

	// Frames takes every frame as it passes; nil drops them.
	Frames results.Sink
	// Channels takes what is needed to come back to each channel and to close
	// it, from many goroutines at once; nil drops that. It is called before
	// anything is answered.
	Channels results.ChannelSink
	// Started is when the run began, from which all its times are counted; the
	// zero time is when Run is called. Who ticks Metrics counts from the same.
	Started time.Time
	// Metrics measures every operation and takes the marks of phases and the
	// violations; nil measures for the report alone. The caller ticks it, judges
	// thresholds by it and ends it after Run.
	Metrics *metrics.Run
	// CountsOnly leaves all times out of what is measured when Metrics is nil, for
	// many short runs of which nobody wants them.
	CountsOnly bool
	// Gauge is told how far the run is; nil tells nobody.
	Gauge *metrics.Gauge
	// Afterwards is asked, when the run is over and no rule was broken, whether one
	// was after all; nil asks nobody.
	Afterwards func(ctx context.Context) []results.Violation
	// Faults is told of everything that the faults of the scenario did to a frame,
	// from many goroutines at once; nil tells nobody.
	Faults func(fault.Event)
	// Progress is told of every step that has ended, one call at a time, but not
	// under load; nil tells nobody.
	Progress func(StepEvent)
	// Cells is told in which state of the node's machine a request is sent,
	// before it is written; calls for one pair come one at a time and must not
	// block. Nil tells nobody.
	Cells func(pair int, role outcome.Role, cell model.Cell)
	// Violated is told of every rule that is broken, when it is, like Cells. Nil
	// tells nobody.
	Violated func(pair int, v model.Violation)
	// Decisions is told of every random choice, possibly from many goroutines
	// at once; nil keeps no log.
	Decisions func(strategy.Decision)
	// Log takes what is worth knowing beyond the results; nil drops it.
	Log *slog.Logger
}

// Embedded is what the embedded node can do that no foreign node does. A nil
// function is missing.
type Embedded struct {
	// OnDemand says that key blocks come only through KeyBlocks, so that steps
	// which wait for depth have to ask for them.
	OnDemand bool
	// KeyBlocks makes n key blocks, MicroBlock one micro block. They return
	// when the node has them.
	KeyBlocks  func(n int)
	MicroBlock func()
	// Wanted is called again and again, instead of KeyBlocks, while a pair waits for
	// depth; it need not make a block each time. Nil makes one each time.
	Wanted func()
}

// StepEvent tells that a step of one pair has ended.
type StepEvent struct {
	Pair, Iteration int
	Step            results.StepReport
	// Steps is how many steps the scenario has.
	Steps int
}
