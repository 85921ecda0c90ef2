package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chanbot/accounts"
	"chanbot/simnode"
	"chanbot/tx"
)

// nodeOptions are the flags of node.
type nodeOptions struct {
	listen      []string
	allowRemote bool
	linkDelay   time.Duration
	era         string
	networkID   string
	blockTime   string
	latency     time.Duration
	accounts    string
	account     []string
	seed        uint64
	derive      int
	endow       string
	noVerify    bool
	forgiving   bool
	defects     []string
	listDefects bool
	asJSON      bool
	doors       doors
	dialRetry   time.Duration
	withStdin   bool
	logLevel    string
}

func (c *Command) nodeCommand() *cobra.Command {
	o := new(nodeOptions)
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Serve the embedded node",
		Long: "Serve the embedded node for tests of other software: the channel API of an aeternity\n" +
			"node with real transactions, signatures and state hashes, and the part of its HTTP\n" +
			"API that goes with it, all at one address. Its chain is in memory. It ends with\n" +
			"Ctrl-C. docs/embedded-node.md says what it is like.\n\n" +
			"--listen twice serves two nodes of one network: the initiator of a channel connects to\n" +
			"one of them and the responder to the other. GET /link_cut, /link_mend and\n" +
			"/link_delay?time=50ms at any of them break and slow down what is between them.",
		Example: "  chanbot node\n  chanbot node --listen 127.0.0.1:0 --block-time 100ms --endow 1000000000000000000\n" +
			"  chanbot node --listen 127.0.0.1:3014 --listen 127.0.0.1:3024 --link-delay 50ms\n" +
			"  chanbot node --account ak_…=5000000000000000000 --era 2020",
		Args: needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.listDefects {
				return c.listDefects(o.asJSON)
			}
			return c.node(cmd.Context(), o, cmd.Flags().Changed("listen"))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.listen, "listen", []string{"127.0.0.1:3014"}, "`ADDR` to listen on; port 0 is a free one (repeatable: another node of the same network)")
	f.BoolVar(&o.allowRemote, "allow-remote", false, "allow an address that other machines can reach")
	f.StringVar(&o.era, "era", "current", "`ERA` of the node software that is copied: current or 2020")
	f.StringVar(&o.networkID, "network-id", "", "`ID` of the network (default ae_dev, or local_iris_testnet with --era 2020)")
	f.StringVar(&o.blockTime, "block-time", "1s", "`TIME` between key blocks, or on-demand: they come with GET /emit_kb?n=N only")
	f.DurationVar(&o.latency, "latency", latency, "`TIME` a channel machine takes for a signature or a message of its peer")
	f.DurationVar(&o.linkDelay, "link-delay", 0, "`TIME` that a message takes from one node to another")
	f.StringVar(&o.accounts, "accounts", "", "key `FILE` whose accounts get coins")
	f.StringArrayVar(&o.account, "account", nil, "`ACCOUNT[=AETTOS]` that gets coins, ak_… (repeatable)")
	f.Uint64Var(&o.seed, "seed", 1, "`NUMBER` of which the accounts of --derive are made")
	f.IntVar(&o.derive, "derive", 0, "give coins to the first `N` accounts that run makes of the seed")
	f.StringVar(&o.endow, "endow", "", "`AETTOS` that every account has which is seen for the first time")
	f.BoolVar(&o.noVerify, "no-verify", false, "take every signature, to measure a client alone")
	f.BoolVar(&o.forgiving, "forgiving", false, "leave out the quirks by which duplicates and crossings kill a channel")
	f.StringArrayVar(&o.defects, "defect", nil, "protocol mistake `NAME` that the node makes (repeatable)")
	f.BoolVar(&o.listDefects, "list-defects", false, "print the protocol mistakes that the node can make, and leave")
	f.BoolVar(&o.asJSON, "json", false, "print them as a JSON list")
	o.doors.register(f)
	f.DurationVar(&o.dialRetry, "dial-retry", 3*time.Second, "`TIME` until a responder that is not there yet is dialled again")
	f.BoolVar(&o.withStdin, "end-with-stdin", false, "end when standard input ends, for programs that start the node and should not leave it behind")
	f.StringVar(&o.logLevel, "log-level", "warn", "`LEVEL` of the log on standard error: debug, info, warn, error")
	return cmd
}

// node serves the embedded node until a signal comes, or standard input ends if
// that is asked for.
func (c *Command) node(ctx context.Context, o *nodeOptions, chosen bool) error {
	cfg, err := o.config(c)
	if err != nil {
		return err
	}
	funded, err := o.funded(c)
	if err != nil {
		return err
	}
	listeners, err := o.listeners(ctx, chosen)
	if err != nil {
		return err
	}
	collectByNeed(nodeGarbage)
	s := serveNetwork(cfg, listeners, o.linkDelay)
	for _, a := range funded {
		s.nodes[0].Endow(a.id, a.amount)
	}
	ctx, _, stop := c.watch(ctx, "")
	defer stop()
	if o.withStdin {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() { // until standard input ends; nothing else can end reading from it
			_, _ = io.Copy(io.Discard, c.Stdin) // an error ends it, too
			cancel()
		}()
	}
	fmt.Fprintf(c.Stdout, "chanbot node %s, network %s, %s\n", strings.Join(s.urls(), " and "), s.nodes[0].NetworkID(), o.describe(cfg, funded))
	<-ctx.Done()
	return s.close()
}

// funding is an account and what it gets.
type funding struct {
	id     tx.ID
	amount *big.Int
}

func (o *nodeOptions) config(c *Command) (simnode.Config, error) {
	era, err := parseEra(o.era)
	if err != nil {
		return simnode.Config{}, err
	}
	level, err := parseLevel(o.logLevel)
	if err != nil {
		return simnode.Config{}, err
	}
	cfg := simnode.Config{
		NetworkID: o.networkID, Era: era, Latency: o.latency, DialRetry: o.dialRetry, Defects: o.defects, NoVerify: o.noVerify, Forgiving: o.forgiving,
		Log: slog.New(slog.NewTextHandler(c.Stderr, &slog.HandlerOptions{Level: level})),
	}
	if o.latency < 0 {
		return cfg, misuse("", "--latency %v: expected a time from 0", o.latency)
	}
	if o.dialRetry <= 0 {
		return cfg, misuse("", "--dial-retry %v: expected a time above zero", o.dialRetry)
	}
	if o.linkDelay < 0 || o.linkDelay > 0 && len(o.listen) < 2 {
		return cfg, misuse("give --listen twice for two nodes; --latency is for one", "--link-delay %v: expected a time from 0, and two nodes", o.linkDelay)
	}
	if err := o.doors.apply(&cfg); err != nil {
		return cfg, err
	}
	if o.blockTime != "on-demand" {
		every, err := time.ParseDuration(o.blockTime)
		if err != nil || every < time.Millisecond {
			return cfg, misuse("without key blocks no channel opens", "--block-time %s: expected a time from 1ms on, or on-demand", o.blockTime)
		}
		cfg.Blocks, cfg.KeyBlockEvery = simnode.Interval, every
	}
	for _, name := range o.defects {
		if wrong, unknown := noDefect("--defect", name); unknown {
			return cfg, wrong
		}
	}
	if o.asJSON {
		return cfg, misuse("", "--json is for --list-defects")
	}
	if o.endow != "" {
		if cfg.Endow, err = aettos(o.endow); err != nil {
			return cfg, misuse("", "--endow %s: %v", o.endow, err)
		}
	}
	return cfg, nil
}

// funded returns the accounts that get coins. Without any flag these are the
// accounts that run makes of its default seed.
func (o *nodeOptions) funded(c *Command) ([]funding, error) {
	var all []funding
	for _, text := range o.account {
		id, amount, err := parseFunding(text)
		if err != nil {
			return nil, misuse("write --account ak_…, or --account ak_…=AETTOS", "--account %s: %v", text, err)
		}
		all = append(all, funding{id, amount})
	}
	if o.accounts != "" {
		keys, err := c.keyFile(o.accounts)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			all = append(all, funding{k.ID(), plenty})
		}
	}
	if o.derive < 0 || o.derive > 2*maxPairs {
		return nil, misuse("", "--derive %d: expected 0 to %d", o.derive, 2*maxPairs)
	}
	n := o.derive
	if n == 0 && len(all) == 0 && o.endow == "" {
		n = defaultAccounts
	}
	for _, k := range accounts.Derive(o.seed, n) {
		all = append(all, funding{k.ID(), plenty})
	}
	return all, nil
}

// defaultAccounts is how many accounts have coins when nobody says which: those
// of a hundred pairs.
const defaultAccounts = 200

func parseFunding(text string) (tx.ID, *big.Int, error) {
	address, amount, given := strings.Cut(text, "=")
	id, err := tx.ParseID(address)
	if err != nil {
		return tx.ID{}, nil, err
	}
	if id.Kind != tx.AccountID {
		return tx.ID{}, nil, fmt.Errorf("%s is no account", address)
	}
	if !given {
		return id, plenty, nil
	}
	v, err := aettos(amount)
	return id, v, err
}

// aettos reads an amount of the smallest coin.
func aettos(text string) (*big.Int, error) {
	v, ok := new(big.Int).SetString(text, 10)
	if !ok || v.Sign() < 0 || len(text) > 60 {
		return nil, fmt.Errorf("an amount is a whole number of aettos from 0")
	}
	return v, nil
}

// listeners opens the ports, on the loopback interface unless more is allowed.
func (o *nodeOptions) listeners(ctx context.Context, chosen bool) ([]net.Listener, error) {
	for _, addr := range o.listen {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, misuse("write it like 127.0.0.1:3014", "--listen %s: %v", addr, err)
		}
		a, err := netip.ParseAddr(host)
		if local := host == "localhost" || err == nil && a.IsLoopback(); !local && !o.allowRemote {
			return nil, misuse("--allow-remote allows it; whoever reaches the node can use it", "--listen %s: other machines could reach that address", addr)
		}
	}
	var all []net.Listener
	var lc net.ListenConfig
	for _, addr := range o.listen {
		l, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			for _, l := range all {
				_ = l.Close() // nothing was served yet
			}
			hint := "--listen 127.0.0.1:0 takes a free port"
			if chosen {
				hint = "is something else listening there? port 0 is a free one"
			}
			return nil, cannotRun(hint, "%v", err)
		}
		all = append(all, l)
	}
	return all, nil
}

// describe says what matters to whoever connects.
func (o *nodeOptions) describe(cfg simnode.Config, funded []funding) string {
	parts := []string{"key blocks on demand"}
	if cfg.Blocks == simnode.Interval {
		parts[0] = fmt.Sprintf("a key block every %v", cfg.KeyBlockEvery)
	}
	if cfg.Era == simnode.Era2020 {
		parts = append(parts, "era 2020")
	}
	parts = append(parts, o.doors.describe()...)
	if len(cfg.Defects) > 0 {
		parts = append(parts, "with "+strings.Join(cfg.Defects, " and "))
	}
	if n := len(funded); n > 0 {
		parts = append(parts, count(n, "account")+" with coins")
	}
	if cfg.Endow != nil {
		parts = append(parts, fmt.Sprintf("every new account has %s aettos", cfg.Endow))
	}
	return strings.Join(parts, ", ")
}
