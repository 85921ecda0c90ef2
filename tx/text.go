package tx

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

const checkSize = 4

// TextError says why a text is no encoding of a value. It never holds a secret
// key: Text is cut to "sk_" for those.
type TextError struct {
	Text   string // the text as it came, or "sk_"
	Reason string // what is wrong with it, in lower case
}

// Error names the reason and shows the beginning of the text.
func (e *TextError) Error() string {
	shown := e.Text
	if len(shown) > 60 {
		shown = shown[:60] + "..."
	}
	return fmt.Sprintf("text %q: %s", shown, e.Reason)
}

func textError(text, reason string) *TextError {
	if strings.HasPrefix(text, string(PrefixSecretKey)+"_") {
		text = string(PrefixSecretKey) + "_"
	}
	return &TextError{Text: text, Reason: reason}
}

// Encode writes payload as a text with prefix p: base58 or base64, whichever p
// has, over the payload and its checksum (encoding.md section 1). The size of
// the payload is not checked; a prefix outside the table is written as base64.
func Encode(p Prefix, payload []byte) string {
	var room [768]byte
	return string(AppendText(room[:0], p, payload))
}

// AppendText appends what [Encode] returns to dst.
func AppendText(dst []byte, p Prefix, payload []byte) []byte {
	var room [512]byte
	check := checksum(payload)
	sealed := append(append(room[:0], payload...), check[:]...)
	dst = append(append(dst, p...), '_')
	if base58, _, _ := p.form(); base58 {
		return appendBase58(dst, sealed)
	}
	return base64.StdEncoding.AppendEncode(dst, sealed)
}

// Decode reads a text: its prefix must be one of the table of encoding.md
// section 1, its checksum must fit and its payload must have the size that the
// prefix asks for. Every error is a [*TextError].
func Decode(text string) (Prefix, []byte, error) {
	p, payload, err := DecodeAnySize(text)
	if err != nil {
		return p, nil, err
	}
	if size := p.Size(); size != 0 && len(payload) != size {
		return p, nil, textError(text, fmt.Sprintf("%d bytes, not %d", len(payload), size))
	}
	return p, payload, nil
}

// DecodeAnySize is [Decode] without the check of the size. Answers of
// channels.history.fetch hold texts that were encoded twice, so that the
// payload is itself a text (encoding.md section 1, traps).
func DecodeAnySize(text string) (Prefix, []byte, error) {
	return decodeText(nil, text)
}

// DecodeAs is [Decode] for a text that must have prefix p.
func DecodeAs(p Prefix, text string) ([]byte, error) {
	got, payload, err := Decode(text)
	if err != nil {
		return nil, err
	}
	if got != p {
		return nil, textError(text, fmt.Sprintf("prefix %s, not %s", got, p))
	}
	return payload, nil
}

// decodeText is DecodeAnySize with room for the payload given by the caller.
func decodeText(room []byte, text string) (Prefix, []byte, error) {
	head, body, found := strings.Cut(text, "_")
	if !found {
		return "", nil, textError(text, "no underscore")
	}
	p := Prefix(head)
	base58, _, known := p.form()
	if !known {
		return "", nil, textError(text, "unknown prefix")
	}
	var sealed []byte
	if base58 {
		if len(body) > maxBase58 {
			return p, nil, textError(text, "too long for base58")
		}
		var ok bool
		if sealed, ok = decodeBase58(room, body); !ok {
			return p, nil, textError(text, "not base58")
		}
	} else {
		if strings.IndexByte(body, '\r') >= 0 || strings.IndexByte(body, '\n') >= 0 { // the decoder would skip them
			return p, nil, textError(text, "not base64")
		}
		var bodyRoom [512]byte
		var err error
		if sealed, err = strictBase64.AppendDecode(room, append(bodyRoom[:0], body...)); err != nil {
			return p, nil, textError(text, "not base64")
		}
	}
	if len(sealed) < checkSize {
		return p, nil, textError(text, "too short for a checksum")
	}
	payload, check := sealed[:len(sealed)-checkSize], sealed[len(sealed)-checkSize:]
	if want := checksum(payload); string(check) != string(want[:]) {
		return p, nil, textError(text, "wrong checksum")
	}
	return p, payload, nil
}

var strictBase64 = base64.StdEncoding.Strict()

// checksum returns the first four bytes of sha256(sha256(payload)).
func checksum(payload []byte) [checkSize]byte {
	once := sha256.Sum256(payload)
	twice := sha256.Sum256(once[:])
	return [checkSize]byte(twice[:checkSize])
}
