package results

// RunPlan is what a run under load was meant to do, with variables and flags
// applied.
type RunPlan struct {
	// Setup says how the channels were to be opened, Teardown how to be ended,
	// both in a few words; "" is not known.
	Setup    string         `json:"setup,omitempty"`
	Teardown string         `json:"teardown,omitempty"`
	Phases   []PlannedPhase `json:"phases"`
}

// PlannedPhase is one stretch of the load.
type PlannedPhase struct {
	Name string `json:"name"`
	// Arrivals are in the words of the scenario, as "400/s poisson".
	Arrivals  string  `json:"arrivals"`
	WarmupS   float64 `json:"warmup_s,omitempty"`
	DurationS float64 `json:"duration_s"`
	// Count and WarmupCount are how many arrivals were to be due; zero when
	// nobody knew before.
	Count       int64 `json:"count,omitempty"`
	WarmupCount int64 `json:"warmup_count,omitempty"`
	// Mix says what an arrival does, a line for each kind of work with its share.
	Mix []string `json:"mix,omitempty"`
}
