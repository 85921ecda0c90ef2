package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func channelsFolder(t *testing.T) *Folder {
	t.Helper()
	f, err := CreateFolder(t.TempDir(), time.Now(), "x")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func reopened(t *testing.T, f *Folder) []ChannelRecord {
	t.Helper()
	c, known, err := f.OpenChannels()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return known
}

func coins(a, b int64) []*big.Int { return []*big.Int{big.NewInt(a), big.NewInt(b)} }

func TestChannelsArePrivateAndLocked(t *testing.T) {
	f := channelsFolder(t)
	if f.HasChannels() {
		t.Error("a new folder has channels")
	}
	c, _, err := f.OpenChannels()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{PrivateDir: 0o700, filepath.Join(PrivateDir, ChannelsFile): 0o600} {
		if info, err := os.Stat(f.File(name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if _, _, err := f.OpenChannels(); !errors.Is(err, ErrInUse) {
		t.Errorf("a second one: %v", err)
	}
	if err := c.Close(); err != nil || !f.HasChannels() {
		t.Error(err)
	}
	reopened(t, f)
}

// What a process that is killed has written is what the file holds before Close.
func TestKilledProcessLosesOneSecondOfStatesAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := channelsFolder(t)
		c, _, err := f.OpenChannels()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		now := func() []ChannelRecord {
			t.Helper()
			file, err := os.Open(f.File(filepath.Join(PrivateDir, ChannelsFile)))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			known, _, err := ReadChannels(file)
			if err != nil {
				t.Fatal(err)
			}
			return known
		}
		c.Channel(ChannelRecord{Channel: "ch_a", Pair: 3, Parties: [2]string{"ak_i", "ak_r"}, FSMIDs: [2]string{"", "ba_r"}, Balances: coins(5, 6)})
		if known := now(); len(known) != 1 || known[0].FSMIDs[1] != "ba_r" || known[0].Pair != 3 {
			t.Errorf("a new channel is not in the file: %v", known)
		}
		before, err := os.Stat(c.path)
		if err != nil {
			t.Fatal(err)
		}
		for round := range uint64(1000) {
			c.Channel(ChannelRecord{Channel: "ch_a", Pair: 3, Round: round + 1, Signed: fmt.Sprint("tx_", round+1), Balances: coins(int64(round), 1)})
		}
		if known := now(); known[0].Round != 0 {
			t.Errorf("written at once: %v", known)
		}
		time.Sleep(flushEvery + time.Millisecond)
		synctest.Wait()
		if known := now(); known[0].Round != 1000 || known[0].Signed != "tx_1000" || known[0].Balances[0].Int64() != 999 {
			t.Errorf("after a second: %v", known)
		}
		if after, err := os.Stat(c.path); err != nil || after.Size()-before.Size() > 200 {
			t.Errorf("1000 states of one second take %d bytes", after.Size()-before.Size())
		}
		c.Channel(ChannelRecord{Channel: "ch_a", FSMIDs: [2]string{"ba_i", "ba_new"}})
		if known := now(); known[0].FSMIDs != [2]string{"ba_i", "ba_new"} || known[0].Round != 1000 {
			t.Errorf("a new fsm_id is not in the file: %v", known)
		}
	})
}

func TestStatesOnlyMoveForward(t *testing.T) {
	r := ChannelRecord{Channel: "ch_a"}
	r.Merge(ChannelRecord{Balances: coins(1, 2)})
	r.Merge(ChannelRecord{Round: 5, Signed: "tx_5", Balances: coins(3, 4)})
	r.Merge(ChannelRecord{Round: 4, Signed: "tx_4"})
	r.Merge(ChannelRecord{Balances: coins(9, 9), Closed: true})
	want := ChannelRecord{Channel: "ch_a", Round: 5, Signed: "tx_5", Balances: coins(3, 4), Closed: true}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %v, want %v", r, want)
	}
	if r.Merge(ChannelRecord{Round: 6, Signed: "tx_6"}); r.Balances != nil {
		t.Errorf("balances of a state before: %v", r)
	}
}

func TestFileThatWasCutGoesOn(t *testing.T) {
	f := channelsFolder(t)
	c, _, err := f.OpenChannels()
	if err != nil {
		t.Fatal(err)
	}
	c.Channel(ChannelRecord{Channel: "ch_a", Create: "th_a"})
	c.Channel(ChannelRecord{Channel: "ch_b", Create: "th_b"})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.path, whole[:len(whole)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	c, known, err := f.OpenChannels()
	if err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	c.Channel(ChannelRecord{Channel: "ch_c", Create: "th_c"})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if known = reopened(t, f); len(known) != 2 || known[1].Channel != "ch_c" {
		t.Errorf("%v", known)
	}
}

func TestChannelsFileStaysSmall(t *testing.T) {
	f := channelsFolder(t)
	c, _, err := f.OpenChannels()
	if err != nil {
		t.Fatal(err)
	}
	long := "tx_" + strings.Repeat("x", 100_000)
	var wg sync.WaitGroup
	for pair := range 4 {
		wg.Go(func() {
			for round := range uint64(100) {
				c.Channel(ChannelRecord{Channel: fmt.Sprint("ch_", pair), Pair: pair, Create: "th_", Round: round + 1, Signed: long})
			}
		})
	}
	wg.Wait()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.path); err != nil || info.Size() > compactFrom+1<<20 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d bytes, %v, %v", info.Size(), info.Mode(), err)
	}
	known := reopened(t, f)
	if len(known) != 4 || slices.ContainsFunc(known, func(r ChannelRecord) bool { return r.Round != 100 || r.Signed != long }) {
		t.Errorf("%d channels", len(known))
	}
}

func TestLinesThatAreTooLongAreGivenUp(t *testing.T) {
	good, err := (&ChannelRecord{Channel: "ch_a"}).appendLine(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := slices.Concat(good, bytes.Repeat([]byte("x"), 3*maxChannelLine), []byte{'\n'}, good)
	known, damaged, err := ReadChannels(bytes.NewReader(text))
	if len(known) != 1 || damaged != 1 || err != nil {
		t.Errorf("%d channels, %d damaged, %v", len(known), damaged, err)
	}
	if _, _, err := ReadChannels(io.MultiReader(bytes.NewReader(good), iotest.ErrReader(os.ErrClosed))); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// Whatever the file holds, reading it ends, and what was read can be written and
// read again. A file that is cut never knows more than the whole one.
func FuzzReadChannels(f *testing.F) {
	var sample []byte
	for _, r := range []ChannelRecord{
		{Channel: "ch_a", Pair: 1, Parties: [2]string{"ak_i", "ak_r"}, Create: "th_", FSMIDs: [2]string{"ba_1", "ba_2"}, Balances: coins(0, 7)},
		{Channel: "ch_b", Pair: 2, Round: 3, Signed: "tx_"}, {Channel: "ch_a", Pair: 1, Round: 9, Signed: "tx_9", Balances: coins(1, 2), Closed: true},
	} {
		var err error
		if sample, err = r.appendLine(sample); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(sample, uint(3))
	f.Add(sample[:len(sample)-5], uint(100))
	f.Add([]byte("00000000 {}\n\n \n{\n"), uint(5))
	f.Fuzz(func(t *testing.T, text []byte, cut uint) {
		known, _, err := ReadChannels(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var again []byte
		for i := range known {
			if again, err = known[i].appendLine(again); err != nil {
				t.Fatal(err)
			}
		}
		twice, damaged, err := ReadChannels(iotest.OneByteReader(bytes.NewReader(again)))
		if err != nil || damaged > 0 || !reflect.DeepEqual(known, twice) {
			t.Errorf("%v became %v (%d damaged, %v)", known, twice, damaged, err)
		}
		part, _, err := ReadChannels(bytes.NewReader(text[:cut%uint(len(text)+1)]))
		if err != nil || len(part) > len(known) {
			t.Fatalf("%d channels of a part, %d of all, %v", len(part), len(known), err)
		}
		for i := range part {
			if part[i].Channel != known[i].Channel || part[i].Round > known[i].Round || part[i].Closed && !known[i].Closed {
				t.Errorf("a part says %v, all %v", part[i], known[i])
			}
		}
	})
}
