package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"chanbot/bot"
	"chanbot/results"
	"chanbot/simnode"
	"chanbot/strategy"
)

// plenty is what an account of the embedded node has: a billion AE, in aettos.
var plenty = new(big.Int).Exp(big.NewInt(10), big.NewInt(27), nil)

// embeddedNode is an embedded node of a run, in this process or in one of its
// own.
type embeddedNode interface {
	// url is the address for --node, api that of its HTTP API.
	url() string
	api() string
	network() string
	powers() *bot.Embedded
	// gone is closed when the node has ended; nil for one that cannot end by
	// itself.
	gone() <-chan struct{}
	// died is the complaint about a node that is gone.
	died() complaint
	// close ends the node and waits for it. The error is a complaint.
	close() error
}

// server is an embedded node behind a real socket.
type server struct {
	node     *simnode.Node
	onDemand bool // key blocks come only when somebody asks for them
	http     *http.Server
	addr     string
	done     sync.WaitGroup
	err      error // of the HTTP server; read after done
}

// serve starts to serve an embedded node on l, with what is in front of it.
func serve(node *simnode.Node, l net.Listener, front func(http.Handler) http.Handler) *server {
	s := &server{
		node: node,
		addr: l.Addr().String(),
		http: &http.Server{Handler: front(node.HTTP()), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)},
	}
	s.done.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.err = err
		}
	})
	return s
}

func (s *server) url() string           { return "ws://" + s.addr }
func (s *server) api() string           { return "http://" + s.addr }
func (s *server) network() string       { return s.node.NetworkID() }
func (s *server) gone() <-chan struct{} { return nil }
func (s *server) died() complaint       { return embeddedBug(errors.New("it is gone")) }

// end ends the node and every connection, and waits for it. It returns what
// went wrong with serving, and what is wrong with the chain.
func (s *server) end() (served, chain error) {
	served, chain = s.http.Close(), s.node.Close()
	s.done.Wait()
	return errors.Join(served, s.err), chain
}

// close ends the node. A chain that does not add up is a bug.
func (s *server) close() error {
	served, chain := s.end()
	if wrong := errors.Join(chain, served); wrong != nil {
		return embeddedBug(wrong)
	}
	return nil
}

// embeddedBug is the complaint about an embedded node whose chain does not add
// up.
func embeddedBug(err error) complaint {
	return complaint{code: exitBug, text: "a bug in the embedded node: " + err.Error(), hint: "please report it with the scenario"}
}

// serveFree starts an embedded node on a free port of the loopback interface.
func serveFree(ctx context.Context, cfg simnode.Config) (*server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, cannotRun("the embedded node needs a free port on the loopback interface", "serve the embedded node: %v", err)
	}
	s := serve(simnode.New(cfg), l, func(h http.Handler) http.Handler { return h })
	s.onDemand = cfg.Blocks == simnode.OnDemand
	return s, nil
}

func (s *server) powers() *bot.Embedded {
	return &bot.Embedded{
		OnDemand:   s.onDemand,
		KeyBlocks:  s.node.MineKeyBlocks,
		MicroBlock: s.node.MineMicroBlock,
	}
}

// applyNode takes over what a scenario says about the embedded node. An era
// from the command line is kept.
func applyNode(cfg *simnode.Config, n *strategy.Node, keepEra bool) error {
	switch n.Blocks {
	case strategy.BlocksEvery:
		cfg.Blocks, cfg.KeyBlockEvery = simnode.Interval, n.BlockEvery
	case strategy.BlocksManual, strategy.BlocksExpected:
		cfg.Blocks = simnode.Manual
	case strategy.BlocksDefault, strategy.BlocksOnDemand:
		cfg.Blocks = simnode.OnDemand
	}
	if n.Era != "" && !keepEra {
		era, err := parseEra(n.Era)
		if err != nil {
			return err
		}
		cfg.Era = era
	}
	cfg.Forgiving = n.Forgiving
	var wrong complaints
	limits := map[string]*int{"fsms": &cfg.MaxChannels, "slots": &cfg.SetupSlots, "queue": &cfg.SetupQueue, "sockets": &cfg.MaxSockets}
	for _, limit := range n.Limits {
		v, err := strconv.Atoi(limit.Value)
		switch to := limits[limit.Name]; {
		case to == nil:
			wrong = append(wrong, misuse("it has fsms, slots, queue and sockets", "%s: the embedded node has no limit %s", limit.Pos, limit.Name))
		case err != nil || v < 0:
			wrong = append(wrong, misuse("", "%s: the limit %s is %q; expected a number from 0", limit.Pos, limit.Name, limit.Value))
		default:
			*to = v
		}
	}
	wrong = append(wrong, applyFaults(cfg, n.Faults)...)
	wrong = append(wrong, applyDefects(cfg, n.Defects)...)
	return wrong.err()
}

func (c *Command) warn(format string, args ...any) {
	fmt.Fprintln(c.Stderr, "chanbot: warning: "+results.PrintableLines(fmt.Sprintf(format, args...)))
}
