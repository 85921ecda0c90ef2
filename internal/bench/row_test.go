package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	made := func(name string, target, stretch limit, unit string) *row {
		return &row{name: name, what: "what it is", target: target, stretch: stretch, unit: unit}
	}
	var out bytes.Buffer
	table(&out, []*result{
		{row: made("load-1", atLeast(70), atLeast(90), "×"), fig: figure{measured: "800/s", reference: "SDK 10/s", ratio: 80, notes: []string{"a note", ""}}},
		{row: made("load-2", atMost(12), limit{}, "×"), fig: figure{measured: "90 µs", reference: "7 µs", ratio: 12.5}},
		{row: made("load-3", atMost(2), atMost(1.5), "×"), fig: figure{measured: "90 µs", skip: "npm is not installed"}},
		{row: made("load-4", atMost(20), atMost(12), " KiB"), err: errors.New("no room")},
		{row: made("rel-2", limit{}, limit{}, ""), fig: figure{measured: "+0.1 ± 0.3 MiB/h", reference: "0 MiB/h", word: "met"}},
	})
	want := `row     measured          reference                      ratio  target
load-1  800/s             SDK 10/s                       80.0×  ≥ 70× met, stretch ≥ 90× missed
load-2  90 µs             7 µs                           12.5×  ≤ 12× missed
load-3  90 µs             skipped: npm is not installed         
load-4  not measured                                            
rel-2   +0.1 ± 0.3 MiB/h  0 MiB/h                               met

load-1: what it is
  a note
load-2: what it is
load-3: what it is
load-4: what it is
  not measured: no room
rel-2: what it is
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestChoose(t *testing.T) {
	all, err := choose("")
	if err != nil || len(all) != len(rows) {
		t.Errorf("%d rows, %v", len(all), err)
	}
	two, err := choose("load-9, load-8")
	if err != nil || len(two) != 2 || two[0].name != "load-9" || two[1].name != "load-8" {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := choose("load-99"); err == nil {
		t.Error("load-99 is there")
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 1.234: "1.23", 12.34: "12.3", 123.4: "123", -12.34: "-12.3"} {
		if got := short(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
