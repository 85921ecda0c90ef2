package results

import (
	"cmp"
	"math"
	"slices"
)

// htmlGenerator is how well the generator kept up.
type htmlGenerator struct {
	Problems []string
	Facts    []htmlFact
	Charts   bool
}

func (r *RunReport) htmlGenerator() *htmlGenerator {
	g := &r.Summary.Generator
	long := len(r.Generator) >= 3
	if !long && (!r.underLoad() || *g == (Generator{})) {
		return nil
	}
	out := &htmlGenerator{Charts: long}
	for _, p := range g.Problems() {
		out.Problems = append(out.Problems, capital(p.Text)+"; "+p.Advice+".")
	}
	add := func(name, value string) { out.Facts = append(out.Facts, htmlFact{name, value}) }
	late := period(g.LateP99US)
	if g.LateLimitUS > 0 {
		late += ", at most " + period(g.LateLimitUS) + " is taken for exact"
	}
	add("lateness of its own schedule, p99", late)
	if g.CPUShare > 0 {
		add("of its "+counted(int64(g.Cores), "core")+" in the busiest "+CPUWindow.String(), figure(math.Round(100*g.CPUShare))+thin+"%")
	}
	add("CPU time", period(g.CPUS*1e6))
	add("memory at most", bytesText(g.MaxRSSBytes))
	add("longest pause for garbage collection", period(g.GCPauseMaxUS))
	most := g.MaxSockets
	for i := range r.Generator {
		most = max(most, r.Generator[i].Sockets)
	}
	if most > 0 {
		add("sockets at most", grouped(int64(most)))
	}
	return out
}

// generatorLines are the samples of the generator.
type generatorLines struct {
	T          figures `json:"t"`
	CPU        figures `json:"cpu"` // cores in use
	RSS        figures `json:"rss"` // bytes
	GC         figures `json:"gc"`  // µs
	Late       figures `json:"late_p99"`
	LateMax    figures `json:"late_max"`
	Sockets    figures `json:"sockets"`
	Goroutines figures `json:"goroutines"`
}

// generatorOf puts samples into points, of which each has the highest value of
// its samples.
func generatorOf(samples []GeneratorSample) *generatorLines {
	if len(samples) < 2 {
		return nil
	}
	g := new(generatorLines)
	per := (len(samples) + chartPoints - 1) / chartPoints
	var before GeneratorSample
	for part := range slices.Chunk(samples, per) {
		last := part[len(part)-1]
		took := float64(last.TUS-before.TUS) / 1e6
		cpu := math.NaN()
		if took > 0 {
			cpu = max(last.CPUS-before.CPUS, 0) / took
		}
		if took < 0.1 && len(g.T) > 0 { // the last sample is taken at the end, whenever that is
			cpu = g.CPU[len(g.CPU)-1]
		}
		var all GeneratorSample
		var late []LateCount
		for i := range part {
			s := &part[i]
			all.RSSBytes, all.GCPauseMaxUS = max(all.RSSBytes, s.RSSBytes), max(all.GCPauseMaxUS, s.GCPauseMaxUS)
			all.Sockets, all.Goroutines = max(all.Sockets, s.Sockets), max(all.Goroutines, s.Goroutines)
			late = append(late, s.Late...)
		}
		p99, most := lateness(late)
		g.T = append(g.T, float64(last.TUS)/1e6)
		g.CPU, g.RSS, g.GC = append(g.CPU, cpu), append(g.RSS, float64(all.RSSBytes)), append(g.GC, all.GCPauseMaxUS)
		g.Late, g.LateMax = append(g.Late, p99), append(g.LateMax, most)
		g.Sockets, g.Goroutines = append(g.Sockets, float64(all.Sockets)), append(g.Goroutines, float64(all.Goroutines))
		before = last
	}
	return g
}

// lateness returns the 99th percentile and the maximum in µs, NaN when nothing
// was due. It sorts late.
func lateness(late []LateCount) (p99, most float64) {
	var n int64
	for _, l := range late {
		n += max(l.N, 0)
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	slices.SortFunc(late, func(a, b LateCount) int { return cmp.Compare(a.US, b.US) })
	need := n - n/100
	var seen int64
	p99 = math.NaN()
	for _, l := range late {
		if l.N <= 0 {
			continue
		}
		seen += l.N
		if math.IsNaN(p99) && seen >= need {
			p99 = float64(l.US)
		}
		most = float64(l.US)
	}
	return p99, most
}
