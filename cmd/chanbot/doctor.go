package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/nodeapi"
	"chanbot/scenarios"
	"chanbot/strategy"
)

// doctorOptions are the flags of doctor. Those that it shares with run are in
// run.
type doctorOptions struct {
	run         runOptions
	node        string
	internalAPI string
	oneSide     bool
	maxChannels int
	maxSockets  int
	burst       int
	look        time.Duration
	patience    time.Duration
}

// What a real node takes unless its configuration says otherwise (ws-api 1).
const (
	usualChannels = 1000 // channels.max_count
	usualSockets  = 1024 // of its web server
	usualBurst    = 20   // a few more than its 10 slots and 5 waiting
	maxBurst      = 100
)

func (c *Command) doctorCommand() *cobra.Command {
	o := new(doctorOptions)
	cmd := &cobra.Command{
		Use:   "doctor [SCENARIO]",
		Short: "Look at a node before it is loaded",
		Long: "Look at a node before it is loaded: whether it answers, what it is, how fast its chain\n" +
			"goes, what it can take, and what a run of the scenario with so many pairs would run into.\n" +
			"It opens a few sockets for a moment and makes no channel. docs/doctor.md explains each\n" +
			"line.\n\n" +
			"The exit code is 0 when nothing speaks against a run, 1 when something does, 2 for wrong\n" +
			"usage, 3 when the node cannot be reached or may not be.",
		Example: "  chanbot doctor\n  chanbot doctor transfers --pairs 600\n" +
			"  chanbot doctor --node wss://node.example.org --allow-host node.example.org --api https://node.example.org --accounts keys.yaml",
		Args: needArgs(0, 1, "at most one scenario"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarios.Names(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run.given = cmd.Flags()
			return c.doctor(cmd.Context(), o, args)
		},
	}
	o.register(cmd.Flags())
	return cmd
}

func (o *doctorOptions) register(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.node, "node", "ws://127.0.0.1:3014", "`URL` of the node, ws:// or wss://")
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.run.register(all)
	share := func(names ...string) {
		for _, name := range names {
			f.AddFlag(all.Lookup(name))
		}
	}
	share("api")
	f.Lookup("api").Usage = "`URL` of its HTTP API (default: looked for at --node's address and at port 3013)"
	f.StringVar(&o.internalAPI, "internal-api", "", "`URL` of its internal API, which counts machines (default: looked for where --api is and at port 3113)")
	share("network-id", "accounts", "seed", "allow-host", "allow-mainnet", "ca", "header", "pairs", "param", "set", "responder-port")
	f.BoolVar(&o.oneSide, "one-side", false, "the node serves one side of each channel, and another one the other side")
	f.IntVar(&o.maxChannels, "max-channels", usualChannels, "`N` channel machines that the node takes, its channels.max_count")
	f.IntVar(&o.maxSockets, "max-sockets", usualSockets, "`N` sockets that the node takes")
	f.IntVar(&o.burst, "burst", usualBurst, "open `N` sockets at once to see how many are set up; 0 leaves that out")
	f.DurationVar(&o.look, "watch", 3*time.Second, "`TIME` to wait for a key block")
	f.DurationVar(&o.patience, "timeout", 5*time.Second, "`TIME` an answer may take")
	share("json")
	f.Lookup("json").Usage = "put the findings as one JSON document on standard output"
}

// settings reads the flags.
func (o *doctorOptions) settings() (*settings, error) {
	o.run.node = o.node
	if o.node == "embedded" {
		return nil, misuse("chanbot node serves it for other programs, and for this one", "doctor looks at a node that is running")
	}
	s, err := o.run.settings()
	wrong, ok := errors.AsType[complaints](err)
	if err != nil && !ok {
		return nil, err
	}
	add := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, misuse("", format, args...))
		}
	}
	add(o.maxChannels < 1, "--max-channels %d: expected a number above 0", o.maxChannels)
	add(o.maxSockets < 1, "--max-sockets %d: expected a number above 0", o.maxSockets)
	add(o.burst < 0 || o.burst > maxBurst, "--burst %d: expected 0 to %d", o.burst, maxBurst)
	add(o.look <= 0, "--watch %v: expected a time above zero", o.look)
	add(o.patience <= 0, "--timeout %v: expected a time above zero", o.patience)
	if o.internalAPI != "" {
		if _, err := nodeapi.New(o.internalAPI, nil); err != nil {
			add(true, "--internal-api: %v", err)
		}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return s, nil
}

// doctor examines a node and says what it found.
func (c *Command) doctor(ctx context.Context, o *doctorOptions, args []string) error {
	s, err := o.settings()
	if err != nil {
		return err
	}
	d := &doctor{c: c, o: o, s: s, guard: &guard{hosts: s.allowHosts, lookup: c.Lookup}, pairs: s.pairs}
	d.report.Node = o.node
	for _, arg := range args {
		if err := d.read(arg); err != nil {
			return err
		}
	}
	d.report.Pairs = d.pairs
	ctx, stopped, stop := c.watch(ctx, "")
	defer stop()
	remote, refused := d.guard.hostsOf(ctx, o.node, s.api, o.internalAPI)
	if len(refused) > 0 {
		return refused
	}
	d.remote = remote
	reached := d.examine(ctx)
	if code := stopped.exitCode(); code != exitPassed {
		return exitCode(code)
	}
	if err := d.report.write(c, s.json); err != nil {
		return cannotRun("", "write standard output: %v", err)
	}
	switch {
	case !reached:
		return exitCode(exitNotRun)
	case d.report.Verdict == verdictTrouble:
		return exitCode(exitFailed)
	}
	return nil
}

// doctor is one examination.
type doctor struct {
	c        *Command
	o        *doctorOptions
	s        *settings
	guard    *guard
	remote   bool // some host is not on this machine
	scenario *strategy.Scenario
	pairs    int
	report   examination

	api       *nodeapi.Client // nil when there is none
	dates     *dates          // of the answers of api
	status    nodeapi.Status  // what api said
	networkID string          // "" while it is not known
	barred    bool            // a run would be refused, so no channel is asked for
	funded    bool            // the accounts of the first pair are there
	full      bool            // the node takes no more machines
	used      uint64          // machines that run
	usedKnown bool
}

// read reads the scenario. Mistakes in it end the examination; what keeps run
// from playing it here is a finding.
func (d *doctor) read(arg string) error {
	src, err := d.c.find(arg)
	if err != nil {
		return err
	}
	sc, problems := src.parse(d.s.set)
	if len(problems) > 0 {
		return misuse("docs/scenarios.md explains the language", "%s", strings.TrimSuffix(problems.Error(), "\n"))
	}
	d.scenario, d.report.Scenario = sc, sc.Name
	if sc.Load != nil && sc.Load.Pairs > 0 && !d.s.given.Changed("pairs") {
		d.pairs = sc.Load.Pairs
	}
	if err := d.s.adapt(src, sc); err != nil {
		one, _ := errors.AsType[complaint](err)
		d.report.add("scenario", failed, err.Error(), one.hint)
	}
	return nil
}

// examine makes the checks in their order. It returns false when there is no
// node.
func (d *doctor) examine(ctx context.Context) (reached bool) {
	if reached = d.checkReachable(ctx); !reached {
		return false
	}
	if d.findAPI(ctx) {
		defer d.api.Close()
	}
	d.checkVersion()
	d.checkNetwork()
	d.checkHeight(ctx)
	d.checkAccounts(ctx)
	d.checkChannel(ctx)
	d.checkSetups(ctx)
	d.checkMachine(ctx)
	d.checkMachines(ctx)
	d.checkSockets()
	d.checkDescriptors()
	d.checkClock()
	return true
}

// checkReachable connects and hangs up.
func (d *doctor) checkReachable(ctx context.Context) bool {
	u, err := url.Parse(d.o.node)
	if err != nil { // settings has parsed it
		d.report.add("reachable", failed, err.Error(), "")
		return false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, d.o.patience)
	defer cancel()
	start := time.Now()
	conn, err := d.guard.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		d.report.add("reachable", failed, strings.ReplaceAll(err.Error(), "\n", "; "), "is the node running, and is its channel API (port 3014 by default) at this address?")
		return false
	}
	conn.Close()
	d.report.add("reachable", fine, fmt.Sprintf("%s, connected in %v", conn.RemoteAddr(), rounded(time.Since(start))), "")
	return true
}

// rounded writes a duration with three digits at most.
func rounded(t time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if t < 1000*unit {
			return t.Round(unit)
		}
	}
}
