package fault

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"chanbot/outcome"
)

// chance returns the generator for the nth message that a rule names on a line.
// It rests on nothing else.
func chance(seed uint64, rule int, pair int, role outcome.Role, d Direction, n uint64) *rand.Rand {
	b := make([]byte, 0, 64)
	b = append(b, "fault"...)
	b = binary.BigEndian.AppendUint64(b, seed)
	b = binary.BigEndian.AppendUint64(b, uint64(rule))
	b = binary.BigEndian.AppendUint64(b, uint64(pair))
	b = append(b, byte(role), byte(d))
	b = binary.BigEndian.AppendUint64(b, n)
	sum := sha256.Sum256(b)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
}
