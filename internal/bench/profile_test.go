package main

import "testing"

const rawProfile = `PeriodType: cpu nanoseconds
Period: 10000000
Time: 2026-01-02 03:04:05 +0000 UTC
Duration: 1.00
Samples:
samples/count cpu/nanoseconds
          1   10000000: 1 2 
          3   30000000: 3 4 
                part:[journal] 
          5   50000000: 2 
          2   20000000: 4 
                other:[x] part:[live] 
Locations
     1: 0x01 M=1 sync.(*Mutex).Unlock mutex.go:194:0 s=187
             chanbot/metrics.(*Recorder).Record recorder.go:136:0 s=110
     2: 0x02 M=1 chanbot/bot.(*pair).play play.go:1:0 s=1
     3: 0x03 M=1 compress/flate.(*compressor).deflate deflate.go:1:0 s=1
     4: 0x04 M=1 runtime.goexit asm.s:1:0 s=1
Mappings
1: 0x400000/0x500000/0x0 chanbot [FN]
`

func TestParseProfile(t *testing.T) {
	p, err := parseProfile([]byte(rawProfile))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want int64 }{
		"total":     {p.total(), 110e6},
		"measuring": {p.measuring(), 60e6},
		"journal":   {p.labelled("journal"), 30e6},
		"live":      {p.labelled("live"), 20e6},
		"metrics":   {p.labelled("metrics"), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d ns, want %d", name, c.got, c.want)
		}
	}
	for _, broken := range []string{"", "Samples:\nsamples/count cpu/nanoseconds\n 1 x: 1\n"} {
		if p, err := parseProfile([]byte(broken)); err == nil {
			t.Errorf("%q is read as %+v", broken, p)
		}
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add([]byte(rawProfile))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := parseProfile(raw); err == nil && p.total() == 0 {
			t.Error("a profile without time")
		}
	})
}
