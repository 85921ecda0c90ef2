package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/spf13/cobra"

	"chanbot/outcome"
	"chanbot/scenarios"
	"chanbot/strategy"
)

func (c *Command) planCommand() *cobra.Command {
	o := new(runOptions)
	cmd := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "Say what a run would do, and touch nothing",
		Long: "Say what a run would do: pairs, sockets, arrivals, how long it takes, accounts, the\n" +
			"coins each of them needs and which stay locked, and what limits of nodes it meets.\n" +
			"No connection is made and no file is written.\n\n" +
			"It takes the flags of run, so that a command line can be tried out by writing plan\n" +
			"for run; those about results mean nothing here.",
		Example: "  chanbot plan transfers --pairs 200 --iterations 3\n  chanbot plan mixed-load.yaml --json",
		Args:    needArgs(1, 1, "one scenario"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags()
			return c.plan(o, args[0])
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarios.Names(), cobra.ShellCompDirectiveDefault
		},
	}
	o.register(cmd.Flags())
	return cmd
}

func (c *Command) plan(o *runOptions, arg string) error {
	s, err := o.settings()
	if err != nil {
		return err
	}
	src, sc, err := c.planned(s, arg)
	if err != nil {
		return err
	}
	if s.embedded {
		if _, err := s.nodeConfig(job{scenario: sc}); err != nil {
			return err
		}
	}
	s.pairs = s.pairsOf(sc)
	if s.accounts != "" {
		keys, err := c.keyFile(s.accounts)
		if err != nil {
			return err
		}
		if need := 2 * s.pairs * sc.AccountPairs(); len(keys) < need {
			return misuse("add accounts to it, or run fewer --pairs", "%s: %s, and %d are needed for %s", s.accounts, count(len(keys), "account"), need, count(s.pairs, "pair"))
		}
	}
	doc, err := s.planDocument(src, sc)
	if err != nil {
		return err
	}
	if s.json {
		e := json.NewEncoder(c.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(doc); err != nil {
			return cannotRun("", "write standard output: %v", err)
		}
		return nil
	}
	_, err = fmt.Fprint(c.Stdout, doc.text())
	return err
}

// planned reads a scenario as run does, load included.
func (c *Command) planned(s *settings, arg string) (source, *strategy.Scenario, error) {
	src, err := c.find(arg)
	if err != nil {
		return src, nil, err
	}
	sc, problems := src.parse(s.set)
	if len(problems) > 0 {
		fmt.Fprintln(c.Stderr, problems.Error())
		return src, nil, misuse("docs/scenarios.md explains the language, and chanbot schema helps editors", "%s: %s", src.file, count(len(problems), "problem"))
	}
	return src, sc, s.adapt(src, sc)
}

// planDoc is what plan has to say. Times are in seconds, amounts decimal text in
// aettos.
type planDoc struct {
	Version    int    `json:"version"`
	Scenario   string `json:"scenario"`
	File       string `json:"file,omitempty"`
	Node       string `json:"node"`
	Seed       uint64 `json:"seed"`
	Pairs      int    `json:"pairs"`
	Iterations int    `json:"iterations"`
	Steps      int    `json:"steps"` // of one iteration; 0 for a load with mixes
	Sockets    int    `json:"sockets"`
	Accounts   int    `json:"accounts"`

	Setup planSetup `json:"setup"`
	// Phases are those of a load, in order.
	Phases   []planPhase `json:"phases"`
	Arrivals int64       `json:"arrivals"`
	Warmup   int64       `json:"warmup_arrivals"`
	// Duration is that of all phases with their warm-ups; for steps it is what
	// they wait for. AtLeast is that and the set-ups.
	Duration float64 `json:"duration_s"`
	AtLeast  float64 `json:"at_least_s"`

	Channels planChannels `json:"channels"`
	GasPrice amount       `json:"gas_price"` // that fees without a price of their own are for
	// Initiator and Responder are about one account each.
	Initiator planAccount `json:"initiator"`
	Responder planAccount `json:"responder"`
	// Locked is what stays locked of all accounts together.
	Locked amount   `json:"locked"`
	Notes  []string `json:"notes"`

	duration, atLeast time.Duration
}

type planSetup struct {
	Rate     string  `json:"rate,omitempty"` // "" is unpaced
	InFlight int     `json:"in_flight"`
	AtLeast  float64 `json:"at_least_s"`

	atLeast time.Duration
}

type planPhase struct {
	Name     string  `json:"name"`
	Arrivals string  `json:"arrivals"`
	Closed   bool    `json:"closed"` // the number of operations is not known before
	Warmup   float64 `json:"warmup_s"`
	Duration float64 `json:"duration_s"`
	InWarmup int64   `json:"warmup_arrivals"`
	Count    int64   `json:"count"`

	warmup, duration time.Duration
}

// planChannels counts the channels of all pairs; the numbers are bounds from
// above where AtMost is set.
type planChannels struct {
	Opened int  `json:"opened"`
	Closed int  `json:"closed"`
	Locked int  `json:"locked"`
	AtMost bool `json:"at_most"`
}

type planAccount struct {
	// Channel is what goes into one channel, Needed what the account must have
	// for the whole run, fees included, if nobody pays it anything.
	Channel amount `json:"channel"`
	Needed  amount `json:"needed"`
	Fees    amount `json:"fees"`
	// Back is what closed channels give back, and Locked what the others keep,
	// both as the channels begin: with nothing but the push amount moved.
	Back   amount `json:"back"`
	Locked amount `json:"locked"`
	Nonces int    `json:"nonces"`
}

// amount is aettos; in JSON decimal text.
type amount struct{ *big.Int }

func (a amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.String()) }

func (a amount) String() string {
	if a.Int == nil {
		return "0"
	}
	return a.Int.String()
}

// planDocument works everything out.
func (s *settings) planDocument(src source, sc *strategy.Scenario) (*planDoc, error) {
	d := &planDoc{
		Version: 1, Scenario: sc.Name, File: fileOf(src), Node: s.nodes(), Seed: s.seed,
		Pairs: s.pairs, Iterations: s.iterations, Steps: len(sc.Steps), Accounts: 2 * s.pairs * sc.AccountPairs(),
		GasPrice: amount{big.NewInt(defaultGasPrice)}, Phases: []planPhase{}, Notes: []string{},
	}
	d.Setup = planSetup{InFlight: min(runsAtOnce, s.pairs)}
	use := newChainUse(s, sc)
	if sc.Load != nil {
		d.Iterations = 1
		if err := d.planLoad(src, sc); err != nil {
			return nil, err
		}
		use.load(sc.Load)
	} else {
		for range s.iterations {
			before := use.waits
			if use.budget <= 0 {
				use.unsure("iterations after the first ones are not counted")
				break
			}
			use.steps(sc.Steps)
			use.endOfSteps()
			d.duration += use.waits - before
		}
	}
	d.Sockets = s.pairs * use.sockets()
	d.Duration = d.duration.Seconds()
	d.atLeast = d.duration + d.Setup.atLeast
	d.AtLeast = d.atLeast.Seconds()
	use.fill(d)
	s.planNotes(d, sc, use)
	return d, nil
}

// planLoad fills in the phases and the set-ups of a load.
func (d *planDoc) planLoad(src source, sc *strategy.Scenario) error {
	l := sc.Load
	sched, err := l.Plan(d.Seed).Schedule()
	if err != nil {
		return misuse("", "%s: %v", src.file, err)
	}
	for i, ph := range l.Phases {
		p := planPhase{
			Name: ph.Name, Arrivals: ph.Arrivals.String(), Closed: ph.Arrivals.Process == strategy.Closed,
			Warmup: ph.Warmup.Seconds(), Duration: ph.Duration.Seconds(), warmup: ph.Warmup, duration: ph.Duration,
		}
		if p.Name == "" {
			p.Name = fmt.Sprintf("phase %d", i+1)
		}
		if len(ph.Mix) > 0 {
			d.Steps = 0
		}
		d.Phases = append(d.Phases, p)
	}
	for _, st := range sched.Stretches() {
		if st.Warmup {
			d.Phases[st.Phase].InWarmup = st.Count
			d.Warmup += st.Count
		} else {
			d.Phases[st.Phase].Count = st.Count
			d.Arrivals += st.Count
		}
	}
	d.duration = sched.Length()
	d.Setup.atLeast = l.Setup.Least(l.Pairs)
	d.Setup.AtLeast = d.Setup.atLeast.Seconds()
	if !l.Setup.Rate.Zero() {
		d.Setup.Rate = l.Setup.Rate.String()
	}
	if l.Setup.InFlight > 0 {
		d.Setup.InFlight = min(l.Setup.InFlight, l.Pairs)
	}
	return nil
}

// account returns what is known about the account of a role.
func (d *planDoc) account(r outcome.Role) *planAccount {
	if r == outcome.Responder {
		return &d.Responder
	}
	return &d.Initiator
}
