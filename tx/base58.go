package tx

// base58 with the Bitcoin alphabet (encoding.md section 1). Both directions
// work on limbs of 32 bits and groups of five digits: a key of 32 bytes takes
// about a hundred multiplications instead of fifty divisions of a big number.

const (
	base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	base58Group  = 58 * 58 * 58 * 58 * 58 // five digits

	// maxBase58 bounds the digits that are decoded, since the work grows with
	// their square. A signature has 93, the longest name about 350.
	maxBase58 = 1024
)

var base58Values = func() (values [256]int8) {
	for i := range values {
		values[i] = -1
	}
	for i := range len(base58Digits) {
		values[base58Digits[i]] = int8(i)
	}
	return values
}()

// appendBase58 appends the digits of src to dst.
func appendBase58(dst, src []byte) []byte {
	zeros := 0
	for zeros < len(src) && src[zeros] == 0 {
		zeros++
		dst = append(dst, base58Digits[0])
	}
	src = src[zeros:]

	var room [24]uint32
	groups := room[:0] // base 58^5, the least significant first
	for len(src) > 0 {
		n := len(src) % 4
		if n == 0 {
			n = 4
		}
		var carry uint64
		for _, b := range src[:n] {
			carry = carry<<8 | uint64(b)
		}
		shift := uint(8 * n)
		for i, g := range groups {
			sum := uint64(g)<<shift + carry
			groups[i] = uint32(sum % base58Group)
			carry = sum / base58Group
		}
		for carry > 0 {
			groups = append(groups, uint32(carry%base58Group))
			carry /= base58Group
		}
		src = src[n:]
	}

	started := false
	for i := len(groups) - 1; i >= 0; i-- {
		var digits [5]byte
		g := groups[i]
		for d := 4; d >= 0; d-- {
			digits[d] = byte(g % 58)
			g /= 58
		}
		for _, d := range digits {
			if started = started || d != 0; started {
				dst = append(dst, base58Digits[d])
			}
		}
	}
	return dst
}

// decodeBase58 appends the bytes of text to dst. ok is false when text has a
// character outside the alphabet.
func decodeBase58(dst []byte, text string) (_ []byte, ok bool) {
	zeros := 0
	for zeros < len(text) && text[zeros] == base58Digits[0] {
		zeros++
		dst = append(dst, 0)
	}
	text = text[zeros:]

	var room [24]uint32
	limbs := room[:0] // base 2^32, the least significant first
	for len(text) > 0 {
		n := len(text) % 5
		if n == 0 {
			n = 5
		}
		var carry uint64
		factor := uint64(1)
		for i := range n {
			v := base58Values[text[i]]
			if v < 0 {
				return nil, false
			}
			carry = carry*58 + uint64(v)
			factor *= 58
		}
		for i, limb := range limbs {
			sum := uint64(limb)*factor + carry
			limbs[i] = uint32(sum)
			carry = sum >> 32
		}
		if carry > 0 {
			limbs = append(limbs, uint32(carry))
		}
		text = text[n:]
	}

	started := false
	for i := len(limbs) - 1; i >= 0; i-- {
		for shift := 24; shift >= 0; shift -= 8 {
			b := byte(limbs[i] >> uint(shift))
			if started = started || b != 0; started {
				dst = append(dst, b)
			}
		}
	}
	return dst, true
}
