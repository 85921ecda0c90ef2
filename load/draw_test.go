package load

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The outputs of SplitMix64 from state 1234567 that its published
// implementations agree on.
func TestDrawIsSplitMix64(t *testing.T) {
	want := []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821}
	state := uint64(1234567)
	for n, w := range want {
		state += golden
		if got := finish(state); got != w {
			t.Errorf("output %d is %d, want %d", n, got, w)
		}
	}
	// Stream s of a seed begins at output s of the seed.
	if got, want := Draw(1234567, 1, 0), finish(3203168211198807973+golden); got != want {
		t.Errorf("draw 0 of stream 1 is %d, want %d", got, want)
	}
}

// These values are part of what a seed means: they must not change.
func TestWhatASeedMeans(t *testing.T) {
	var pairs []int
	for k := range int64(12) {
		pairs = append(pairs, Pair(1, k, 200))
	}
	if want := []int{73, 188, 9, 155, 43, 154, 125, 49, 35, 48, 122, 185}; !slices.Equal(pairs, want) {
		t.Errorf("pairs of seed 1: %v, want %v", pairs, want)
	}
	m := NewMix(90, 5, 4, 1)
	var kinds []int
	for k := range int64(24) {
		kinds = append(kinds, m.Of(1, k))
	}
	if want := []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0}; !slices.Equal(kinds, want) {
		t.Errorf("kinds of seed 1: %v, want %v", kinds, want)
	}
	var times []time.Duration
	for k := range int64(4) {
		times = append(times, Poisson{Rate: perS(100_000), Over: s, Seed: 1}.At(33_000*k))
	}
	if want := []time.Duration{4150, 331186780, 659928690, 989793740}; !slices.Equal(times, want) {
		t.Errorf("times of seed 1: %d, want %d", times, want)
	}
}

// even fails when the counts are further from equal chances than happens once in
// a very long time.
func even(t *testing.T, what string, counts []int, chances []float64) {
	t.Helper()
	total := 0
	for _, n := range counts {
		total += n
	}
	chi := 0.0
	for i, n := range counts {
		want := float64(total) * chances[i]
		if want == 0 {
			if n > 0 {
				t.Errorf("%s: %d of what has no chance", what, n)
			}
			continue
		}
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	free := float64(len(counts) - 1)
	if limit := free + 5*math.Sqrt(2*free) + 5; chi > limit {
		t.Errorf("%s: chi square %.1f with %.0f degrees of freedom: %v", what, chi, free, counts)
	}
}

func equal(n int) []float64 { return slices.Repeat([]float64{1 / float64(n)}, n) }

func TestPairsAreDrawnEvenly(t *testing.T) {
	for _, pairs := range []int{1, 2, 7, 200} {
		for _, seed := range []uint64{0, 1, math.MaxUint64} {
			counts := make([]int, pairs)
			for k := range int64(50_000) {
				counts[Pair(seed, k, pairs)]++
			}
			even(t, "pairs", counts, equal(pairs))
		}
	}
	if Pair(1, 5, 0) != 0 || Pair(1, 5, -3) != 0 {
		t.Error("without pairs")
	}
}

func TestMixHasItsWeights(t *testing.T) {
	m := NewMix(90, 0, 9, 1)
	chances := []float64{0.9, 0, 0.09, 0.01}
	counts, own := make([]int, 4), make([]int, 4)
	for k := range int64(100_000) {
		counts[m.Of(7, k)]++
		own[m.OfPair(7, int(k%10), k/10)]++
	}
	even(t, "arrivals", counts, chances)
	even(t, "pairs", own, chances)
	for name, m := range map[string]Mix{"zero": {}, "empty": NewMix(), "no weight": NewMix(0, 0)} {
		if got := m.Of(1, 1); got != -1 {
			t.Errorf("%s: %d, want -1", name, got)
		}
	}
	if m := NewMix(math.MaxUint64, math.MaxUint64); m.Of(1, 1) != 0 {
		t.Error("weights beyond 2^64")
	}
}

func TestPoissonIsEvenAndIndependent(t *testing.T) {
	for _, seed := range []uint64{0, 1, 99} {
		p := Poisson{Rate: perS(100_000), Over: s, Seed: seed}
		const windows = 1000
		counts := make([]int, windows)
		var first, second int // gaps at least as long as the mean, and the gap after it, too
		at := inOrder(p)
		last := time.Duration(0)
		long := false
		for k := range p.Count(s) {
			due := at(k)
			counts[due*windows/s]++
			is := due-last >= 10*time.Microsecond
			if is {
				first++
				if long {
					second++
				}
			}
			last, long = due, is
		}
		even(t, "windows", counts, equal(windows))
		// Of exponential gaps 1/e are at least as long as the mean.
		if share := float64(first) / 100_000; math.Abs(share-1/math.E) > 0.01 {
			t.Errorf("seed %d: %.3f of the gaps are longer than the mean, want 0.368", seed, share)
		}
		if share := float64(second) / float64(first); math.Abs(share-1/math.E) > 0.015 {
			t.Errorf("seed %d: %.3f of the gaps after those are, too, want 0.368", seed, share)
		}
		// And the numbers vary as a Poisson process does: variance = mean.
		sum := 0.0
		for _, n := range counts {
			sum += float64((n - 100) * (n - 100))
		}
		if v := sum / windows; v < 80 || v > 120 {
			t.Errorf("seed %d: the variance of the numbers in a window is %.1f, want 100", seed, v)
		}
	}
}

func TestHalvesHaveTheRightSpread(t *testing.T) {
	for _, n := range []int64{1, 2, 63, 64, 65, 100, 4096, 4097, 100_000, 1 << 40} {
		const draws = 10_000
		var sum, squares float64
		for i := range uint64(draws) {
			got := half(n, Draw(3, 9, i))
			if got < 0 || got > n {
				t.Fatalf("half of %d is %d", n, got)
			}
			d := float64(got) - float64(n)/2
			sum += d
			squares += d * d
		}
		sd := math.Sqrt(float64(n)) / 2
		if mean := sum / draws / sd; math.Abs(mean) > 5/math.Sqrt(draws) {
			t.Errorf("half of %d is off by %.3f standard deviations", n, mean)
		}
		if v := squares / draws / (sd * sd); math.Abs(v-1) > 0.06 {
			t.Errorf("half of %d has %.3f of the variance", n, v)
		}
	}
}
