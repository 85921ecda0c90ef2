package results

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestWhatAGeneratorMayNotDo(t *testing.T) {
	for name, c := range map[string]struct {
		g    Generator
		want []string
	}{
		"no load":         {Generator{LateP99US: 1e6, CPUS: 100}, nil},
		"at its limits":   {Generator{LateP99US: 10_000, LateLimitUS: 10_000, CPUShare: 0.9, Cores: 2}, nil},
		"late":            {Generator{LateP99US: 23_000, LateLimitUS: 10_000}, []string{"began 23.0ms late (p99)", "at most 10.0ms"}},
		"busy":            {Generator{LateLimitUS: 10_000, CPUShare: 0.97, Cores: 2}, []string{"used 97% of its 2 cores for 5s"}},
		"of one core":     {Generator{LateLimitUS: 10_000, CPUShare: 1, Cores: 1}, []string{"used 100% of its 1 core for"}},
		"late because of": {Generator{LateP99US: 1e6, LateLimitUS: 10_000, CPUShare: 0.97, Cores: 2}, []string{"late (p99)", "97%"}},
	} {
		var all []string
		for _, p := range c.g.Problems() {
			all = append(all, p.Name+": "+p.Text)
			if !strings.Contains(p.Advice, "lower rate") {
				t.Errorf("%s: %s: nothing is advised: %q", name, p.Name, p.Advice)
			}
		}
		said := strings.Join(all, "\n")
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is missing in %q", name, want, said)
			}
		}
		if len(c.want) == 0 && len(all) > 0 {
			t.Errorf("%s: %s", name, said)
		}
	}
	late := Generator{LateP99US: 651_000, LateLimitUS: 10_000, CPUShare: 0.076, Cores: 2}
	if p := late.Problems(); len(p) != 1 || !strings.Contains(p[0].Advice, "used 8% of its 2 cores at most, so other programs") {
		t.Errorf("late without work: %+v; want that others had the cores", p)
	}
	for _, share := range []float64{0, IdleCPUShare, 0.9} { // 0: the load was too short to know
		late.CPUShare = share
		if p := late.Problems(); len(p) != 1 || !strings.HasPrefix(p[0].Advice, "ask for a lower rate") {
			t.Errorf("late with a share of %v: %+v", share, p)
		}
	}
	if LateLimit(Latency{P50US: 1000, P99US: 1e6}, 0) != 10_000 || LateLimit(Latency{P50US: 500_000}, 0) != 50_000 || LateLimit(Latency{}, time.Second) != 1e6 {
		t.Error("the limit is neither 10 ms nor a tenth of the service time")
	}
	inf := Generator{CPUS: math.Inf(1), LateP99US: math.NaN(), CPUShare: math.Inf(1), LateLimitUS: math.NaN(), GCPauseMaxUS: math.NaN()}
	if inf.finite() != (Generator{}) {
		t.Errorf("%+v would not be JSON", inf.finite())
	}
}
