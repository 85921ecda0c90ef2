package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

const (
	loadWarm = 2 * time.Second
	loadTime = 8 * time.Second

	// loadBlocks is the time between key blocks: short, because channels wait for
	// a few of them to open, and long enough that no transfer grows too old.
	loadBlocks = "200ms"
)

// quickNode is a node that takes every signature, so that the client counts.
func (b *bench) quickNode(ctx context.Context) (*nodeProcess, error) {
	return b.startNode(ctx, "--no-verify", "--block-time", loadBlocks)
}

// runQuick runs a load against a fresh quickNode.
func (b *bench) runQuick(ctx context.Context, scenario string, o loadOptions) (*loadRun, error) {
	node, err := b.quickNode(ctx)
	if err != nil {
		return nil, err
	}
	defer node.stop()
	o.node = node.url
	return b.runLoad(ctx, scenario, o)
}

// fullRate is the run that several rows look at: as many transfers as go through
// on loadPairs channels.
func (b *bench) measureFullRate(ctx context.Context) (*loadRun, error) {
	return b.runQuick(ctx, closedLoad(loadPairs, loadWarm, loadTime), loadOptions{})
}

// throughput is row load-1.
func throughput(ctx context.Context, b *bench) (figure, error) {
	dir, err := b.installSDK(ctx)
	if no, ok := errors.AsType[*errNoSDK](err); ok {
		run, err := b.fullRate(ctx)
		if err != nil {
			return figure{}, err
		}
		return figure{measured: perSecond(run.Throughput.SignedPerS), skip: no.why}, nil
	} else if err != nil {
		return figure{}, err
	}
	var byNative []float64
	fig, err := middle(func(ctx context.Context, b *bench) (figure, error) {
		f, native, err := againstSDK(ctx, b, dir)
		byNative = append(byNative, native)
		return f, err
	})(ctx, b)
	if err != nil {
		return figure{}, err
	}
	native := median(byNative)
	fig.notes = append(fig.notes, fmt.Sprintf("over the SDK with native signing, in the middle round: %s×, target ≥ 7× %s, stretch ≥ 9× %s", short(native),
		metOrMissed(native >= 7), metOrMissed(native >= 9)))
	return fig, nil
}

// againstSDK is a round of row load-1, and how many times as many transfers chanbot
// makes as the SDK with native signing.
func againstSDK(ctx context.Context, b *bench, dir string) (fig figure, byNative float64, err error) {
	run, err := b.measureFullRate(ctx)
	if err != nil {
		return fig, 0, err
	}
	shipped, err := b.transfersOfSDK(ctx, dir, "sdk")
	if err != nil {
		return fig, 0, err
	}
	native, err := b.transfersOfSDK(ctx, dir, "native")
	if err != nil {
		return fig, 0, err
	}
	byNative = run.Throughput.SignedPerS / native.perSecond()
	return figure{
		measured:  perSecond(run.Throughput.SignedPerS),
		reference: "aepp-sdk-js " + perSecond(shipped.perSecond()),
		ratio:     run.Throughput.SignedPerS / shipped.perSecond(),
		notes: []string{
			fmt.Sprintf("with native signing the SDK makes %s: %s×", perSecond(native.perSecond()), short(byNative)),
			fmt.Sprintf("CPU of the client per transfer: chanbot %s, SDK %s, with native signing %s", micros(run.used/time.Duration(run.transfers())), micros(shipped.cpuEach()), micros(native.cpuEach())),
		},
	}, byNative, nil
}

// transfers is how many there were in all, the warm-up included.
func (r *loadRun) transfers() int64 { return max(r.Attempts+r.Warmup.Attempts, 1) }

// clientCPU is row load-2.
func clientCPU(ctx context.Context, b *bench) (figure, error) {
	before, err := b.measureEcho(ctx, echoConnections)
	if err != nil {
		return figure{}, err
	}
	run, err := b.measureFullRate(ctx)
	if err != nil {
		return figure{}, err
	}
	each, _, err := run.cpuEach("steady")
	if err != nil {
		return figure{}, err
	}
	after, err := b.measureEcho(ctx, echoConnections)
	if err != nil {
		return figure{}, err
	}
	echo := (before.CPU + after.CPU) / 2
	crypto := measureSignatures()
	return figure{
		measured:  fmt.Sprintf("%s CPU/transfer", micros(each)),
		reference: fmt.Sprintf("%s CPU/echo", micros(echo)),
		ratio:     float64(each) / float64(echo),
		notes: []string{fmt.Sprintf("echo before %s, after %s, on %d connections; two signatures of the standard library are %s",
			micros(before.CPU), micros(after.CPU), echoConnections, micros(2*crypto.signCPU))},
	}, nil
}

// serviceTime is row load-3.
func serviceTime(ctx context.Context, b *bench) (figure, error) {
	before, err := b.measureEcho(ctx, 1)
	if err != nil {
		return figure{}, err
	}
	run, err := b.runQuick(ctx, closedLoad(1, time.Second, 4*time.Second), loadOptions{})
	if err != nil {
		return figure{}, err
	}
	after, err := b.measureEcho(ctx, 1)
	if err != nil {
		return figure{}, err
	}
	echo := (before.P50 + after.P50) / 2
	sign := measureSignatures().sign
	floor := 3*echo + 2*sign
	p50 := time.Duration(run.Operations["transfer"].Service.P50US * float64(time.Microsecond))
	return figure{
		measured:  fmt.Sprintf("p50 %s", micros(p50)),
		reference: fmt.Sprintf("%s: 3 × %s echo + 2 × %s signature", micros(floor), micros(echo), micros(sign)),
		ratio:     float64(p50) / float64(floor),
		notes: []string{fmt.Sprintf("echo p50 before %s, after %s; p99 of the transfer %s", micros(before.P50), micros(after.P50),
			micros(time.Duration(run.Operations["transfer"].Service.P99US*float64(time.Microsecond))))},
	}, nil
}

// lateness is row load-5.
func lateness(ctx context.Context, b *bench) (figure, error) {
	full, err := b.fullRate(ctx)
	if err != nil {
		return figure{}, err
	}
	rate := full.Throughput.SignedPerS / 2
	var timer timerResult
	run, err := b.runQuick(ctx, openLoad(loadPairs, rate, loadWarm, loadTime), loadOptions{during: func(ctx context.Context, _ *child) (err error) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(loadWarm + time.Second): // the channels are open and warm
		}
		timer, err = b.bareTimer(ctx, rate, loadTime-2*time.Second)
		return err
	}})
	if err != nil {
		return figure{}, err
	}
	if timer.P99 == 0 {
		return figure{}, errors.New("the run was over before the timer loop")
	}
	late := time.Duration(run.Generator.LateP99US * float64(time.Microsecond))
	return figure{
		measured:  fmt.Sprintf("p99 %s late at %s", micros(late), perSecond(rate)),
		reference: fmt.Sprintf("p99 %s of a bare loop", micros(timer.P99)),
		ratio:     float64(late) / float64(timer.P99),
		notes:     []string{fmt.Sprintf("the bare loop's p50 is %s; response p99 %s", micros(timer.P50), micros(time.Duration(run.Operations["transfer"].Response.P99US*float64(time.Microsecond))))},
	}, nil
}

func (b *bench) bareTimer(ctx context.Context, rate float64, d time.Duration) (timerResult, error) {
	var r timerResult
	c, err := b.reference(ctx, "timer", strconv.FormatFloat(rate, 'f', 0, 64), strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
	if err != nil {
		return r, err
	}
	defer c.stop()
	out, err := c.wait()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

// journalSize is row load-7.
func journalSize(ctx context.Context, b *bench) (figure, error) {
	run, err := b.fullRate(ctx)
	if err != nil {
		return figure{}, err
	}
	each := float64(run.journal) / float64(run.transfers())
	return figure{
		measured:  fmt.Sprintf("%.1f bytes/operation", each),
		reference: fmt.Sprintf("%d operations in %s", run.transfers(), mebibytes(run.journal)),
		ratio:     each,
	}, nil
}

// allChecks is row load-11.
func allChecks(ctx context.Context, b *bench) (figure, error) {
	sampled, err := b.measureFullRate(ctx)
	if err != nil {
		return figure{}, err
	}
	all, err := b.runQuick(ctx, closedLoad(loadPairs, loadWarm, loadTime), loadOptions{args: []string{"--check-signatures", "1"}})
	if err != nil {
		return figure{}, err
	}
	return figure{
		measured:  perSecond(all.Throughput.SignedPerS) + " with all checks",
		reference: perSecond(sampled.Throughput.SignedPerS) + " with sampled ones",
		ratio:     all.Throughput.SignedPerS / sampled.Throughput.SignedPerS,
	}, nil
}

// once keeps the first result of a measurement that several rows look at.
func once[T any](measure func(context.Context) (T, error)) func(context.Context) (T, error) {
	var mu sync.Mutex
	var v T
	var err error
	done := false
	return func(ctx context.Context) (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if !done {
			v, err = measure(ctx)
			done = true
		}
		return v, err
	}
}
