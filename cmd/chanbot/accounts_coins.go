package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/spf13/cobra"

	"chanbot/accounts"
	"chanbot/tx"
)

func (c *Command) accountsListCommand() *cobra.Command {
	o := new(apiOptions)
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show what the accounts of a key file have",
		Args:  needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needed(cmd, "accounts"); err != nil {
				return err
			}
			return c.accountsList(cmd.Context(), o, file, asJSON)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&file, "accounts", "", "key `FILE`")
	o.flags(f)
	f.BoolVar(&asJSON, "json", false, "print a JSON list")
	return cmd
}

func (c *Command) accountsList(ctx context.Context, o *apiOptions, file string, asJSON bool) error {
	keys, err := c.keyFile(file)
	if err != nil {
		return err
	}
	client, err := o.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, in, stop := c.watch(ctx, "")
	defer stop()
	status, err := client.Status(ctx)
	if err == nil && o.networkID != "" && status.NetworkID != o.networkID {
		return cannotRun("check --api and --network-id", "refused: the node is in network %q, not in %s", status.NetworkID, o.networkID)
	}
	var balances []accounts.Balance
	if err == nil {
		balances, err = accounts.List(ctx, client, addresses(keys))
	}
	if err != nil {
		return c.ended(in, err, "is a node listening there? --api names another one")
	}
	if asJSON {
		return c.listJSON(balances)
	}
	sum, width := new(big.Int), 0
	for _, b := range balances {
		sum.Add(sum, b.Amount)
		width = max(width, len(b.Amount.String()))
	}
	for _, b := range balances {
		note := fmt.Sprintf("nonce %d", b.Nonce)
		if b.Unknown {
			note = "not on chain"
		}
		fmt.Fprintf(c.Stdout, "%-53s  %*s  %s\n", b.ID, width, b.Amount, note)
	}
	fmt.Fprintf(c.Stdout, "%s on %s, %s aettos\n", count(len(balances), "account"), status.NetworkID, sum)
	return nil
}

func (c *Command) listJSON(balances []accounts.Balance) error {
	type line struct {
		Address tx.ID    `json:"address"`
		Balance *big.Int `json:"balance"`
		Nonce   uint64   `json:"nonce"`
		OnChain bool     `json:"on_chain"`
	}
	lines := []line{}
	for _, b := range balances {
		lines = append(lines, line{b.ID, b.Amount, b.Nonce, !b.Unknown})
	}
	e := json.NewEncoder(c.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(lines)
}

func addresses(keys []tx.KeyPair) []tx.ID {
	ids := make([]tx.ID, len(keys))
	for i, k := range keys {
		ids[i] = k.ID()
	}
	return ids
}

// fundOptions are the flags of accounts fund.
type fundOptions struct {
	movingOptions
	accounts, from, amount, progress string
	quiet                            bool
}

func (c *Command) accountsFundCommand() *cobra.Command {
	o := new(fundOptions)
	cmd := &cobra.Command{
		Use:   "fund",
		Short: "Give coins to the accounts of a key file",
		Long: "Give every account of a key file the same amount, from one account, and wait until\n" +
			"all of it has arrived. What is done is in a progress file: after a crash or Ctrl-C\n" +
			"the same command goes on and pays nobody twice, and accounts that were added to the\n" +
			"key file are paid, too. Without that file it would pay everybody again.",
		Example: "  chanbot accounts fund --accounts keys.yaml --from rich.yaml --amount 1000000000000000000",
		Args:    needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needed(cmd, "accounts", "from", "amount"); err != nil {
				return err
			}
			return c.accountsFund(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.accounts, "accounts", "", "key `FILE` of those who get coins")
	f.StringVar(&o.from, "from", "", "key `FILE` with the one account that pays")
	f.StringVar(&o.amount, "amount", "", "`AETTOS` for each")
	f.StringVar(&o.progress, "progress", "", "`FILE` that remembers what was paid (default: that of --accounts with .funding behind)")
	o.flags(f)
	f.BoolVar(&o.quiet, "quiet", false, "no progress lines")
	return cmd
}

func (c *Command) accountsFund(ctx context.Context, o *fundOptions) error {
	amount, err := aettos(o.amount)
	if err != nil || amount.Sign() == 0 {
		return misuse("1 AE is 1000000000000000000 aettos", "--amount %s: expected a whole number of aettos above 0", o.amount)
	}
	keys, err := c.keyFile(o.accounts)
	if err != nil {
		return err
	}
	from, err := c.oneKey(o.from)
	if err != nil {
		return err
	}
	path := o.progress
	if path == "" {
		path = o.accounts + ".funding"
	}
	goOn := "the same command goes on where this one ended; " + path + " remembers what was paid"
	ctx, in, stop := c.watch(ctx, "interrupted; what is on its way may still arrive")
	defer stop()
	terms, err := o.terms(ctx)
	if err != nil {
		return c.ended(in, err, "")
	}
	defer terms.Node.Close()
	progress, err := accounts.OpenProgress(path)
	if err != nil {
		return cannotRun("", "%v", err)
	}
	defer progress.Close()
	funding := accounts.Funding{Terms: terms, From: from, Progress: progress}
	if !o.quiet {
		funding.Report = func(done, total int) {
			fmt.Fprintf(c.Stderr, "chanbot: %d of %d paid\n", done, total)
		}
	}
	var payments []accounts.Payment
	for _, k := range keys {
		payments = append(payments, accounts.Payment{To: k.ID(), Amount: amount})
	}
	paid, err := accounts.Fund(ctx, funding, payments)
	if errors.Is(err, accounts.ErrOtherPayments) {
		goOn = "--progress FILE names one that remembers these"
	}
	if err != nil {
		return c.ended(in, err, goOn)
	}
	fmt.Fprintf(c.Stdout, "paid %s %s aettos each, fees %s aettos", count(paid.Paid, "account"), amount, paid.Fees)
	if paid.Before > 0 {
		fmt.Fprintf(c.Stdout, "; %d had been paid before", paid.Before)
	}
	fmt.Fprintln(c.Stdout)
	return nil
}

func (c *Command) accountsSweepCommand() *cobra.Command {
	o := new(movingOptions)
	var file, to string
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Move everything that the accounts of a key file have to one account",
		Long: "Move all coins of the accounts of a key file, less the fees, to one account. Coins\n" +
			"that are locked in channels are not on these accounts and stay where they are.",
		Example: "  chanbot accounts sweep --accounts keys.yaml --to ak_…",
		Args:    needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needed(cmd, "accounts", "to"); err != nil {
				return err
			}
			return c.accountsSweep(cmd.Context(), o, file, to)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&file, "accounts", "", "key `FILE` of those who are emptied")
	f.StringVar(&to, "to", "", "`ACCOUNT` that gets the coins, ak_…")
	o.flags(f)
	return cmd
}

func (c *Command) accountsSweep(ctx context.Context, o *movingOptions, file, to string) error {
	target, err := tx.ParseID(to)
	if err != nil || target.Kind != tx.AccountID {
		return misuse("an account begins with ak_", "--to %s: expected an account", to)
	}
	keys, err := c.keyFile(file)
	if err != nil {
		return err
	}
	ctx, in, stop := c.watch(ctx, "interrupted; what is on its way may still arrive")
	defer stop()
	terms, err := o.terms(ctx)
	if err != nil {
		return c.ended(in, err, "")
	}
	defer terms.Node.Close()
	results, err := accounts.Sweep(ctx, terms, keys, target)
	moved, fees, left, swept := new(big.Int), new(big.Int), new(big.Int), 0
	var failed complaints
	for _, r := range results {
		moved.Add(moved, r.Amount)
		fees.Add(fees, r.Fee)
		left.Add(left, r.Left)
		switch {
		case r.Err != nil:
			failed = append(failed, cannotRun("", "account %s: %v", r.ID, r.Err))
		case !r.Hash.IsZero():
			swept++
		}
	}
	if len(results) > 0 {
		fmt.Fprintf(c.Stdout, "moved %s aettos of %s, fees %s aettos; %s aettos are too little to be moved\n", moved, count(swept, "account"), fees, left)
	}
	if err != nil {
		return c.ended(in, err, "the same command goes on")
	}
	if n := len(failed); n > 0 {
		failed[n-1].hint = "the same command tries again"
	}
	return failed.err()
}
