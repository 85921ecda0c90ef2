package strategy

import (
	"fmt"
	"strings"
)

// oneOf lists what is allowed, and the nearest word when found looks like a
// slip of it.
func oneOf(found string, words []string) string {
	text := strings.Join(shortened(words), ", ")
	if len(words) > 1 {
		text = "one of " + text
	}
	if near := nearest(found, words); near != "" {
		text += fmt.Sprintf(" (did you mean %s?)", near)
	}
	return text
}

// nearest returns the word with the fewest edits from found, or "" when none
// is near enough to be a slip.
func nearest(found string, words []string) string {
	best, limit := "", len(found)/3+1
	for _, w := range words {
		if len(w) < len(found)-limit || len(w) > len(found)+limit {
			continue // every letter more or less is an edit
		}
		if d := edits(found, w); d <= limit && d < len(w) {
			best, limit = w, d-1
		}
	}
	return best
}

// edits is the number of insertions, deletions, changes and swaps of
// neighbours that make a of b.
func edits(a, b string) int {
	prev2, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur := make([]int, len(b)+1)
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, cur
	}
	return prev[len(b)]
}

// shortened makes one word of the sockets of a role that follow each other.
func shortened(words []string) []string {
	var out []string
	for _, w := range words {
		m := socketName.FindStringSubmatch(w)
		if m == nil || len(out) == 0 || !strings.HasPrefix(out[len(out)-1], m[1]+".2") {
			out = append(out, w)
			continue
		}
		out[len(out)-1] = m[1] + ".2 to " + w
	}
	return out
}
