package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/metrics"
)

// exposition serves the measurements of a run to Prometheus. A nil one serves
// nothing.
type exposition struct {
	server  http.Server
	handler atomic.Pointer[http.Handler] // nil before the run is measured
	done    sync.WaitGroup
}

// readPrometheus refuses what is no address. Without a host the loopback
// interface is meant, and not every interface of the machine.
func (s *settings) readPrometheus() error {
	addr := s.prometheus
	if addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err == nil && port == "" {
		err = errors.New("no port")
	}
	if err != nil {
		return misuse("write it like 127.0.0.1:9464, or :0 for a free port", "--prometheus %s: %v", addr, strings.TrimPrefix(err.Error(), "address "+addr+": "))
	}
	if host == "" {
		host = "127.0.0.1"
	}
	s.prometheus = net.JoinHostPort(host, port)
	return nil
}

// expose begins to listen, when that is asked for.
func (p *player) expose(ctx context.Context) (*exposition, error) {
	if p.s.prometheus == "" {
		return nil, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", p.s.prometheus)
	if err != nil {
		return nil, cannotRun("--prometheus :0 takes a free port", "--prometheus: %v", err)
	}
	e := new(exposition)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if h := e.handler.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		http.Error(w, "nothing is measured yet", http.StatusServiceUnavailable)
	})
	e.server = http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	e.done.Go(func() { _ = e.server.Serve(l) }) // until it is closed
	if !p.s.quiet {
		fmt.Fprintf(p.c.Stderr, "metrics     http://%s/metrics\n", l.Addr())
	}
	return e, nil
}

// show serves a run from now on; one that is not measured has nothing to serve.
func (e *exposition) show(run *metrics.Run, gauge *metrics.Gauge) error {
	if e == nil || run == nil {
		return nil
	}
	h, err := metrics.Handler(run, gauge)
	if err != nil {
		return complaint{code: exitBug, text: "a bug in chanbot: " + err.Error(), hint: "please report it"}
	}
	e.handler.Store(&h)
	return nil
}

// close ends it at once.
func (e *exposition) close() {
	if e == nil {
		return
	}
	_ = e.server.Close() // nobody can be told
	e.done.Wait()
}
