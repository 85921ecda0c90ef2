package fault

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/outcome"
)

// Config says what a proxy does.
type Config struct {
	// Rules are looked at in their order; all that hold apply.
	Rules []Rule
	// Seed decides every random choice.
	Seed uint64
	// Now is the clock of the rules' windows and of the events; nil is the time
	// since New.
	Now func() time.Duration
	// Report is told of everything that was done to a message, from many
	// goroutines at once. It must not use the connection. Nil tells nobody.
	Report func(Event)
}

// Event is something that was done to a message.
type Event struct {
	T         time.Duration // by the proxy's clock
	Pair      int
	Role      outcome.Role
	Direction Direction // In or Out
	Do        Action
	Rule      int    // its index in Config.Rules
	Frame     string // the name of the message, see Rule.Frames
	N         uint64 // the how many-th message that the rule names
	Detail    string // such as "50ms" or "byte 17: a becomes q"; empty when there is nothing to say
}

// String is the event in one line, without its time.
func (e Event) String() string {
	text := fmt.Sprintf("pair %d %s %s: %s %s", e.Pair, e.Role, e.Direction, e.Do, e.Frame)
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

// Proxy wraps connections. All its methods may be called at the same time.
type Proxy struct {
	cfg Config
	wg  sync.WaitGroup

	mu     sync.Mutex
	counts map[lineKey][]*atomic.Uint64 // by rule; nil for those that do not concern the line
	conns  map[*conn]struct{}
	closed bool
}

// lineKey is a direction of all connections of one side.
type lineKey struct {
	pair      int
	role      outcome.Role
	direction Direction
}

// New returns a proxy. The error tells which rule is wrong.
func New(cfg Config) (*Proxy, error) {
	cfg.Rules = slices.Clone(cfg.Rules)
	for i := range cfg.Rules {
		if err := cfg.Rules[i].Validate(); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	if cfg.Now == nil {
		start := time.Now()
		cfg.Now = func() time.Duration { return time.Since(start) }
	}
	return &Proxy{cfg: cfg, counts: make(map[lineKey][]*atomic.Uint64), conns: make(map[*conn]struct{})}, nil
}

// DialFunc opens a connection, like net.Dialer.DialContext.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Dial returns dial for one side of a pair: its connections go through the
// proxy. It does for ws:// URLs; wss:// ones need DialTLS.
func (p *Proxy) Dial(dial DialFunc, pair int, role outcome.Role) DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return p.Wrap(c, pair, role), nil
	}
}

// DialTLS is Dial for wss:// URLs: it makes the TLS handshake itself, so that
// the proxy sees what is inside. It is a websocket.Dialer's NetDialTLSContext.
// The configuration may be nil; the server's name is taken from the address
// where it has none.
func (p *Proxy) DialTLS(dial DialFunc, config *tls.Config, pair int, role outcome.Role) DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if config == nil {
			config = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		named := config
		if named.ServerName == "" {
			host, _, err := net.SplitHostPort(addr)
			if err != nil {
				host = addr
			}
			named = config.Clone()
			named.ServerName = host
		}
		t := tls.Client(c, named)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return p.Wrap(t, pair, role), nil
	}
}

// Wrap puts the proxy around a connection of one side of a pair, before its
// WebSocket handshake. It returns c itself when no rule concerns it.
func (p *Proxy) Wrap(c net.Conn, pair int, role outcome.Role) net.Conn {
	concerned := slices.ContainsFunc(p.cfg.Rules, func(r Rule) bool { return r.concerns(role, In) || r.concerns(role, Out) })
	if !concerned {
		return c
	}
	w := newConn(p, c, pair, role)
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.conns[w] = struct{}{}
	}
	p.mu.Unlock()
	if closed {
		_ = w.kill(net.ErrClosed) // it is of no use
	}
	return w
}

// start runs fn until Close, which waits for it. It returns false when the
// proxy is closed.
func (p *Proxy) start(fn func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.wg.Go(fn)
	}
	return !p.closed
}

// forget takes a connection out of the list.
func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// Close ends every connection that goes through the proxy at once, and waits
// until nothing of it runs any more. What is under way is lost.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	conns := make([]*conn, 0, len(p.conns))
	for c := range p.conns {
		conns = append(conns, c)
	}
	p.mu.Unlock()
	for _, c := range conns {
		c.kill(net.ErrClosed)
	}
	p.wg.Wait()
}

// line returns the counters of a direction, one for each rule that concerns it.
func (p *Proxy) line(pair int, role outcome.Role, d Direction) []*atomic.Uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := lineKey{pair, role, d}
	counts := p.counts[key]
	if counts == nil {
		counts = make([]*atomic.Uint64, len(p.cfg.Rules))
		for i := range p.cfg.Rules {
			if p.cfg.Rules[i].concerns(role, d) {
				counts[i] = new(atomic.Uint64)
			}
		}
		p.counts[key] = counts
	}
	return counts
}
