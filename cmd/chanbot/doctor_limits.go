package main

import (
	"context"
	"fmt"
)

// checkMachines holds the pairs against the machines that the node takes. The
// limit cannot be asked for; only a refusal shows it.
func (d *doctor) checkMachines(ctx context.Context) {
	places := []string{d.o.internalAPI}
	if d.o.internalAPI == "" {
		places = []string{otherPort(d.o.node, "3113")}
		if d.report.API != "" {
			places = []string{d.report.API, otherPort(d.report.API, "3113")}
		}
	}
	for _, place := range places {
		client, _, err := d.clientOf(place)
		if err != nil {
			continue
		}
		n, err := client.FSMCount(ctx)
		client.Close()
		if err == nil {
			d.used, d.usedKnown = n, true
			break
		}
	}
	each, sides := 2, "both sides"
	if d.o.oneSide {
		each, sides = 1, "one side"
	}
	limit := count(d.o.maxChannels, "machine")
	if !d.s.given.Changed("max-channels") {
		limit += " by default (channels.max_count)"
	}
	running := "how many run is not known"
	free := d.o.maxChannels
	if d.usedKnown {
		running = fmt.Sprintf("%d run", d.used)
		free -= int(min(d.used, uint64(free)))
	}
	channels := free / each
	text := fmt.Sprintf("%s wanted; this node takes %s when it serves %s: %s, %s", count(d.pairs, "pair"), count(channels, "channel"), sides, limit, running)
	switch {
	case d.full && d.usedKnown:
		d.report.add("machines", failed, fmt.Sprintf("%s, and the node takes no more: its limit is about that", running), fmt.Sprintf("raise channels.max_count to %d, or end what runs", int(d.used)+each*d.pairs))
	case d.pairs > channels:
		d.report.add("machines", failed, text, fmt.Sprintf("raise channels.max_count to %d and say so with --max-channels, or run at most %d --pairs", int(d.used)+each*d.pairs, channels))
	default:
		d.report.add("machines", fine, text, "")
	}
}

// checkSockets holds the pairs against the sockets that the node takes, which
// nobody can ask for either.
func (d *doctor) checkSockets() {
	need := 2 * d.pairs
	if d.o.oneSide {
		need = d.pairs
	}
	given := d.s.given.Changed("max-sockets")
	text := fmt.Sprintf("%s needed; this node takes %d", count(need, "socket"), d.o.maxSockets)
	if !given {
		text += " if its web server has its default"
	}
	switch {
	case need <= d.o.maxSockets:
		d.report.add("sockets", fine, text, "")
	case given:
		d.report.add("sockets", failed, text, "those beyond it get no answer until others end")
	default:
		d.report.add("sockets", warning, text, "beyond its limit a socket is connected and gets no answer; --max-sockets says what it is")
	}
}

// checkDescriptors looks at what this process may open.
func (d *doctor) checkDescriptors() {
	limit, known := descriptors()
	if !known {
		d.report.add("own files", unknown, "this system does not say how many sockets a process may have", "")
		return
	}
	if err := d.s.enoughSockets(d.pairs, false, limit, known); err != nil {
		one := d.c.firstComplaint(err)
		d.report.add("own files", failed, one.text, one.hint)
		return
	}
	d.report.add("own files", fine, fmt.Sprintf("this process may have %d open files and sockets", limit), "")
}
