package results

import (
	"slices"
	"sync"
	"time"

	"chanbot/outcome"
)

// Sample is one operation that has ended.
type Sample struct {
	Operation outcome.Operation
	// Phase is the phase of the load that asked for it, or "".
	Phase string
	// Warmup samples are counted, but not judged and not measured.
	Warmup  bool
	Outcome outcome.Kind
	// Response runs from the moment the operation was due, Service from the
	// moment it was sent; the wait is the difference.
	Response, Service time.Duration
}

// Tally counts operations from their start to their end. Its methods may be
// called from any goroutine. The zero value is ready to use.
//
// It keeps two durations of every operation, so it fits runs of up to some
// millions of them.
type Tally struct {
	mu      sync.Mutex // guards everything below
	warmup  int64
	phases  []string // in the order in which they began
	buckets map[bucketKey]*bucket
}

type bucketKey struct{ phase, operation string }

// bucket holds what was attempted in one phase under one name.
type bucket struct {
	attempts          int64
	outcomes          Counts
	response, service []time.Duration
}

// Start counts an attempt. Each Start is followed by exactly one End with the
// same operation, phase and warm-up flag.
func (t *Tally) Start(op outcome.Operation, phase string, warmup bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if warmup {
		t.warmup++
		return
	}
	t.bucketLocked(op, phase).attempts++
}

// End counts the outcome of an attempt that Start has counted.
func (t *Tally) End(s Sample) {
	if s.Warmup {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucketLocked(s.Operation, s.Phase)
	b.outcomes[s.Outcome.String()]++
	if measured(s.Outcome) {
		b.response = append(b.response, s.Response)
		b.service = append(b.service, s.Service)
	}
}

// measured tells whether an operation's times say something about the node.
// Timeouts do: leaving them out would make a slow node look fast.
func measured(k outcome.Kind) bool {
	return k != outcome.Cancelled && k != outcome.Unknown
}

func (t *Tally) bucketLocked(op outcome.Operation, phase string) *bucket {
	if t.buckets == nil {
		t.buckets = make(map[bucketKey]*bucket)
	}
	if phase != "" && !slices.Contains(t.phases, phase) {
		t.phases = append(t.phases, phase)
	}
	k := bucketKey{phase, string(op)}
	b := t.buckets[k]
	if b == nil {
		b = &bucket{outcomes: make(Counts)}
		t.buckets[k] = b
	}
	return b
}

// Fill sets the counts, the latencies and the throughput of s. Took is the
// length of the judged part of the whole run, phases those of its phases.
func (t *Tally) Fill(s *Summary, took time.Duration, phases map[string]time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Version = SummaryVersion
	s.DurationS = finite(took.Seconds())
	s.Warmup.Attempts = t.warmup
	total, operations := t.groupLocked(func(bucketKey) bool { return true })
	s.Attempts, s.Outcomes, s.Operations = total.Attempts, total.Outcomes, operations
	s.Throughput = throughput(total.Outcomes, took)
	s.Phases = make([]Phase, 0, len(t.phases))
	for _, name := range t.phases {
		total, operations := t.groupLocked(func(k bucketKey) bool { return k.phase == name })
		s.Phases = append(s.Phases, Phase{
			Name:       name,
			DurationS:  finite(phases[name].Seconds()),
			Operation:  total,
			Operations: operations,
			Throughput: throughput(total.Outcomes, phases[name]),
		})
	}
}

// groupLocked adds up the buckets that belong to a group: all together, and by
// the name of the operation.
func (t *Tally) groupLocked(belongs func(bucketKey) bool) (Operation, map[string]Operation) {
	all := bucket{outcomes: make(Counts)}
	byName := make(map[string]*bucket)
	for k, b := range t.buckets {
		if !belongs(k) {
			continue
		}
		named := byName[k.operation]
		if named == nil {
			named = &bucket{outcomes: make(Counts)}
			byName[k.operation] = named
		}
		named.add(b)
		all.add(b)
	}
	operations := make(map[string]Operation, len(byName))
	for name, b := range byName {
		operations[name] = b.operation()
	}
	return all.operation(), operations
}

func (b *bucket) add(o *bucket) {
	b.attempts += o.attempts
	for k, n := range o.outcomes {
		b.outcomes[k] += n
	}
	b.response = append(b.response, o.response...)
	b.service = append(b.service, o.service...)
}

func (b *bucket) operation() Operation {
	wait := make([]time.Duration, len(b.response))
	for i := range wait {
		wait[i] = b.response[i] - b.service[i]
	}
	return Operation{
		Attempts: b.attempts, Outcomes: b.outcomes,
		Response: NewLatency(b.response), Service: NewLatency(b.service), Wait: NewLatency(wait),
	}
}

// NewLatency computes the distribution of samples, which it sorts. A quantile
// is the smallest sample that at least that share of the samples does not
// exceed.
func NewLatency(samples []time.Duration) Latency {
	n := len(samples)
	if n == 0 {
		return Latency{}
	}
	slices.Sort(samples)
	var sum float64
	for _, d := range samples {
		sum += micros(d)
	}
	at := func(permille int) float64 { return micros(samples[(n*permille+999)/1000-1]) }
	return Latency{
		Count: int64(n), MeanUS: finite(sum / float64(n)),
		P50US: at(500), P90US: at(900), P99US: at(990), P999US: at(999), MaxUS: micros(samples[n-1]),
	}
}

func throughput(c Counts, took time.Duration) Throughput {
	if took <= 0 {
		return Throughput{}
	}
	return Throughput{SignedPerS: finite(float64(c[outcome.Signed.String()]) / took.Seconds())}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
