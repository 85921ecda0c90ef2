package bot

import (
	"encoding/hex"
	"testing"
)

func TestSpoilsFindsCloseFramesAndBeginnings(t *testing.T) {
	for text, want := range map[string]bool{
		"":                             false,
		"88":                           true,
		"888000000000":                 true,
		"88820000000003e8":             true,
		"8980000000008980000000008800": true,
		"810568656c6c6f":               false,
		"810568656c6c":                 true,
		"898000000000898000000000":     false,
		"810568656c6c6f8800":           true,
		"81fe10000000":                 true,
		"817e0003616263" + "8800":      true,
		"81ff":                         true,
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := spoils(b); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func FuzzSpoils(f *testing.F) {
	f.Add([]byte{0x88, 0})
	f.Fuzz(func(_ *testing.T, b []byte) { spoils(b) })
}
