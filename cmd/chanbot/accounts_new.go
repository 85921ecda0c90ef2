package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"chanbot/accounts"
)

func (c *Command) accountsNewCommand() *cobra.Command {
	var seedFile, out string
	var n int
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make a key file",
		Long: "Make a key file of the first accounts of a seed. The seed is read from --seed-file,\n" +
			"or made at random and written there: that file alone brings all accounts back, so\n" +
			"keep it. The same seed gives the same accounts, and a larger --count continues them.\n" +
			"The addresses are printed; files that exist are not written to.",
		Example: "  chanbot accounts new --count 200 --seed-file seed --out keys.yaml",
		Args:    needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needed(cmd, "seed-file", "out"); err != nil {
				return err
			}
			return c.accountsNew(n, seedFile, out)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&n, "count", 2, "`N` accounts, two for each pair")
	f.StringVar(&seedFile, "seed-file", "", "`FILE` with the seed; made if it is not there")
	f.StringVar(&out, "out", "", "key `FILE` to make")
	return cmd
}

func (c *Command) accountsNew(n int, seedFile, out string) error {
	if n < 1 || n > 2*maxPairs {
		return misuse("", "--count %d: expected 1 to %d", n, 2*maxPairs)
	}
	if _, err := os.Lstat(out); err == nil {
		return misuse("choose another name, or move it away", "%s exists", out)
	}
	seed, err := c.seed(seedFile)
	if err != nil {
		return err
	}
	keys := seed.Accounts(n)
	var file bytes.Buffer
	if err := accounts.Save(&file, keys); err != nil {
		return err
	}
	if err := writeSecret(out, file.Bytes()); err != nil {
		return badFile(out, err)
	}
	for _, k := range keys {
		fmt.Fprintln(c.Stdout, k)
	}
	return nil
}

// seed reads the seed of a file, or makes both.
func (c *Command) seed(path string) (accounts.Seed, error) {
	text, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		seed := accounts.NewSeed()
		if err := writeSecret(path, []byte(seed.Text()+"\n")); err != nil {
			return seed, badFile(path, err)
		}
		fmt.Fprintf(c.Stderr, "chanbot: wrote a new seed into %s; keep it, it brings the accounts back\n", path)
		return seed, nil
	}
	if err != nil {
		return accounts.Seed{}, badFile(path, err)
	}
	if info, err := os.Stat(path); err == nil && exposed(info.Mode()) {
		c.warn("%s can be read by everybody on this machine; chmod 600 makes it yours alone", path)
	}
	seed, err := accounts.ParseSeed(string(text))
	if err != nil {
		return seed, misuse("a file that is not there is made with a new seed", "%s: %v", path, err)
	}
	return seed, nil
}

// writeSecret makes a file that only its owner can read.
func writeSecret(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
