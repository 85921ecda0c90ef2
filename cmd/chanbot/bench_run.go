package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"chanbot/bot"
	"chanbot/results"
	"chanbot/strategy"
)

// benching is a search under way.
type benching struct {
	p   *player
	o   *benchOptions
	job job // what is done at every rate

	limits     []strategy.Threshold // what has to hold
	perArrival perArrival

	cfg         bot.Config
	node        embeddedNode // nil for one of the user's
	nodeVersion string       // "" when it is not known
	served      *exposition
	folder      *results.Folder
	doc         *results.Bench
}

// run searches and writes what was found. The error is a complaint beside what
// the ending says.
func (b *benching) run(ctx context.Context) (end ending, err error) {
	p := b.p
	if b.served, err = p.expose(ctx); err != nil {
		return passing, err
	}
	defer b.served.close()
	if b.cfg, b.node, err = p.config(ctx, b.job); err != nil {
		return passing, err
	}
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	if b.node != nil {
		// Its chain has to add up in the end.
		defer func() { err = together(b.node.close(), err) }()
		stop := whenGone(b.node, func() { abort(errNodeGone) })
		defer stop()
	}
	closeAPI, err := b.connectAPI(ctx)
	if err != nil {
		return passing, err
	}
	defer closeAPI()
	if err := b.begin(time.Now()); err != nil {
		return passing, err
	}
	b.say(b.doc.Head(p.term.style) + "\n")
	return b.search(ctx)
}

// search makes one step after the other, and says what came of each.
func (b *benching) search(ctx context.Context) (ending, error) {
	search := newSearch(b.doc.Search)
	for t, ok := search.next(); ok; t, ok = search.next() {
		step, err := b.step(ctx, t)
		if step == nil {
			if len(b.doc.Steps) == 0 {
				_ = os.RemoveAll(b.folder.Path()) // made a moment ago, and nothing was measured
				return passing, err
			}
			end, more := b.end(search)
			return end, together(err, more)
		}
		b.doc.Steps = append(b.doc.Steps, *step)
		b.doc.Violations += step.Violations
		b.say(step.Line(b.p.term.style))
		search.took(step.Verdict)
		// What is known is on the disk after every step, in case there is no next.
		b.doc.TookS = time.Since(b.doc.Started).Seconds()
		b.doc.Verdict, b.doc.Limit = results.BenchStopped, results.LimitInterrupted
		b.doc.Line = b.doc.Quote()
		if wrong := b.folder.WriteBench(b.doc); wrong != nil {
			err = together(err, cannotRun("is the disk full?", "%v", wrong))
		}
		if err != nil {
			end, more := b.end(search)
			return end, together(err, more)
		}
	}
	return b.end(search)
}

// say writes for people.
func (b *benching) say(text string) {
	if !b.p.s.quiet {
		fmt.Fprint(b.words(), text)
	}
}

// words is where people read.
func (b *benching) words() io.Writer {
	if b.p.s.json {
		return b.p.c.Stderr
	}
	return b.p.c.Stdout
}

// connectAPI connects to the HTTP API of the node, if its place is known: for
// scenarios that post transactions, and for its version.
func (b *benching) connectAPI(ctx context.Context) (end func(), err error) {
	p := b.p
	base := p.apiOf(b.node)
	if base == "" {
		return func() {}, nil
	}
	client, err := apiClient(base, p.where.guard, p.s.tls, p.s.header, 0)
	if err != nil {
		return nil, err
	}
	b.cfg.API = poster(client)
	if b.node == nil {
		if status, err := client.Status(ctx); err == nil { // it is worth a word and no more
			b.nodeVersion = status.NodeVersion
		}
	}
	return client.Close, nil
}

// begin makes the folder of the search.
func (b *benching) begin(now time.Time) error {
	p := b.p
	folder, err := results.CreateFolder(p.s.out, now, "bench-"+b.job.name)
	if err != nil {
		return unwritable("--out", p.s.out, err)
	}
	b.folder = folder
	m := b.manifest(now, p.s.seed)
	if err := folder.WriteManifest(m); err != nil {
		_ = os.RemoveAll(folder.Path()) // it is empty, or nearly so
		return unwritable("--out", p.s.out, err)
	}
	d := b.doc
	d.Chanbot, d.Scenario, d.Node, d.NodeVersion, d.NetworkID = m.Chanbot, b.job.name, m.Node, m.NodeVersion, m.NetworkID
	d.Seed, d.Pairs, d.Host, d.Started = m.Seed, m.Pairs, m.Host, now
	return nil
}

// manifest says what is searched, or measured in a step.
func (b *benching) manifest(started time.Time, seed uint64) results.Manifest {
	s := b.p.s
	options := s.options()
	options["pairs"] = strconv.Itoa(b.cfg.Pairs) // the default depends on whether a scenario is named
	return results.Manifest{
		Chanbot: version(), Seed: seed, Scenario: results.NewScenarioFile(b.job.name, fileOf(b.job.source), string(b.job.text)),
		Node: s.nodes(), NodeVersion: b.nodeVersion, NetworkID: b.cfg.NetworkID, Started: started, Host: results.ThisHost(),
		Pairs: b.cfg.Pairs, Thresholds: b.doc.Objective, MaxLatenessUS: s.maxLateness.Microseconds(),
		Command: "bench", Options: options,
	}
}
