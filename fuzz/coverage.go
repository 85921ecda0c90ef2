package fuzz

import (
	"cmp"
	"maps"
	"slices"

	"chanbot/model"
)

// Coverage is which requests met which states of the node's machine, and what
// came of them.
type Coverage struct {
	// Reachable is how many cells the reviewed list has (model.Cells), Covered
	// how many of them were met.
	Reachable int `json:"reachable"`
	Covered   int `json:"covered"`
	// Missing are those that were not, as "state × input".
	Missing []string `json:"missing"`
	// Cells are those that were met.
	Cells []CellCount `json:"cells"`
}

// CellCount is how often a cell was met.
type CellCount struct {
	State string `json:"state"`
	Input string `json:"input"`
	Times int64  `json:"times"`
	// Reactions counts the names of the first frames that came after it.
	Reactions map[string]int64 `json:"reactions"`
}

// mapped counts cells.
type mapped map[model.Cell]*CellCount

func (m mapped) add(cells []seenCell) {
	for _, c := range cells {
		n := m[c.cell]
		if n == nil {
			n = &CellCount{State: c.cell.State, Input: c.cell.Input, Reactions: make(map[string]int64)}
			m[c.cell] = n
		}
		n.Times++
		n.Reactions[c.reaction]++
	}
}

// coverage compares what was met with the reviewed list.
func (m mapped) coverage() Coverage {
	cov := Coverage{Missing: []string{}, Cells: []CellCount{}}
	for _, c := range model.Cells() {
		cov.Reachable++
		if m[c] == nil {
			cov.Missing = append(cov.Missing, c.String())
			continue
		}
		cov.Covered++
	}
	for _, n := range m {
		one := *n
		one.Reactions = maps.Clone(n.Reactions)
		cov.Cells = append(cov.Cells, one)
	}
	slices.SortFunc(cov.Cells, func(a, b CellCount) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Input, b.Input))
	})
	return cov
}
