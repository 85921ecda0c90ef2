package metrics

import (
	"chanbot/outcome"
	"chanbot/results"
)

// kinds is the number of outcomes, Pending included, which is never counted.
const kinds = int(outcome.Unknown) + 1

// key is what operations are told apart by.
type key struct {
	operation outcome.Operation
	phase     string
	warmup    bool
}

// cell holds what was recorded under one key. Its histograms are made when
// something is recorded.
type cell struct {
	key
	attempts int64
	outcomes [kinds]int64
	clocks   [3]*hist
	stages   []stage
	idle     int // how often it was collected without anything in it
	// countsOnly keeps no times.
	countsOnly bool
}

// stage is the distribution of one part of an operation.
type stage struct {
	name string
	hist *hist
}

func (c *cell) record(r *results.OperationRecord) {
	c.outcomes[r.Outcome.Kind]++
	if c.countsOnly || !r.Measured() {
		return
	}
	if c.clocks[0] == nil {
		for i := range c.clocks {
			c.clocks[i] = newHist(totalDigits)
		}
	}
	for i, us := range r.Micros() {
		c.clocks[i].record(us)
	}
	for i := range r.Stages {
		c.stage(r.Stages[i].Name).record(r.Stages[i].Took.Microseconds())
	}
}

func (c *cell) stage(name string) *hist {
	for i := range c.stages {
		if c.stages[i].name == name {
			return c.stages[i].hist
		}
	}
	h := newHist(fineDigits)
	c.stages = append(c.stages, stage{name, h})
	return h
}

// empty reports whether nothing was recorded.
func (c *cell) empty() bool {
	return c.attempts == 0 && c.outcomes == [kinds]int64{}
}

func (c *cell) ended() (n int64) {
	for _, v := range c.outcomes {
		n += v
	}
	return n
}

// add adds what o holds, whatever its key is.
func (c *cell) add(o *cell) {
	c.attempts += o.attempts
	for k, n := range o.outcomes {
		c.outcomes[k] += n
	}
	for i, h := range o.clocks {
		if h.count() == 0 {
			continue
		}
		if c.clocks[i] == nil {
			c.clocks[i] = newHist(totalDigits)
		}
		c.clocks[i].add(h)
	}
	for _, s := range o.stages {
		if s.hist.count() > 0 {
			c.stage(s.name).add(s.hist)
		}
	}
}

func (c *cell) reset() {
	c.attempts, c.outcomes = 0, [kinds]int64{}
	for _, h := range c.clocks {
		if h.count() > 0 {
			h.reset()
		}
	}
	for _, s := range c.stages {
		if s.hist.count() > 0 {
			s.hist.reset()
		}
	}
}

// summary returns the cell in the shape of summary.json.
func (c *cell) summary() results.Operation {
	o := results.Operation{Attempts: c.attempts, Outcomes: results.Counts{}}
	for k, n := range c.outcomes {
		if n > 0 {
			o.Outcomes[outcome.Kind(k).String()] = n
		}
	}
	o.Response, o.Service, o.Wait = c.clocks[outcome.Response].latency(), c.clocks[outcome.Service].latency(), c.clocks[outcome.Waiting].latency()
	for _, s := range c.stages {
		if s.hist.count() == 0 {
			continue
		}
		if o.Stages == nil {
			o.Stages = make(map[string]results.Latency)
		}
		o.Stages[s.name] = s.hist.latency()
	}
	return o
}
