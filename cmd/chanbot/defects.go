package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"chanbot/simnode"
	"chanbot/strategy"
)

// noDefect returns the complaint about a name that no defect has. where is the
// flag or the place in the file that has it.
func noDefect(where, name string) (wrong complaint, unknown bool) {
	_, err := simnode.FindDefect(name)
	u, unknown := errors.AsType[*simnode.UnknownDefectError](err)
	if !unknown {
		return complaint{}, false
	}
	hint := "chanbot node --list-defects shows them"
	if len(u.Near) > 0 {
		hint = "did you mean " + strings.Join(u.Near, " or ") + "?"
	}
	return misuse(hint, "%s: the embedded node has no defect %s", where, name), true
}

// listDefects prints all defects, as a table or as JSON.
func (c *Command) listDefects(asJSON bool) error {
	if asJSON {
		return c.defectsAsJSON()
	}
	width := 0
	for _, d := range simnode.Defects() {
		width = max(width, len(d.Name))
	}
	for i, group := range simnode.DefectGroups() {
		if i > 0 {
			fmt.Fprintln(c.Stdout)
		}
		fmt.Fprintf(c.Stdout, "%s:\n", strings.ToUpper(group[:1])+group[1:])
		for _, d := range simnode.Defects() {
			if d.Group == group {
				fmt.Fprintf(c.Stdout, "  %-*s  %s\n", width, d.Name, d.Does)
			}
		}
	}
	return nil
}

// defectsAsJSON prints what the manual says of each defect.
func (c *Command) defectsAsJSON() error {
	type entry struct {
		Name   string   `json:"name"`
		Group  string   `json:"group"`
		Does   string   `json:"does"`
		Breaks string   `json:"breaks"`
		Source string   `json:"source"`
		Flows  []string `json:"flows"`
		When   string   `json:"when,omitempty"`
	}
	var all []entry
	for _, d := range simnode.Defects() {
		all = append(all, entry{d.Name, d.Group, d.Does, d.Breaks, d.Source, d.Flows, d.When})
	}
	out, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Stdout, "%s\n", out)
	return err
}

// applyDefects switches on what a scenario names.
func applyDefects(cfg *simnode.Config, defects []strategy.Setting) (wrong complaints) {
	for _, d := range defects {
		if d.Value != "" && d.Value != "true" && d.Value != "false" {
			wrong = append(wrong, misuse("write the name alone, in a list", "%s: the defect %s is %q; a defect is there or not", d.Pos, d.Name, d.Value))
			continue
		}
		if w, unknown := noDefect(d.Pos.String(), d.Name); unknown {
			wrong = append(wrong, w)
		} else if d.Value != "false" {
			cfg.Defects = append(cfg.Defects, d.Name)
		}
	}
	return wrong
}

// applyFaults takes over what a scenario says about how slow the embedded node
// is: what a node may do within the protocol.
func applyFaults(cfg *simnode.Config, faults []strategy.Setting) (wrong complaints) {
	times := map[string]*time.Duration{"latency": &cfg.Latency, "setup_time": &cfg.SetupTime, "dial_retry": &cfg.DialRetry}
	for _, f := range faults {
		to := times[f.Name]
		if to == nil {
			wrong = append(wrong, misuse("it has latency, setup_time and dial_retry", "%s: the embedded node has no fault %s", f.Pos, f.Name))
			continue
		}
		d, err := time.ParseDuration(f.Value)
		if err != nil || d <= 0 {
			wrong = append(wrong, misuse("write it like latency: 50ms", "%s: the fault %s is %q; expected a time", f.Pos, f.Name, f.Value))
			continue
		}
		*to = d
	}
	return wrong
}
