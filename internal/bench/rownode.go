package main

import (
	"context"
	"fmt"
	"time"
)

const (
	nodePairs = 20
	nodeWarm  = 2 * time.Second
	nodeTime  = 8 * time.Second

	memoryPairs     = 2000
	memoryTransfers = 20   // of each channel, so that its history is full
	workTransfers   = 8000 // on one channel, after which a node has what it needs to work
)

// nodeCPU is row load-8.
func nodeCPU(ctx context.Context, b *bench) (figure, error) {
	node, err := b.startNode(ctx)
	if err != nil {
		return figure{}, err
	}
	defer node.stop()
	all, err := openChannels(ctx, node, nodePairs)
	if err != nil {
		return figure{}, err
	}
	defer all.close()
	if _, _, err := all.transfers(nodeWarm, 0); err != nil {
		return figure{}, err
	}
	before, err := cpuOf(node.pid())
	if err != nil {
		return figure{}, err
	}
	n, took, err := all.transfers(nodeTime, 0)
	if err != nil {
		return figure{}, err
	}
	after, err := cpuOf(node.pid())
	if err != nil {
		return figure{}, err
	}
	crypto := measureSignatures()
	each := (after - before) / time.Duration(n)
	return figure{
		measured:  fmt.Sprintf("%s CPU/transfer", micros(each)),
		reference: fmt.Sprintf("2 × %s verification", micros(crypto.verifyCPU)),
		ratio:     float64(each) / float64(2*crypto.verifyCPU),
		notes: []string{fmt.Sprintf("%.0f transfers/s on %d channels with a client that does the least it can; one verification on an idle machine takes %s, with all cores busy %s of CPU",
			float64(n)/took.Seconds(), nodePairs, micros(crypto.verify), micros(crypto.verifyCPU))},
	}, nil
}

// nodeMemory is row load-9.
func nodeMemory(ctx context.Context, b *bench) (figure, error) {
	pairs, note := b.within(memoryPairs)
	node, err := b.startNode(ctx)
	if err != nil {
		return figure{}, err
	}
	defer node.stop()
	// A node at work has all its code in memory, and garbage between two
	// collections, however few its channels are.
	first, err := openChannels(ctx, node, 1)
	if err != nil {
		return figure{}, err
	}
	defer first.close()
	if err := first.each(workTransfers); err != nil {
		return figure{}, err
	}
	before, err := residentOf(node.pid())
	if err != nil {
		return figure{}, err
	}
	all, err := openChannels(ctx, node, pairs)
	if err != nil {
		return figure{}, err
	}
	defer all.close()
	opened, err := residentOf(node.pid())
	if err != nil {
		return figure{}, err
	}
	if err := all.each(memoryTransfers); err != nil {
		return figure{}, err
	}
	after, err := residentOf(node.pid())
	if err != nil {
		return figure{}, err
	}
	perChannel := func(rss int64) float64 { return float64(rss-before) / float64(pairs) / 1024 }
	return figure{
		measured:  fmt.Sprintf("%s for %d channels", mebibytes(after), pairs),
		reference: fmt.Sprintf("%s at work on one channel", mebibytes(before)),
		ratio:     perChannel(after),
		notes: []string{
			note,
			fmt.Sprintf("both sides of a channel together: %.1f KiB when all were open, %.1f KiB after %d transfers on each", perChannel(opened), perChannel(after), memoryTransfers),
		},
	}, nil
}
