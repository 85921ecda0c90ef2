package results

import (
	"fmt"
	"math"
	"time"
)

// Generator says how well the process that made the load kept up.
type Generator struct {
	CPUS         float64 `json:"cpu_s"`
	MaxRSSBytes  int64   `json:"max_rss_bytes"`
	LateP99US    float64 `json:"late_p99_us"`
	GCPauseMaxUS float64 `json:"gc_pause_max_us"`
	// LateLimitUS is how late operations may begin (p99) before the measurement
	// is not valid; zero when there was no load.
	LateLimitUS float64 `json:"late_limit_us"`
	// CPUShare is the share of the cores that the process may use which it used
	// in the busiest CPUWindow of the load, from 0 to 1, and Cores how many those
	// are; zero when the load was shorter.
	CPUShare float64 `json:"cpu_share"`
	Cores    int     `json:"cores"`
	// MaxSockets is the highest number of sockets that was seen.
	MaxSockets int `json:"max_sockets"`
}

// The limits within which a generator is believed.
const (
	// LateFloor is how late operations may always begin, p99, unless somebody
	// says otherwise: less than what nodes are judged by.
	LateFloor = 10 * time.Millisecond
	// LatePart is which part of the service time (p50) the lateness may be when
	// that is more: a slow node is not measured better by a faster generator.
	LatePart = 0.1
	// MaxCPUShare is the share of its cores that the process may use: beyond it
	// frames wait for the process that should read them.
	MaxCPUShare = 0.9
	// IdleCPUShare is the share of its cores below which a process that is late
	// has not held itself up: others had the cores when it wanted one.
	IdleCPUShare = 0.4
	// CPUWindow is for how long it may not.
	CPUWindow = 5 * time.Second
)

// LateLimit returns how late operations may begin, p99, when those of the load
// were served in these times; floor is how late they always may, and zero means
// LateFloor. It does not go by the response times: lateness is a part of them.
func LateLimit(service Latency, floor time.Duration) float64 {
	if floor <= 0 {
		floor = LateFloor
	}
	return max(float64(floor.Microseconds()), math.Round(LatePart*service.P50US))
}

// GeneratorProblem is a reason not to believe the measurements of a run.
type GeneratorProblem struct {
	// Name is lateness or cpu.
	Name string
	// Text says what was seen, Advice what to do about it.
	Text, Advice string
}

// Problems returns why the generator was not able to make the load that it was
// asked for, if it was not. A run without load has none.
func (g Generator) Problems() []GeneratorProblem {
	const advice = "ask for a lower rate, or give chanbot more cores or a machine of its own"
	var out []GeneratorProblem
	if g.LateLimitUS > 0 && g.LateP99US > g.LateLimitUS {
		late := advice
		if g.CPUShare > 0 && g.CPUShare < IdleCPUShare && g.Cores > 0 {
			late = fmt.Sprintf("chanbot used %.0f%% of its %s at most, so other programs kept it waiting, an embedded node among them; end those, ask for a lower rate, or give chanbot a machine of its own",
				math.Ceil(100*g.CPUShare), plural(g.Cores, "core"))
		}
		out = append(out, GeneratorProblem{
			Name: "lateness", Advice: late,
			Text: fmt.Sprintf("operations began %s late (p99) for reasons of the generator's own, and at most %s is taken for exact", shortMicros(g.LateP99US), shortMicros(g.LateLimitUS)),
		})
	}
	if g.CPUShare > MaxCPUShare {
		out = append(out, GeneratorProblem{
			Name: "cpu", Advice: advice,
			Text: fmt.Sprintf("chanbot used %.0f%% of its %s for %v or longer, so that its own work held up the frames", 100*g.CPUShare, plural(g.Cores, "core"), CPUWindow),
		})
	}
	return out
}

func (g Generator) finite() Generator {
	g.CPUS, g.LateP99US, g.GCPauseMaxUS = finite(g.CPUS), finite(g.LateP99US), finite(g.GCPauseMaxUS)
	g.LateLimitUS, g.CPUShare = finite(g.LateLimitUS), finite(g.CPUShare)
	return g
}
