package load

import (
	"testing"
	"time"
)

func BenchmarkAt(b *testing.B) {
	for name, p := range map[string]Pacer{
		"uniform": Uniform{perS(997)},
		"burst":   Burst{50, s},
		"ramp":    Ramp{perS(100), perS(1000), time.Hour},
		"step":    Stairs{perS(100), perS(50), 10 * s, perS(1000)},
		"poisson": Poisson{Rate: perS(400), Over: time.Hour},
	} {
		b.Run(name, func(b *testing.B) {
			k := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				p.At(k % 1_000_000)
				k += 7919
			}
		})
	}
}

func BenchmarkSchedule(b *testing.B) {
	for name, a := range map[string]Arrivals{
		"uniform": {Rate: perS(997)},
		"poisson": {Process: ProcessPoisson, Rate: perS(997)},
		"ramp":    {Process: ProcessRamp, Rate: perS(100), To: perS(1000)},
	} {
		b.Run(name, func(b *testing.B) {
			sched, err := Plan{Pairs: 200, Phases: []Phase{{Arrivals: a, Duration: 1000 * time.Hour}}}.Schedule()
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			b.ReportAllocs()
			for range sched.All() {
				if n++; n > b.N {
					break
				}
			}
		})
	}
}
