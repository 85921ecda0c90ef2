// Package simnode is the embedded node: a server with the state-channel API of
// an aeternity node, real transactions, signatures and state hashes, and a chain
// without consensus behind it. It copies the behaviour that protocol/fsm.md,
// ws-api.md and the recordings of a running node show, quirks included.
package simnode

import (
	"crypto/rand"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/tx"
	"chanbot/wire"
)

// Node is an embedded node. It is an http.Handler that serves /channel for any
// number of channels at once. Close ends it.
type Node struct {
	cfg      Config
	log      *slog.Logger
	network  *Network
	alone    bool // in a network of its own, which ends with it
	hosts    []string
	chain    *chain // of the network
	started  time.Time
	upgrader websocket.Upgrader
	wg       sync.WaitGroup
	crew     crew
	crowded  atomic.Bool
	stop     chan struct{}

	mu        *sync.Mutex // of the network
	closed    bool
	sessions  map[*session]struct{}
	instances map[*instance]struct{}
	kept      int // places of ended machines that a defect does not free
	byChannel map[channelSide]*instance
	ports     map[int][]*instance // listened on, with the responders that wait there
	cache     recent[channelSide, saved]
	setups    slots
	sockets   slots

	// bent are the defects; nil without any.
	bent []hooks
}

// channelSide is what a reconnecting client names.
type channelSide struct {
	channel tx.ID
	role    role
}

// New returns a node in a network of its own. It runs until Close.
func New(cfg Config) *Node {
	n := NewNetwork(cfg).Join(cfg)
	n.alone = true
	return n
}

func newNode(cfg Config, w *Network, hosts []string) *Node {
	n := &Node{
		cfg: cfg, log: cfg.Log, network: w, hosts: hosts, chain: w.chain, mu: &w.mu,
		started: time.Now(), stop: make(chan struct{}),
		sessions:  make(map[*session]struct{}),
		instances: make(map[*instance]struct{}),
		byChannel: make(map[channelSide]*instance),
		ports:     make(map[int][]*instance),
		cache:     newRecent[channelSide, saved](keptMachines),
		bent:      cfg.bendings(),
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.crew.wg = &n.wg
	n.upgrader = websocket.Upgrader{
		// An answer with a signature fits into one read.
		ReadBufferSize: 448, WriteBufferSize: 4096, WriteBufferPool: &sync.Pool{},
		CheckOrigin: func(*http.Request) bool { return true },
	}
	return n
}

// Network is the network that the node is in.
func (n *Node) Network() *Network { return n.network }

// NetworkID is what the node's signatures are made for.
func (n *Node) NetworkID() string { return n.chain.cfg.NetworkID }

// Endow gives an account coins out of nothing, in aettos.
func (n *Node) Endow(id tx.ID, amount *big.Int) { n.chain.endow(id, amount) }

// MineKeyBlocks makes k key blocks; waiting transactions go into a micro block
// before the first.
func (n *Node) MineKeyBlocks(k int) { n.chain.mineKey(k) }

// MineMicroBlock puts the transactions that wait into a micro block.
func (n *Node) MineMicroBlock() { n.chain.mineMicro() }

// Height is that of the newest key block.
func (n *Node) Height() uint64 {
	h, _ := n.chain.top()
	return h
}

// Channels is the number of machines that run, two for a channel with both
// sides here.
func (n *Node) Channels() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.instances)
}

// Close ends every channel and connection of the node at once, without close
// frames, and waits until nothing runs any more. The chain ends with it unless
// the node has joined a network with others. It returns what CheckCoins finds:
// an error is a mistake of the embedded node.
func (n *Node) Close() error {
	if n.alone {
		return n.network.Close()
	}
	n.end()
	return n.CheckCoins()
}

func (n *Node) end() {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return
	}
	n.closed = true
	close(n.stop)
	sessions := make([]*session, 0, len(n.sessions))
	for s := range n.sessions {
		sessions = append(sessions, s)
	}
	instances := make([]*instance, 0, len(n.instances))
	for in := range n.instances {
		instances = append(instances, in)
	}
	n.mu.Unlock()
	for _, s := range sessions {
		s.kill()
	}
	for _, in := range instances {
		n.dispatch(in, event{kind: evRefused}, nil)
	}
	n.crew.dismiss()
	n.wg.Wait()
}

// ServeHTTP serves /channel. Query parameters are looked at only after the
// upgrade, so a bad one never gives an HTTP error (ws-api 1); those that are given
// have no body (http-api 1).
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/channel" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	p, bad := parseParams(r.URL.RawQuery)
	if bad != nil && bad.how == refuseHTTP {
		w.WriteHeader(bad.code)
		return
	}
	bad = n.judged(&p, bad)
	if !n.enter(&n.sockets, n.cfg.MaxSockets, -1, r.Context().Done()) {
		return
	}
	g := &gathered{ResponseWriter: w, crew: &n.crew}
	conn, err := n.upgrader.Upgrade(g, r, nil)
	if err != nil {
		n.exit(&n.sockets, n.cfg.MaxSockets)
		return // Upgrade has answered
	}
	s := newSession(n, conn, g.conn)
	if !n.admit(s) {
		s.idle.Stop()
		conn.Close()
		return
	}
	query := r.URL.RawQuery
	n.crew.do(task{call: func() { n.setUp(s, &p, bad, query) }})
}

// setUp connects a session, or refuses it, and starts to read its socket.
func (n *Node) setUp(s *session, p *connectParams, bad *refusal, query string) {
	keepsSlot := false
	if n.enterSetup() {
		if bad == nil {
			keepsSlot = p.Reconnect
			bad = n.connect(s, p)
		}
		if !keepsSlot {
			n.leaveSlot()
		}
	} else {
		bad = silently()
	}
	if bad != nil {
		n.log.Info("connection refused", "query", query, "refusal", bad.String())
		if bad.how == refuseError {
			var data []int
			if bad.sub != 0 {
				data = []int{bad.sub}
			}
			s.push(wire.AppendError(nil, nil, "", bad.code, data, nil), "")
		}
		s.close(bad.closeCode())
	}
	n.wg.Go(func() {
		s.serve()
		if keepsSlot {
			n.leaveSlot()
		}
		n.leave(s)
	})
}

// admit registers a session and counts it for Close.
func (n *Node) admit(s *session) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.sessions[s] = struct{}{}
	n.crowded.Store(len(n.sessions) > fewSessions)
	return true
}

func (n *Node) leave(s *session) {
	n.mu.Lock()
	delete(n.sessions, s)
	n.crowded.Store(len(n.sessions) > fewSessions)
	n.mu.Unlock()
	n.exit(&n.sockets, n.cfg.MaxSockets)
}

// connect attaches a session to a machine, a new one or that of the channel
// that the client names.
func (n *Node) connect(s *session, p *connectParams) *refusal {
	if p.Reconnect {
		return n.reconnect(s, p)
	}
	if bad := n.judged(p, p.checkAmounts()); bad != nil {
		return bad
	}
	if bad := n.judged(p, p.checkAccounts(func(id tx.ID) bool { _, ok := n.chain.account(id); return ok })); bad != nil {
		return bad
	}
	return n.start(s, p, func(v view, fsmID string) *fsm { return newFSM(p, v, &n.cfg, fsmID) })
}

// start runs a new machine for the session.
func (n *Node) start(s *session, p *connectParams, machine func(v view, fsmID string) *fsm) *refusal {
	in := &instance{node: n, role: p.Role, port: p.Port, session: s}
	if _, err := rand.Read(in.fsmID[:]); err != nil {
		return refusedStart()
	}
	for _, h := range n.bent {
		if h.node.fsmID != nil {
			h.node.fsmID(&in.fsmID)
		}
	}
	text := tx.Encode(tx.PrefixByteArray, in.fsmID[:])
	in.f = machine(&nodeView{chain: n.chain, noVerify: n.cfg.NoVerify, networkID: n.NetworkID()}, text)
	n.bend(in.f)
	n.mu.Lock()
	full := n.closed || n.cfg.MaxChannels > 0 && len(n.instances) >= n.cfg.MaxChannels
	for _, h := range n.bent {
		if h.node.full != nil {
			full = h.node.full(len(n.instances)+n.kept, full)
		}
	}
	bad := p.checkStart(full, func(port int) bool { return !n.cfg.busy(port) })
	if bad == nil {
		n.instances[in] = struct{}{}
		s.in = in
	}
	n.mu.Unlock()
	if bad != nil {
		return bad
	}
	// The first word goes out when a peer can find the machine, not before: a
	// client that hears it may let the other side connect at once.
	s.hold()
	defer s.resume()
	for _, up := range in.f.notifications(wire.AppendInfo(nil, in.f.channelText, wire.Info{Event: wire.EventFSMUp, FSMID: text})) {
		s.push(up, in.f.channelText)
	}
	if p.Reconnect {
		in.watch()
	}
	n.dispatch(in, event{kind: evStarted}, nil)
	n.meet(in)
	return nil
}

// reconnect hands a live machine to a new client (ws-api 2.2).
func (n *Node) reconnect(s *session, p *connectParams) *refusal {
	n.mu.Lock()
	in := n.byChannel[channelSide{p.ExistingChannel, p.Role}]
	n.mu.Unlock()
	if in == nil {
		return n.reestablish(s, p)
	}
	if bad := p.checkFSMID(); bad != nil {
		return bad
	}
	if !n.knows(p.ExistingFSMID, in.fsmID) {
		return wrongFSMID()
	}
	s.in = in
	if !n.dispatch(in, event{kind: evClientBack}, s) || (<-s.answers).gone {
		s.in = nil
		return silently()
	}
	return nil
}

// reestablish starts a machine from the saved state of a channel (fsm.md 6.8).
// The address of the link comes from the new query, everything else from the
// first session.
func (n *Node) reestablish(s *session, p *connectParams) *refusal {
	side := channelSide{p.ExistingChannel, p.Role}
	n.mu.Lock()
	kept, known := n.cache.get(side)
	n.mu.Unlock()
	if _, onChain := n.chain.channel(p.ExistingChannel); !onChain || !known {
		return silently()
	}
	if bad := p.checkFSMID(); bad != nil {
		return bad
	}
	if !n.knows(p.ExistingFSMID, kept.fsmID) {
		return wrongFSMID()
	}
	again := kept.params
	again.Reconnect, again.ExistingChannel = true, p.ExistingChannel
	again.Host, again.Port = p.Host, p.Port
	return n.start(s, &again, func(v view, fsmID string) *fsm { return newReestablished(&again, &kept, v, &n.cfg, fsmID) })
}

// keptMachines is how many ended machines can be reestablished, both sides of a
// channel counted.
const keptMachines = 20_000

// keep saves what an ended machine can be reestablished from.
func (n *Node) keep(in *instance) {
	kept, ok := in.f.snapshot()
	if !ok {
		return
	}
	kept.fsmID = in.fsmID
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cache.set(channelSide{in.f.channelID, in.role}, kept)
}

// known makes an instance findable by its channel id.
func (n *Node) known(in *instance, channel tx.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.byChannel[channelSide{channel, in.role}] = in
	in.knownAs.Store(&channel)
}

// forget takes an ended instance out of every list.
func (n *Node) forget(in *instance) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.instances, in)
	if slices.ContainsFunc(n.bent, func(h hooks) bool { return h.node.frees != nil && !h.node.frees() }) {
		n.kept++
	}
	if key := (channelSide{in.f.channelID, in.role}); n.byChannel[key] == in {
		delete(n.byChannel, key)
	}
	if in.dialTimer != nil {
		in.dialTimer.Stop()
	}
	n.stopWaitingLocked(in)
	if in.link != nil {
		delete(in.link.link.connections, in.link)
	}
}

// CheckCoins is that of the node's network.
func (n *Node) CheckCoins() error { return n.network.CheckCoins() }
