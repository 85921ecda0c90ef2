package bot

import (
	"testing"
	"time"
)

// A silence is judged once the node had its time, and not a moment earlier because
// this process stood still in between.
func TestASilenceIsOnlyWhatCouldBeHeard(t *testing.T) {
	const patience = 800 * time.Millisecond
	for _, c := range []struct {
		name string
		// still is when the process stands still and for how long, want when the
		// silence since the beginning is judged.
		still, long, want time.Duration
	}{
		{"a process that is awake", 0, 0, patience},
		{"one that is late by a little", 150 * time.Millisecond, 80 * time.Millisecond, patience},
		{"one that stands still at once", 10 * time.Millisecond, 3 * time.Second, 3010*time.Millisecond + patience},
		{"one that stands still at the end", 790 * time.Millisecond, time.Second, 1790*time.Millisecond + patience},
		{"one that stands still between two looks", 390 * time.Millisecond, 300 * time.Millisecond, 690*time.Millisecond + patience},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v vigil
			due := v.next(0, 0, patience)
			for range 100 {
				now := due
				if due >= c.still && due < c.still+c.long {
					now = c.still + c.long
				}
				v.look(due, now, patience)
				if v.over(0, now, patience) {
					if now != c.want {
						t.Errorf("judged after %v, want %v", now, c.want)
					}
					return
				}
				if due = v.next(0, now, patience); due <= now {
					t.Fatalf("after %v it looks again at %v", now, due)
				}
			}
			t.Error("never judged")
		})
	}
}

// Where nothing was owed at the end of a silence, looks go on.
func TestASilenceInWhichNothingIsOwedIsLookedAtAgain(t *testing.T) {
	var v vigil
	if at := v.next(0, 5*time.Second, time.Second); at <= 5*time.Second || at > 6*time.Second {
		t.Errorf("the next look is at %v", at)
	}
}
