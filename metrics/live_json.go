package metrics

import (
	"encoding/json"
	"math"

	"chanbot/outcome"
)

// liveLine is one line of progress; docs/progress.md describes its fields.
type liveLine struct {
	Progress string  `json:"progress"`
	TS       float64 `json:"t_s"`
	*liveSteps
	*liveFleet
	*liveRun
}

type liveSteps struct {
	Steps       int64 `json:"steps"`
	StepsDone   int64 `json:"steps_done"`
	StepsFailed int64 `json:"steps_failed"`
}

type liveFleet struct {
	Stage   string     `json:"stage"`
	Pairs   int        `json:"pairs"`
	Opening int64      `json:"opening"`
	Open    int64      `json:"open"`
	Lost    int64      `json:"lost"`
	Waiting int64      `json:"waiting"`
	Busy    int64      `json:"busy"`
	Sockets int64      `json:"sockets"`
	Phase   *livePhase `json:"phase,omitempty"`
	Load    *livePart  `json:"load,omitempty"`
}

type livePhase struct {
	Name   string `json:"name"`
	Number int    `json:"number"`
	Of     int    `json:"of"`
	Warmup bool   `json:"warmup"`
	livePart
}

type livePart struct {
	ElapsedS float64 `json:"elapsed_s"`
	LengthS  float64 `json:"length_s,omitzero"`
}

type liveRun struct {
	Attempts   int64                    `json:"attempts"`
	Ended      int64                    `json:"ended"`
	Outcomes   map[string]int64         `json:"outcomes"`
	Violations int                      `json:"violations"`
	WindowS    float64                  `json:"window_s"`
	OpsPerS    float64                  `json:"ops_per_s"`
	SignedPerS float64                  `json:"signed_per_s"`
	Operations map[string]liveOperation `json:"operations"`
	LateP99US  *int64                   `json:"late_p99_us,omitempty"`
	CPUCores   *float64                 `json:"cpu_cores,omitempty"`
	RSSBytes   int64                    `json:"rss_bytes,omitzero"`
}

type liveOperation struct {
	OpsPerS  float64        `json:"ops_per_s"`
	Response *liveQuantiles `json:"response,omitempty"`
	Service  *liveQuantiles `json:"service,omitempty"`
}

type liveQuantiles struct {
	P50US int64 `json:"p50_us"`
	P99US int64 `json:"p99_us"`
}

// json returns the run as a line of JSON.
func (v *view) json() []byte {
	l := liveLine{Progress: v.scenario, TS: rounded(v.now.Seconds())}
	if v.steps > 0 {
		l.liveSteps = &liveSteps{v.steps, v.stepsDone, v.stepsFailed}
	}
	if v.fleet {
		l.liveFleet = &liveFleet{
			Stage: v.Stage.String(), Pairs: v.Pairs, Opening: v.Opening, Open: v.Open, Lost: v.Lost,
			Waiting: v.Waiting, Busy: v.Busy, Sockets: v.Sockets,
		}
		if v.Stage == StageLoad && v.Phase.Number > 0 {
			l.Phase = &livePhase{v.Phase.Name, v.Phase.Number, v.Phase.Of, v.Phase.Warmup, v.phase.json()}
			l.Load = new(v.load.json())
		}
	}
	if v.measured {
		l.liveRun = v.recent.json()
	}
	b, err := json.Marshal(l)
	if err != nil { // numbers and names always have a form in JSON
		return nil
	}
	return append(b, '\n')
}

func (p part) json() livePart {
	return livePart{rounded(p.elapsed.Seconds()), rounded(p.length.Seconds())}
}

func (r *recent) json() *liveRun {
	l := &liveRun{
		Attempts: r.attempts, Ended: r.ended, Outcomes: map[string]int64{}, Violations: r.violations,
		WindowS: rounded(r.covered.Seconds()), OpsPerS: rounded(r.perS), SignedPerS: rounded(r.signedPerS),
		Operations: map[string]liveOperation{}, RSSBytes: r.rss,
	}
	for k, n := range r.outcomes {
		if n > 0 {
			l.Outcomes[outcome.Kind(k).String()] = n
		}
	}
	for _, o := range r.operations {
		l.Operations[string(o.name)] = liveOperation{rounded(o.perS), o.response.json(), o.service.json()}
	}
	if r.late >= 0 {
		l.LateP99US = &r.late
	}
	if r.cores >= 0 {
		l.CPUCores = new(rounded(r.cores))
	}
	return l
}

func (q quantiles) json() *liveQuantiles {
	if q.p50 < 0 {
		return nil
	}
	return &liveQuantiles{q.p50, q.p99}
}

// rounded cuts a number to thousandths, which is finer than it is known.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }
