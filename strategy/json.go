package strategy

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// json makes JSON of any value. Keys keep the order of the file and numbers
// their digits.
func (p *parser) json(n *node) json.RawMessage {
	var b strings.Builder
	p.writeJSON(&b, n)
	return json.RawMessage(b.String())
}

func (p *parser) writeJSON(b *strings.Builder, n *node) {
	switch n.kind {
	case listNode:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			p.writeJSON(b, item)
		}
		b.WriteByte(']')
	case mapNode:
		b.WriteByte('{')
		for i, pr := range n.pairs {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSONText(b, pr.key.text)
			b.WriteByte(':')
			p.writeJSON(b, pr.value)
		}
		b.WriteByte('}')
	default:
		p.writeJSONScalar(b, n)
	}
}

func (p *parser) writeJSONScalar(b *strings.Builder, n *node) {
	switch n.tag {
	case "!!null":
		b.WriteString("null")
		return
	case "!!bool":
		b.WriteString(strconv.FormatBool(strings.EqualFold(n.text, "true")))
		return
	case "!!int", "!!float":
		if jsonNumber.MatchString(n.text) {
			b.WriteString(n.text)
			return
		}
		if v, ok := new(big.Int).SetString(n.text, 0); ok && len(n.text) <= maxDigits {
			b.WriteString(v.String())
			return
		}
		p.reportNode(n, "%s is no number of JSON; put it in quotes for a text", found(n))
		b.WriteString("null")
		return
	}
	writeJSONText(b, n.text)
}

func writeJSONText(b *strings.Builder, text string) {
	// A string can always be encoded.
	enc, _ := json.Marshal(text)
	b.Write(enc)
}
