package main

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"chanbot/simnode"
)

// doors are the limits of the embedded node. A real node has them, too; here
// they are open unless somebody closes them.
type doors struct {
	maxChannels, setupSlots, setupQueue, maxSockets int
	setupTime                                       time.Duration
}

func (d *doors) register(f *pflag.FlagSet) {
	f.IntVar(&d.maxChannels, "max-channels", 0, "at most `N` channel machines, two for a channel with both sides here (default: no limit; real nodes: 1000)")
	f.IntVar(&d.setupSlots, "setup-slots", 0, "at most `N` sockets are set up at a time (default: no limit; real nodes: 10)")
	f.IntVar(&d.setupQueue, "setup-queue", 5, "`N` more wait for that, and others are closed without a word")
	f.DurationVar(&d.setupTime, "setup-time", 0, "`TIME` that a set-up takes")
	f.IntVar(&d.maxSockets, "max-sockets", 0, "at most `N` WebSockets; others wait for the answer to their handshake (default: no limit)")
}

// apply closes the doors.
func (d *doors) apply(cfg *simnode.Config) error {
	for _, door := range []struct {
		flag string
		n    int
	}{{"max-channels", d.maxChannels}, {"setup-slots", d.setupSlots}, {"setup-queue", d.setupQueue}, {"max-sockets", d.maxSockets}} {
		if door.n < 0 {
			return misuse("", "--%s %d: expected a number from 0", door.flag, door.n)
		}
	}
	if d.setupTime < 0 {
		return misuse("", "--setup-time %v: expected a time from 0", d.setupTime)
	}
	cfg.MaxChannels, cfg.SetupSlots, cfg.SetupQueue, cfg.SetupTime, cfg.MaxSockets = d.maxChannels, d.setupSlots, d.setupQueue, d.setupTime, d.maxSockets
	return nil
}

// describe says which doors are closed.
func (d *doors) describe() []string {
	var parts []string
	if d.maxChannels > 0 {
		parts = append(parts, "at most "+count(d.maxChannels, "channel machine"))
	}
	if d.setupSlots > 0 {
		parts = append(parts, count(d.setupSlots, "set-up slot"))
	}
	if d.maxSockets > 0 {
		parts = append(parts, "at most "+count(d.maxSockets, "socket"))
	}
	return parts
}

// network is one or more embedded nodes behind real sockets.
type network struct {
	nodes   []*simnode.Node
	servers []*server
	sim     *simnode.Network
}

// serveNetwork starts a node of one network on each listener.
func serveNetwork(cfg simnode.Config, listeners []net.Listener, delay time.Duration) *network {
	w := &network{sim: simnode.NewNetwork(cfg)}
	for range listeners {
		w.nodes = append(w.nodes, w.sim.Join(cfg))
	}
	w.links(func(l *simnode.Link) { l.SetDelay(delay) })
	for i, l := range listeners {
		w.servers = append(w.servers, serve(w.nodes[i], l, w.front))
	}
	return w
}

// links does something with the link of each two nodes.
func (w *network) links(do func(*simnode.Link)) {
	for i, a := range w.nodes {
		for _, b := range w.nodes[:i] {
			do(w.sim.Link(a, b))
		}
	}
}

// urls are the addresses for --node.
func (w *network) urls() []string {
	all := make([]string, len(w.servers))
	for i, s := range w.servers {
		all[i] = s.url()
	}
	return all
}

// front serves what no real node has: the handles of the links between nodes.
func (w *network) front(node http.Handler) http.Handler {
	if len(w.nodes) < 2 {
		return node
	}
	mux := http.NewServeMux()
	mux.Handle("/", node)
	mux.HandleFunc("GET /link_cut", func(http.ResponseWriter, *http.Request) { w.links((*simnode.Link).Cut) })
	mux.HandleFunc("GET /link_mend", func(http.ResponseWriter, *http.Request) { w.links((*simnode.Link).Mend) })
	mux.HandleFunc("GET /link_delay", func(rw http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Query().Get("time"))
		if err != nil || d < 0 {
			http.Error(rw, "time is a duration from 0, such as 50ms", http.StatusBadRequest)
			return
		}
		w.links(func(l *simnode.Link) { l.SetDelay(d) })
	})
	return mux
}

// close ends all nodes and connections, and waits for them.
func (w *network) close() error {
	var served, chain []error
	for _, s := range w.servers {
		err, wrong := s.end()
		served, chain = append(served, err), append(chain, wrong)
	}
	if wrong := errors.Join(append(chain, w.sim.Close())...); wrong != nil {
		return embeddedBug(wrong)
	}
	if err := errors.Join(served...); err != nil {
		return cannotRun("", "the embedded node: %v", err)
	}
	return nil
}
