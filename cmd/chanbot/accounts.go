package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/accounts"
	"chanbot/nodeapi"
	"chanbot/tx"
)

func (c *Command) accountsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "Make, list, fund and empty the accounts of the bots",
		Long: "Make key files, show what their accounts have, give them coins from one account,\n" +
			"and move everything back. Coins are moved over the HTTP API of a node.",
		Example: "  chanbot accounts new --count 200 --seed-file seed --out keys.yaml\n" +
			"  chanbot accounts fund --accounts keys.yaml --from rich.yaml --amount 1000000000000000000\n" +
			"  chanbot accounts list --accounts keys.yaml\n" +
			"  chanbot accounts sweep --accounts keys.yaml --to ak_…\n" +
			"  chanbot accounts reclaim runs/20260730T101500Z-load --to ak_…",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			cmd.SetOut(c.Stderr)
			if err := cmd.Help(); err != nil {
				return err
			}
			return exitCode(exitUsage)
		},
	}
	cmd.AddCommand(c.accountsNewCommand(), c.accountsListCommand(), c.accountsFundCommand(), c.accountsSweepCommand(), c.accountsReclaimCommand())
	return cmd
}

// apiOptions are the flags that say which node is asked.
type apiOptions struct {
	api          string
	networkID    string
	allowHosts   []string
	allowMainnet bool
	headers      []string
	roots        *tls.Config // nil for those of the system
}

func (o *apiOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.api, "api", "http://127.0.0.1:3013", "`URL` of the node's HTTP API")
	f.StringVar(&o.networkID, "network-id", "", "`ID` of the network that the node must be in")
	f.StringArrayVar(&o.allowHosts, "allow-host", nil, "allow a `HOST` that is not on this machine (repeatable)")
	f.StringArrayVar(&o.headers, "header", nil, "send `NAME:VALUE` with every request (repeatable)")
}

// client checks that the node may be asked, and returns a client of it. Names
// are resolved, nothing is connected to.
func (o *apiOptions) client(ctx context.Context) (*nodeapi.Client, error) {
	u, err := url.Parse(o.api)
	if err != nil {
		return nil, misuse("the HTTP API of a node is at http://HOST:3013 by default", "--api is no URL")
	}
	header, err := parseHeaders(o.headers)
	if err != nil {
		return nil, err
	}
	g := &guard{hosts: o.allowHosts}
	client, err := apiClient(o.api, g, o.roots, header, 0)
	if err != nil {
		return nil, err
	}
	_, remote, err := g.addresses(ctx, u.Hostname())
	if no, ok := errors.AsType[*refusedError](err); ok {
		return nil, cannotRun("if you may use that node, say --allow-host "+u.Hostname()+" and its --network-id", "refused: %v", no)
	}
	if err != nil {
		return nil, cannotRun("check the URL of the node", "%s: %v", u.Hostname(), err)
	}
	if remote && o.networkID == "" {
		return nil, cannotRun("say --network-id ID; signatures hold for one network only", "refused: the network of a node elsewhere must be named")
	}
	return client, nil
}

// movingOptions are the flags of the commands that move coins.
type movingOptions struct {
	apiOptions
	gasPrice      string
	confirmations int64
	patience      time.Duration
}

func (o *movingOptions) flags(f *pflag.FlagSet) {
	o.apiOptions.flags(f)
	f.BoolVar(&o.allowMainnet, "allow-mainnet", false, "allow the network where coins are real")
	f.StringVar(&o.gasPrice, "gas-price", "", "`AETTOS` for a unit of gas (default: what was paid lately)")
	f.Int64Var(&o.confirmations, "confirmations", -1, "`N` key blocks above a transaction before it counts (default 0 on ae_dev and local_*, else 3)")
	f.Lookup("confirmations").DefValue = "0" // -1 is for "not given"; help says what that means
	f.DurationVar(&o.patience, "patience", 10*time.Minute, "give up after this `TIME` in which nothing happens")
}

// terms checks the flags, asks the node for its network, and returns how coins
// are moved. The caller closes the client.
func (o *movingOptions) terms(ctx context.Context) (accounts.Terms, error) {
	t := accounts.Terms{Patience: o.patience}
	if o.gasPrice != "" {
		var err error
		if t.GasPrice, err = aettos(o.gasPrice); err != nil || t.GasPrice.Sign() == 0 {
			return t, misuse("the least that miners take is 1000000000", "--gas-price %s: expected a whole number of aettos above 0", o.gasPrice)
		}
	}
	if o.patience <= 0 {
		return t, misuse("", "--patience %v: expected a time above zero, such as 10m", o.patience)
	}
	if o.confirmations < -1 || o.confirmations > 10_000 {
		return t, misuse("", "--confirmations %d: expected 0 to 10000", o.confirmations)
	}
	client, err := o.client(ctx)
	if err != nil {
		return t, err
	}
	status, err := client.Status(ctx)
	if err == nil && status.NetworkID == mainnet && !o.allowMainnet {
		err = cannotRun("--allow-mainnet does it anyway", "refused: the network is %s, where coins are real", mainnet)
	}
	if err == nil && o.networkID != "" && status.NetworkID != o.networkID {
		err = cannotRun("check --api and --network-id", "refused: the node is in network %q, not in %s", status.NetworkID, o.networkID)
	}
	if err != nil {
		client.Close()
		return t, notAsked(err)
	}
	t.Node, t.NetworkID = client, status.NetworkID
	switch {
	case o.confirmations >= 0:
		t.Depth = uint64(o.confirmations)
	case !forTests(t.NetworkID):
		t.Depth = 3
	}
	return t, nil
}

// notAsked is the complaint about a node that does not answer as it should. That
// it was not asked to the end because of a signal is none.
func notAsked(err error) error {
	if one, ok := errors.AsType[complaint](err); ok {
		return one
	}
	if errors.Is(err, errInterrupted) {
		return err
	}
	hint := "is a node listening there? --api names another one"
	if _, ok := errors.AsType[*nodeapi.Error](err); ok {
		hint = ""
	}
	return cannotRun(hint, "%v", err)
}

// ended is how a command ends that a signal may have interrupted.
func (c *Command) ended(in *interruption, err error, hint string) error {
	if err == nil {
		return nil
	}
	if code := in.exitCode(); code != exitPassed && errors.Is(err, errInterrupted) {
		c.report(complaint{code: code, text: err.Error(), hint: hint})
		return exitCode(code)
	}
	if one, ok := errors.AsType[complaint](err); ok {
		return one
	}
	return cannotRun(hint, "%v", err)
}

// oneKey reads a key file that holds one account.
func (c *Command) oneKey(path string) (tx.KeyPair, error) {
	keys, err := c.keyFile(path)
	if err != nil {
		return tx.KeyPair{}, err
	}
	if len(keys) != 1 {
		return tx.KeyPair{}, misuse("make a key file with only the account that pays", "%s: %s; expected one", path, count(len(keys), "account"))
	}
	return keys[0], nil
}

// needed refuses a command without its flags.
func needed(cmd *cobra.Command, names ...string) error {
	var missing complaints
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.String() == "" {
			kind, _ := pflag.UnquoteUsage(f)
			missing = append(missing, misuse(cmd.CommandPath()+" --help says more", "%s needs --%s %s", cmd.CommandPath(), name, kind))
		}
	}
	return missing.err()
}
