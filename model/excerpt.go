package model

import (
	"strconv"
	"strings"

	"chanbot/tx"
)

// excerpt shortens text for Expected and Got.
func excerpt[T ~string | ~[]byte](b T) string {
	const most = 120
	if len(b) <= most {
		return string(b)
	}
	return string(b[:most]) + "… (" + strconv.Itoa(len(b)) + " bytes)"
}

// quoted is excerpt for names that a node chose.
func quoted(s string) string { return strconv.Quote(excerpt(s)) }

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func stateText(h tx.Hash) string { return h.Text(tx.PrefixState) }

func (b balances) String() string {
	var parts []string
	for _, a := range b {
		parts = append(parts, a.String())
	}
	return strings.Join(parts, " / ")
}
