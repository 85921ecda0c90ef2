package main

import "slices"

// nearest returns the word that found is most likely a slip of: one that few
// edits lead to, or one whose beginning they lead to. It returns "" when none is
// near.
func nearest(found string, words []string) string {
	if len(found) == 0 || len(found) > 100 {
		return ""
	}
	best, least := "", len(found)/3+2
	for _, w := range words {
		row := edits(found, w)
		if d := row[len(w)]; d < least && d < len(w) {
			best, least = w, d
		}
	}
	if best != "" || len(found) < 3 {
		return best
	}
	least = len(found)/4 + 1
	for _, w := range words {
		if d := slices.Min(edits(found, w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// edits returns the number of insertions, deletions and changes of bytes that
// make each beginning of b of a; the last one is for b as a whole.
func edits(a, b string) []int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row
}
