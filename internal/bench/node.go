package main

import (
	"context"
	"fmt"
	"regexp"
)

// nodeProcess is an embedded node in a process of its own.
type nodeProcess struct {
	*child
	url, networkID string
}

// plenty is what every account has on the nodes of the measurements.
const plenty = "1000000000000000000000000"

var greeting = regexp.MustCompile(`(ws://\S+?),? network (\S+?),`)

// startNode serves an embedded node that takes no time beyond what it needs.
func (b *bench) startNode(ctx context.Context, args ...string) (*nodeProcess, error) {
	c, err := start(ctx, b.chanbot, append([]string{"node", "--listen", "127.0.0.1:0", "--latency", "0s", "--block-time", "on-demand", "--endow", plenty, "--end-with-stdin"}, args...)...)
	if err != nil {
		return nil, err
	}
	line, err := c.line()
	if err != nil {
		c.stop()
		return nil, err
	}
	m := greeting.FindStringSubmatch(line)
	if m == nil {
		c.stop()
		return nil, fmt.Errorf("%s node printed no address: %s", b.chanbot, line)
	}
	return &nodeProcess{child: c, url: m[1], networkID: m[2]}, nil
}
