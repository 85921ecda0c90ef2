package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"chanbot/accounts"
	"chanbot/reclaim"
	"chanbot/results"
	"chanbot/tx"
)

// leftOpen says how to get the coins back that the channels of a run still hold,
// where these are worth something.
func (p *player) leftOpen(out *output) {
	if out.channels == nil || forTests(p.where.networkID) {
		return
	}
	if n := out.channels.Open(); n > 0 {
		fmt.Fprintf(p.c.Stderr, "hint: coins may be locked in %s; chanbot accounts reclaim %s gets them back\n", count(n, "channel"), out.folder.Path())
	}
}

// reclaimReport is what accounts reclaim --json prints.
type reclaimReport struct {
	// Reclaimed says that no channel holds coins any more.
	Reclaimed bool             `json:"reclaimed"`
	Channels  []reclaim.Result `json:"channels"`
	To        *tx.ID           `json:"to,omitempty"`
	Swept     []sweptAccount   `json:"swept,omitempty"`
}

// sweptAccount is an account that was to be emptied.
type sweptAccount struct {
	Address tx.ID    `json:"address"`
	Moved   *big.Int `json:"moved"`
	Fee     *big.Int `json:"fee"`
	Left    *big.Int `json:"left"`
	Error   string   `json:"error,omitempty"`
}

// reclaimed closes the channels, sweeps the accounts, and says what came of it.
func (c *Command) reclaimed(ctx context.Context, o *reclaimOptions, cfg reclaim.Config, m results.Manifest, known []results.ChannelRecord, target tx.ID) error {
	ctx, in, stop := c.watch(ctx, "interrupted; the same command goes on")
	defer stop()
	terms, err := o.terms(ctx)
	if err != nil {
		return c.ended(in, err, "")
	}
	defer terms.Node.Close()
	cfg.Terms = terms
	if cfg.Bound == 0 && !forTests(terms.NetworkID) {
		cfg.Bound = 15 * time.Minute
	}
	if !o.quiet {
		cfg.Report = func(r reclaim.Result) { fmt.Fprintln(c.Stderr, "chanbot: "+r.String()) }
	}
	all, err := reclaim.Run(ctx, cfg, known)
	if err != nil {
		return c.ended(in, err, "the same command tries again")
	}
	report := reclaimReport{Channels: append([]reclaim.Result{}, all...), Reclaimed: true}
	for _, r := range all {
		report.Reclaimed = report.Reclaimed && r.Status.Over()
	}
	var failed error
	if !target.IsZero() {
		report.To = &target
		var swept []accounts.Swept
		swept, failed = accounts.Sweep(ctx, terms, reclaim.Free(o.swept(&cfg, m, known), known, all), target)
		for _, s := range swept {
			one := sweptAccount{Address: s.ID, Moved: s.Amount, Fee: s.Fee, Left: s.Left}
			if s.Err != nil {
				one.Error = s.Err.Error()
			}
			report.Swept = append(report.Swept, one)
		}
	}
	if o.asJSON {
		e := json.NewEncoder(c.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(report)
	} else {
		err = c.showReclaimed(&report)
	}
	if err != nil {
		return cannotRun("", "write standard output: %v", err)
	}
	if failed != nil {
		return c.ended(in, failed, "the same command goes on")
	}
	if code := in.exitCode(); code != exitPassed && !report.Reclaimed {
		return exitCode(code)
	}
	return report.left()
}

// showReclaimed prints the report for people.
func (c *Command) showReclaimed(report *reclaimReport) error {
	for _, r := range report.Channels {
		fmt.Fprintln(c.Stdout, r)
	}
	if len(report.Channels) == 0 {
		fmt.Fprintln(c.Stdout, "the run has opened no channel")
	}
	moved, fees, left, n := new(big.Int), new(big.Int), new(big.Int), 0
	for _, s := range report.Swept {
		moved.Add(moved, s.Moved)
		fees.Add(fees, s.Fee)
		left.Add(left, s.Left)
		if s.Moved.Sign() > 0 {
			n++
		}
	}
	if report.To == nil {
		_, err := fmt.Fprintln(c.Stdout, "the coins of closed channels are on the accounts of the run; --to ak_… moves them")
		return err
	}
	_, err := fmt.Fprintf(c.Stdout, "moved %s aettos of %s to %s, fees %s aettos; %s aettos are too little to be moved\n", moved, count(n, "account"), report.To, fees, left)
	return err
}

// left complains about what still holds coins, and says when to try again.
func (r *reclaimReport) left() error {
	var list complaints
	settles, height, closing, failed, unreachable := uint64(0), uint64(0), 0, 0, 0
	for _, ch := range r.Channels {
		switch ch.Status {
		case reclaim.Closing:
			closing++
			settles, height = max(settles, ch.SettlesAt), max(height, ch.Height)
		case reclaim.Failed:
			failed++
			if ch.Unreachable {
				unreachable++
			}
		}
	}
	if closing > 0 {
		list = append(list, failure("run the same command again then; --wait TIME waits longer",
			"%s in the lock period; the last one can be settled at height %d, and the chain is at %d", are(closing, "channel"), settles, height))
	}
	switch {
	case failed > 0 && failed == unreachable && closing == 0:
		list = append(list, cannotRun("is the node running? --node names another one, and --solo closes without its channel API", "%s not closed, because the node cannot be reached", are(failed, "channel")))
	case failed > 0:
		list = append(list, failure("the same command tries again", "%s not closed", are(failed, "channel")))
	}
	for _, s := range r.Swept {
		if s.Error != "" {
			list = append(list, failure("the same command tries again", "account %s: %s", s.Address, s.Error))
		}
	}
	return list.err()
}

// failure is a complaint about coins that are left.
func failure(hint, format string, args ...any) complaint {
	return complaint{code: exitFailed, text: fmt.Sprintf(format, args...), hint: hint}
}

func are(n int, what string) string {
	if n == 1 {
		return count(n, what) + " is"
	}
	return count(n, what) + " are"
}
