package results

import (
	"time"

	"chanbot/outcome"
)

// JournalVersion is the version of the journal's format, which docs/journal.md
// describes.
const JournalVersion = 1

// OperationRecord is one operation that has ended. All times are since the
// start of the run, and the journal keeps them in whole microseconds.
type OperationRecord struct {
	// Due is when the operation should have begun, Sent when its request was
	// sent, and Done when its outcome was known. An operation that was never
	// sent has Sent equal to Done.
	Due, Sent, Done time.Duration
	Pair            int
	// Role is the side that started it.
	Role      outcome.Role
	Operation outcome.Operation
	// Phase is the phase of the load that asked for it, or "".
	Phase string
	// Warmup operations are recorded, but not judged.
	Warmup  bool
	Outcome outcome.Outcome
	// Stages are the parts of the operation that were measured, at most
	// MaxStages of them. The slice is not kept by who takes a record.
	Stages []Stage
}

// Stage is how long one named part of an operation took.
type Stage struct {
	Name string
	Took time.Duration
}

// MaxStages is how many stages of one operation are kept.
const MaxStages = 12

// Micros returns the three clocks of the record in microseconds, indexed by
// outcome.Clock. They are the differences of the times as the journal keeps
// them, so that what was measured and what is read back agree; none is below
// zero.
func (r *OperationRecord) Micros() [3]int64 {
	due, sent, done := r.Due.Microseconds(), r.Sent.Microseconds(), r.Done.Microseconds()
	return [3]int64{
		outcome.Response: max(done-due, 0),
		outcome.Service:  max(done-sent, 0),
		outcome.Waiting:  max(sent-due, 0),
	}
}

// Measured tells whether the times of an operation say something about the
// node. Those of timeouts do: leaving them out would make a slow node look
// fast. Those of what could not be sent because there was no channel any more
// do not: they would make a dead node look fast.
func (r *OperationRecord) Measured() bool {
	switch r.Outcome.Kind {
	case outcome.Cancelled, outcome.Unknown:
		return false
	case outcome.Refused, outcome.Died, outcome.Disconnected:
		return r.Done.Microseconds() > r.Sent.Microseconds()
	}
	return true
}

// GeneratorSample is what the generator knew about itself at one moment. The
// counts and the CPU time are since the start of the run, the maxima and the
// lateness since the sample before.
type GeneratorSample struct {
	TUS int64 `json:"t_us"`
	// Attempts were begun, Ended of them have ended, warm-up included.
	Attempts int64   `json:"attempts"`
	Ended    int64   `json:"ended"`
	CPUS     float64 `json:"cpu_s"`
	RSSBytes int64   `json:"rss_bytes"`
	// MaxRSSBytes is the highest since the process began.
	MaxRSSBytes  int64   `json:"max_rss_bytes"`
	Goroutines   int     `json:"goroutines"`
	Sockets      int     `json:"sockets"`
	GCPauseMaxUS float64 `json:"gc_pause_max_us"`
	// Late says how many operations were late by how many microseconds
	// against the generator's own schedule, in rising order.
	Late []LateCount `json:"late,omitempty"`
}

// LateCount is a number of operations that were late by the same time, up to
// two significant digits.
type LateCount struct {
	US int64 `json:"us"`
	N  int64 `json:"n"`
}

// The marks of a phase.
const (
	// MarkWarmup begins the part of a phase that is not judged.
	MarkWarmup = "warmup"
	// MarkMeasure begins the judged part.
	MarkMeasure = "measure"
	// MarkEnd ends the phase.
	MarkEnd = "end"
)

// PhaseMark is the moment at which a part of a phase begins or ends.
type PhaseMark struct {
	TUS   int64  `json:"t_us"`
	Phase string `json:"phase"`
	What  string `json:"what"` // one of the Mark constants
}

// KindFault is the kind of a mark that tells of a fault which was caused on
// purpose.
const KindFault = "fault"

// TimeMark is a moment or a stretch of the run that explains what was measured:
// a fault that was caused on purpose, a restart of the node. Reports draw it on
// the time axis.
//
// What lasts may be noted twice, when it begins and when it is over, so that a
// run that is killed knows of it: the later mark of the same moment, kind and
// text takes the place of the earlier one.
type TimeMark struct {
	TUS int64 `json:"t_us"`
	// TookUS is how long it lasted; zero is a moment, or not known yet.
	TookUS int64 `json:"took_us,omitempty"`
	// Kind is one word, as KindFault; marks of a kind look alike.
	Kind string `json:"kind"`
	// Text says in a few words what happened.
	Text string `json:"text"`
}

// End is the last record of a journal: what cannot be computed from the others.
type End struct {
	TUS int64 `json:"t_us"`
	// Attempts that were begun in the whole run, warm-up included.
	Attempts   int64       `json:"attempts"`
	Pairs      int         `json:"pairs"`
	Verdict    Verdict     `json:"verdict"`
	Checks     []Check     `json:"checks,omitempty"`
	Thresholds []Threshold `json:"thresholds,omitempty"`
	// Decisions is the hash of all random choices of the run.
	Decisions string `json:"decisions,omitempty"`
	// Steps are those of a scenario that runs step by step.
	Steps []StepReport `json:"steps,omitempty"`
	// Problem says why the run ended before its time, "" when it did not.
	Problem string `json:"problem,omitempty"`
}

// The parts of the file that journal_write.go and journal_read.go share.
const (
	journalMagic = "chanbot journal 1\n" // ends with JournalVersion
	blockSync    = "\xf5CJB"
	headerSize   = 24
	// blockLimit is the size of the content at which a block is written. The
	// last record of a block may go beyond it.
	blockLimit = 64 << 10
	// maxContent bounds the content of a block, for readers and writers.
	maxContent = 16 << 20
)

// The kinds of sections in a block. Readers skip those they do not know.
const (
	sectionManifest   = 1
	sectionOperations = 2
	sectionSample     = 3
	sectionViolation  = 4
	sectionMark       = 5
	sectionEnd        = 6
	sectionLost       = 7
	sectionTimeMark   = 8
)
