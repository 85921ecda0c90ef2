package main

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"time"
)

// timerResult says how late a loop was that does nothing but wait for the next
// moment of a schedule.
type timerResult struct {
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
}

// timerLoop waits for the moments of a uniform schedule: RATE a second, for
// SECONDS. It prints a timerResult.
func timerLoop(args []string) error {
	rate, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return err
	}
	began := time.Now()
	late := make([]time.Duration, 0, int(rate*seconds)+1)
	for n := range cap(late) {
		due := began.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		late = append(late, time.Since(due))
	}
	slices.Sort(late)
	return json.NewEncoder(os.Stdout).Encode(timerResult{P50: late[len(late)/2], P99: late[len(late)*99/100]})
}
