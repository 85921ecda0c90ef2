//go:build !linux

package main

import (
	"errors"
	"time"
)

// errNoProc is why most rows cannot be measured here.
var errNoProc = errors.New("CPU and memory of other processes are read on Linux only")

func ownCPU() time.Duration { return 0 }

func childrenCPU() time.Duration { return 0 }

func machineCPU() (busy, all time.Duration) { return 0, 0 }

func cpuOf(int) (time.Duration, error) { return 0, errNoProc }

func residentOf(int) (int64, error) { return 0, errNoProc }

func allDescriptors() (uint64, error) { return 0, errNoProc }
