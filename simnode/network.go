package simnode

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Network is one chain with any number of nodes. The two sides of a channel may
// connect to different ones: the initiator's node finds the responder's by host
// and port, and the link between the two can be slow or cut. All methods may be
// called at the same time.
type Network struct {
	chain *chain
	stop  chan struct{}
	wg    sync.WaitGroup

	mu     sync.Mutex // that of the nodes, too
	closed bool
	nodes  []*Node
	links  map[[2]*Node]*Link
}

// NewNetwork returns a network without nodes, which runs until Close. Of the
// configuration it takes what the chain is like: NetworkID, Era, CreateVersion,
// Blocks, KeyBlockEvery, Endow, NoVerify, and of Defects those of the chain.
func NewNetwork(cfg Config) *Network {
	w := &Network{
		chain: newChain(chainConfig{NetworkID: cfg.networkID(), CreateVersion: cfg.createVersion(), Endow: cfg.Endow, NoVerify: cfg.NoVerify}),
		stop:  make(chan struct{}),
		links: make(map[[2]*Node]*Link),
	}
	w.chain.ledger.bent = cfg.bendings()
	if cfg.Blocks != Manual {
		w.chain.onPost(func() { w.chain.mineMicro() })
	}
	if cfg.Blocks == Interval {
		w.wg.Go(func() { w.mine(cfg.keyBlockEvery()) })
	}
	return w
}

// mine makes key blocks like a node in developer mode.
func (w *Network) mine(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-t.C:
			w.chain.mineKey(1)
		}
	}
}

// Join returns a new node of the network. Responders on it are found under the
// given hosts; without any, under every host that no node has been given. Each
// node has ports of its own, as if it ran on a machine of its own; where several
// nodes are meant by a host, the one that has the responder answers. The node
// keeps the network's chain whatever cfg says about it.
func (w *Network) Join(cfg Config, hosts ...string) *Node {
	n := newNode(cfg, w, hosts)
	w.mu.Lock()
	n.closed = w.closed
	w.nodes = append(w.nodes, n)
	w.mu.Unlock()
	return n
}

// meantLocked are the nodes that a host stands for.
func (w *Network) meantLocked(host string) []*Node {
	var named, others []*Node
	for _, n := range w.nodes {
		switch {
		case n.closed:
		case slices.Contains(n.hosts, host):
			named = append(named, n)
		case len(n.hosts) == 0:
			others = append(others, n)
		}
	}
	if named != nil {
		return named
	}
	return others
}

// Close ends all nodes as Node.Close does, and the chain. It returns what
// CheckCoins finds.
func (w *Network) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	close(w.stop)
	nodes := slices.Clone(w.nodes)
	w.mu.Unlock()
	for _, n := range nodes {
		n.end()
	}
	w.wg.Wait()
	w.chain.flush()
	return w.CheckCoins()
}

// CheckCoins returns an error when the chain has made or lost coins: what the
// accounts, the channels and the collected fees hold, burnt coins included, must
// be what was endowed. It may be called at any time, also after Close.
func (w *Network) CheckCoins() error {
	held, endowed := w.chain.coins()
	if held.Cmp(endowed) != 0 {
		return fmt.Errorf("the chain holds %s aettos, but %s were endowed", held, endowed)
	}
	return nil
}

// Link is what connects two nodes of a network, or a node with itself: every
// channel with a side on each of them goes through it. All methods may be called
// at the same time.
type Link struct {
	network *Network
	delay   atomic.Int64

	// guarded by network.mu
	cut         bool
	connections map[*connection]struct{}
}

// Link returns the link between two nodes, whichever is named first; twice the
// same node is its link with itself.
func (w *Network) Link(a, b *Node) *Link {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.linkLocked(a, b)
}

func (w *Network) linkLocked(a, b *Node) *Link {
	l := w.links[[2]*Node{a, b}]
	if l == nil {
		l = &Link{network: w, connections: make(map[*connection]struct{})}
		w.links[[2]*Node{a, b}], w.links[[2]*Node{b, a}] = l, l
	}
	return l
}

// SetDelay makes every message take this long from now on, in each direction.
// Messages do not overtake each other. The default is 0.
func (l *Link) SetDelay(d time.Duration) { l.delay.Store(int64(d)) }

// Cut breaks the link: what is under way is lost, the machines of all channels
// that go through it lose their peer at once (fsm.md 7), and until Mend nobody
// answers a dial.
func (l *Link) Cut() {
	l.network.mu.Lock()
	l.cut = true
	broken := make([]*connection, 0, len(l.connections))
	for c := range l.connections {
		broken = append(broken, c)
	}
	l.network.mu.Unlock()
	var work worklist
	for _, c := range broken {
		c.fail(&work)
	}
	work.drain()
}

// Mend lets dials through again. A machine that still looks for its peer finds
// it with its next dial.
func (l *Link) Mend() {
	l.network.mu.Lock()
	l.cut = false
	l.network.mu.Unlock()
}
