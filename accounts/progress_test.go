package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chanbot/tx"
)

func TestProgressFiles(t *testing.T) {
	rich, other := tx.NewKeyPair(seedOf(9)), tx.NewKeyPair(seedOf(8))
	sign := func(from tx.KeyPair, amount int64, nonce uint64, network string) string {
		s := tx.NewSigned(&tx.Spend{SenderID: from.ID(), RecipientID: seedAccount(1), Amount: coins(amount), Fee: coins(2e13), Nonce: nonce}).Sign(from, network, tx.Raw)
		return `{"signed":"` + s.Text() + `"}` + "\n"
	}
	head := `{"funding":1,"network_id":"ae_dev","genesis":"kh_x","from":"` + rich.String() + `"}` + "\n"
	one := sign(rich, 5, 1, "ae_dev")
	s, err := tx.ParseSigned(strings.Split(one, `"`)[3])
	if err != nil {
		t.Fatal(err)
	}
	hash := s.Hash().Text(tx.PrefixTxHash)
	confirmed, void := `{"confirmed":"`+hash+`","height":3}`+"\n", `{"void":"`+hash+`"}`+"\n"
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", ""},
		{"only a line without its end", head[:30], ""},
		{"header", head, ""},
		{"signed", head + one, ""},
		{"signed twice with one nonce", head + one + sign(rich, 5, 1, "ae_dev"), ""},
		{"confirmed", head + one + confirmed, ""},
		{"void and signed anew", head + one + void + sign(rich, 5, 2, "ae_dev"), ""},
		{"a line without its end", head + one[:40], ""},
		{"no header", one, "line 1: not a line"},
		{"other version", strings.Replace(head, `g":1`, `g":2`, 1), "line 1: not the first line"},
		{"not JSON", head + "x\n", "line 2: not a line"},
		{"empty line", head + "\n", "line 2: not a line"},
		{"nothing said", head + "{}\n", "line 2: not a line"},
		{"two things said", head + one + `{"void":"` + hash + `","confirmed":"` + hash + `"}` + "\n", "line 3: not a line"},
		{"unknown field", head + `{"paid":1}` + "\n", "line 2: not a line"},
		{"other network", head + sign(rich, 5, 1, "ae_uat"), "line 2: the signature is not the sender's"},
		{"other sender", head + sign(other, 5, 1, "ae_dev"), "line 2: the sender is " + other.String()},
		{"other amount", head + one + sign(rich, 6, 1, "ae_dev"), "gets 5 and 6"},
		{"two nonces", head + one + sign(rich, 5, 2, "ae_dev"), "with the nonces 1 and 2"},
		{"signed after it arrived", head + one + confirmed + sign(rich, 5, 2, "ae_dev"), "is paid already"},
		{"confirmed twice", head + one + confirmed + confirmed, "is no open transaction"},
		{"confirmed after void", head + one + void + sign(rich, 5, 2, "ae_dev") + confirmed, "is no open transaction"},
		{"unknown transaction", head + `{"confirmed":"` + tx.Hash{1}.Text(tx.PrefixTxHash) + `"}` + "\n", "is no open transaction"},
		{"no transaction", head + `{"signed":"tx_x"}` + "\n", "line 2: text \"tx_x\""},
		{"endless line", head + strings.Repeat("x", maxLine+1), "line 2: longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "progress")
			if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := OpenProgress(path)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "progress file "+path) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			left, err := os.ReadFile(path)
			if whole := c.file[:strings.LastIndexByte(c.file, '\n')+1]; err != nil || string(left) != whole {
				t.Errorf("the file holds %q (%v), want %q", left, err, whole)
			}
			if _, err := OpenProgress(path); !errors.Is(err, ErrInUse) {
				t.Errorf("opened twice: %v", err)
			}
		})
	}
	if _, err := OpenProgress(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}

func seedAccount(b byte) tx.ID { return tx.NewKeyPair(seedOf(b)).ID() }

func FuzzProgress(f *testing.F) {
	k := tx.NewKeyPair(seedOf(9))
	head := `{"funding":1,"network_id":"ae_dev","genesis":"kh_x","from":"` + k.String() + `"}` + "\n"
	s := tx.NewSigned(&tx.Spend{SenderID: k.ID(), RecipientID: seedAccount(1), Amount: coins(5), Fee: coins(2e13), Nonce: 1}).Sign(k, "ae_dev", tx.Raw)
	f.Add(head + `{"signed":"` + s.Text() + `"}` + "\n" + `{"confirmed":"` + s.Hash().Text(tx.PrefixTxHash) + `","height":3}` + "\n")
	f.Add(head + `{"void":"` + s.Hash().Text(tx.PrefixTxHash) + `"}`)
	f.Fuzz(func(t *testing.T, file string) {
		p, size, err := readProgress(strings.NewReader(file))
		if err != nil {
			return
		}
		if size > int64(len(file)) || size > 0 && file[size-1] != '\n' {
			t.Errorf("%d bytes are whole lines", size)
		}
		for _, pay := range p.order {
			for _, s := range pay.signed {
				spend, err := s.Decode()
				if err != nil || spend.(*tx.Spend).Nonce != pay.nonce || spend.(*tx.Spend).RecipientID != pay.to {
					t.Errorf("payment %+v, transaction %+v, %v", pay, spend, err)
				}
			}
		}
	})
}
