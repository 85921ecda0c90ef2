package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"chanbot/accounts"
)

// Accounts that have what plan says they need, and no more, get through the
// run, and afterwards their coins and nonces are what it says.
func TestPlanIsWhatARunDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scenario, iterations string }{{"transfers", "2"}, {"close", "2"}, {"deposit", "1"}, {"withdraw", "1"}} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			var said call
			if code := said.main("plan", c.scenario, "--iterations", c.iterations, "--json"); code != exitPassed {
				t.Fatalf("exit code %d: %s", code, said.stderr.String())
			}
			var plan struct {
				Channels             struct{ Opened, Closed, Locked int }
				Initiator, Responder struct {
					Channel, Needed, Fees, Back string
					Nonces                      int
				}
			}
			if err := json.Unmarshal(said.stdout.Bytes(), &plan); err != nil {
				t.Fatal(err)
			}
			keys := accounts.Derive(1, 2)
			node, err := startNode("--block-time", "50ms",
				"--account", keys[0].ID().String()+"="+plan.Initiator.Needed, "--account", keys[1].ID().String()+"="+plan.Responder.Needed)
			if err != nil {
				t.Fatal(err)
			}
			defer node.stop()
			if code, stdout, stderr := apart(t, "run", c.scenario, "--iterations", c.iterations, "--node", node.url, "--out", t.TempDir()); code != exitPassed {
				t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
			}
			sum, want := new(big.Int), new(big.Int)
			add := func(text string, sign int64, n int) {
				v, _ := new(big.Int).SetString(text, 10)
				want.Add(want, v.Mul(v, big.NewInt(sign*int64(n))))
			}
			for i, a := range []struct {
				needed, channel, fees, back string
				nonces                      int
			}{
				{plan.Initiator.Needed, plan.Initiator.Channel, plan.Initiator.Fees, plan.Initiator.Back, plan.Initiator.Nonces},
				{plan.Responder.Needed, plan.Responder.Channel, plan.Responder.Fees, plan.Responder.Back, plan.Responder.Nonces},
			} {
				add(a.needed, 1, 1)
				add(a.fees, -1, 1)
				add(a.channel, -1, plan.Channels.Opened)
				add(a.back, 1, 1)
				balance, nonce := accountOf(t, "http"+strings.TrimPrefix(node.url, "ws"), keys[i].ID().String())
				sum.Add(sum, balance)
				if nonce != a.nonces {
					t.Errorf("account %d has used %d nonces, and the plan says %d", i, nonce, a.nonces)
				}
			}
			// Deposits and withdrawals come on top of what the plan says of channels.
			moved := map[string]int64{"deposit": -1, "withdraw": 1}[c.scenario]
			if diff := new(big.Int).Sub(sum, want); diff.Sign() != int(moved) || diff.CmpAbs(big.NewInt(1_000_000)) > 0 {
				t.Errorf("the accounts have %v left, and the plan says %v", sum, want)
			}
		})
	}
}

func accountOf(t *testing.T, api, address string) (*big.Int, int) {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("%s/v3/accounts/%s", api, address))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a struct {
		Balance *big.Int
		Nonce   int
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || a.Balance == nil {
		t.Fatalf("account %s: %v (%s)", address, err, resp.Status)
	}
	return a.Balance, a.Nonce
}
