package accounts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestSeedAccountsSurviveTheirFiles(t *testing.T) {
	seed := NewSeed()
	again, err := ParseSeed(seed.Text() + "\n")
	if err != nil || again != seed {
		t.Fatalf("the seed of its own text differs: %v", err)
	}
	keys, more := seed.Accounts(3), again.Accounts(5)
	if fmt.Sprint(keys) != fmt.Sprint(more[:3]) || len(seed.Accounts(-1)) != 0 {
		t.Error("a longer list does not begin with the shorter one")
	}
	var file bytes.Buffer
	if err := Save(&file, more); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(&file)
	if err != nil || len(loaded) != 5 {
		t.Fatalf("%d accounts, %v", len(loaded), err)
	}
	for i, k := range loaded {
		if k.SecretText() != more[i].SecretText() {
			t.Errorf("account %d differs", i)
		}
	}
	if NewSeed() == seed {
		t.Error("two new seeds are the same")
	}
}

func TestSeedsStaySecret(t *testing.T) {
	seed := NewSeed()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		if text := fmt.Sprintf(verb, seed); text != "accounts.Seed" {
			t.Errorf("%s shows %s", verb, text)
		}
	}
	for _, text := range []string{"", "12", strings.Repeat("g", 64), seed.Text() + "00"} {
		if _, err := ParseSeed(text); err == nil || len(text) > 2 && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if b, err := json.Marshal(struct{ S Seed }{seed}); err != nil || string(b) != `{"S":"accounts.Seed"}` {
		t.Errorf("%s, %v", b, err)
	}
}
