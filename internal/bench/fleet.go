package main

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var one = big.NewInt(1)

const (
	// atOnce is how many channels are opened, or do something, at a time.
	atOnce = 32
	// keyBlockEvery is the time between key blocks while channels open.
	keyBlockEvery = 50 * time.Millisecond
)

// channels are open channels on one node.
type channels struct{ list []*channel }

// openChannels opens n channels. They are cut when the context ends.
func openChannels(ctx context.Context, node *nodeProcess, n int) (*channels, error) {
	a := &channels{list: make([]*channel, n)}
	mining, done := context.WithCancel(ctx)
	var miner sync.WaitGroup
	miner.Go(func() { node.mine(mining) })
	err := inParallel(n, atOnce, func(i int) (err error) {
		a.list[i], err = openChannel(ctx, node.url, node.networkID, i)
		return err
	})
	done()
	miner.Wait()
	if err != nil {
		a.close()
		return nil, fmt.Errorf("open %d channels: %w", n, err)
	}
	return a, nil
}

// mine makes key blocks until the context ends. There are none later, so that
// no operation grows too old for the block that it is pinned to.
func (n *nodeProcess) mine(ctx context.Context) {
	address := strings.Replace(n.url, "ws://", "http://", 1) + "/emit_kb"
	for t := time.NewTicker(keyBlockEvery); ; {
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close() // the channels open, or do not
		}
	}
}

// inParallel calls f with the numbers below n, some at a time, and returns the
// first error, after which it calls f no more.
func inParallel(n, atOnce int, f func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	var first atomic.Pointer[error]
	for range min(atOnce, n) {
		wg.Go(func() {
			for first.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

func (a *channels) close() {
	for _, c := range a.list {
		if c != nil {
			c.close()
		}
	}
}

// transfers lets every channel make one transfer after the other for a time,
// with a pause behind each, and returns how many there were and how long it
// took.
func (a *channels) transfers(d, pause time.Duration) (int, time.Duration, error) {
	before := a.done()
	began := time.Now()
	err := inParallel(len(a.list), len(a.list), func(i int) error {
		time.Sleep(pause * time.Duration(i) / time.Duration(len(a.list)))
		for time.Since(began) < d {
			if err := a.list[i].transferOnce(); err != nil {
				return err
			}
			time.Sleep(pause)
		}
		return nil
	})
	return a.done() - before, time.Since(began), err
}

// each lets every channel make k transfers.
func (a *channels) each(k int) error {
	return inParallel(len(a.list), atOnce, func(i int) error {
		for range k {
			if err := a.list[i].transferOnce(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *channels) done() (n int) {
	for _, c := range a.list {
		n += c.done
	}
	return n
}
