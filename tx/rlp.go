package tx

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
)

// RLP with the node's rules (encoding.md section 2). Reading works on slices
// of the input: an item is its payload, a list is the payload that holds its
// items one after the other. Nothing is allocated and nothing recurses; how
// deep lists may nest is fixed by the layouts that are read.

var (
	errTruncated  = errors.New("ends inside an item")
	errSizeZero   = errors.New("length of an item starts with a zero byte")
	errSurplus    = errors.New("bytes after the outermost item")
	errNotList    = errors.New("a byte string where a list belongs")
	errNotString  = errors.New("a list where a byte string belongs")
	errMissing    = errors.New("missing")
	errIntZero    = errors.New("int with a leading zero byte")
	errIntTooLong = errors.New("int of more than 64 bits")
)

const (
	stringOffset = 0x80
	listOffset   = 0xc0
	shortSize    = 55
)

// item is one RLP item: a byte string, or a list with the encoding of its
// elements.
type item struct {
	list bool
	body []byte
}

// nextItem splits the first item off b, which must not be empty.
func nextItem(b []byte) (it item, rest []byte, err error) {
	first := b[0]
	if first < stringOffset {
		return item{body: b[:1]}, b[1:], nil
	}
	offset := byte(stringOffset)
	if first >= listOffset {
		offset, it.list = listOffset, true
	}
	size, b := uint64(first-offset), b[1:]
	if size > shortSize {
		n := int(size - shortSize) // 1..8 bytes hold the size
		if len(b) < n {
			return item{}, nil, errTruncated
		}
		if b[0] == 0 {
			return item{}, nil, errSizeZero
		}
		size = 0
		for _, x := range b[:n] {
			size = size<<8 | uint64(x)
		}
		b = b[n:]
	}
	if size > uint64(len(b)) {
		return item{}, nil, errTruncated
	}
	it.body = b[:size:size]
	return it, b[size:], nil
}

// onlyList returns the elements of the list that b is as a whole.
func onlyList(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errTruncated
	}
	it, rest, err := nextItem(b)
	switch {
	case err != nil:
		return nil, err
	case !it.list:
		return nil, errNotList
	case len(rest) > 0:
		return nil, errSurplus
	}
	return it.body, nil
}

// takeString splits a byte string off the elements of a list.
func takeString(elements []byte) (body, rest []byte, err error) {
	if len(elements) == 0 {
		return nil, nil, errMissing
	}
	it, rest, err := nextItem(elements)
	if err == nil && it.list {
		err = errNotString
	}
	return it.body, rest, err
}

// takeList splits a list off the elements of a list.
func takeList(elements []byte) (body, rest []byte, err error) {
	if len(elements) == 0 {
		return nil, nil, errMissing
	}
	it, rest, err := nextItem(elements)
	if err == nil && !it.list {
		err = errNotList
	}
	return it.body, rest, err
}

// takeUint splits an int off the elements of a list.
func takeUint(elements []byte) (v uint64, rest []byte, err error) {
	body, rest, err := takeString(elements)
	if err != nil {
		return 0, nil, err
	}
	v, err = parseUint(body)
	return v, rest, err
}

// checkInt reports whether body is an int as the node reads it: no bytes are
// accepted as 0, a leading zero byte is not.
func checkInt(body []byte) error {
	if len(body) > 1 && body[0] == 0 {
		return errIntZero
	}
	return nil
}

func parseUint(body []byte) (uint64, error) {
	if err := checkInt(body); err != nil {
		return 0, err
	}
	if len(body) > 8 {
		return 0, errIntTooLong
	}
	var v uint64
	for _, x := range body {
		v = v<<8 | uint64(x)
	}
	return v, nil
}

func parseAmount(body []byte) (*big.Int, error) {
	if err := checkInt(body); err != nil {
		return nil, err
	}
	v := new(big.Int)
	if len(body) == 0 || len(body) == 1 && body[0] == 0 {
		return v, nil // SetBytes would make a zero that reflect.DeepEqual tells from others
	}
	return v.SetBytes(body), nil
}

// openObject splits a serialized object into tag, version and the elements
// that follow them (encoding.md section 3).
func openObject(b []byte) (tag, version uint64, fields []byte, err error) {
	if fields, err = onlyList(b); err != nil {
		return 0, 0, nil, err
	}
	if tag, fields, err = takeUint(fields); err != nil {
		return 0, 0, nil, fmt.Errorf("tag: %w", err)
	}
	if version, fields, err = takeUint(fields); err != nil {
		return 0, 0, nil, fmt.Errorf("version: %w", err)
	}
	return tag, version, fields, nil
}

// openKnown is openObject for an object that must have this tag and version.
func openKnown(b []byte, tag, version uint64) ([]byte, error) {
	gotTag, gotVersion, fields, err := openObject(b)
	if err != nil {
		return nil, err
	}
	if gotTag != tag || gotVersion != version {
		return nil, &UnknownObjectError{Tag: gotTag, Version: gotVersion}
	}
	return fields, nil
}

// headRoom is the room kept in front of a list for its head, which is written
// when the size of the list is known.
const headRoom = 9

// newList returns a buffer for the elements of a list; closeList turns it into
// the list.
func newList(size int) []byte { return make([]byte, headRoom, headRoom+size) }

// closeList writes the head of the list whose elements follow the head room of
// buf, and returns the list.
func closeList(buf []byte) []byte {
	var head [headRoom]byte
	h := appendHead(head[:0], listOffset, len(buf)-headRoom)
	start := headRoom - len(h)
	copy(buf[start:], h)
	return buf[start:]
}

// newObject starts a list that holds an object.
func newObject(tag, version uint64, size int) []byte {
	return appendUint(appendUint(newList(size), tag), version)
}

// appendHead appends the head of an item of size bytes.
func appendHead(dst []byte, offset byte, size int) []byte {
	if size <= shortSize {
		return append(dst, offset+byte(size))
	}
	n := (bits.Len(uint(size)) + 7) / 8
	dst = append(dst, offset+shortSize+byte(n))
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(size>>(8*i)))
	}
	return dst
}

// headSize returns how many bytes appendHead writes.
func headSize(size int) int {
	if size <= shortSize {
		return 1
	}
	return 1 + (bits.Len(uint(size))+7)/8
}

func appendString(dst, body []byte) []byte {
	if len(body) == 1 && body[0] < stringOffset {
		return append(dst, body[0])
	}
	return append(appendHead(dst, stringOffset, len(body)), body...)
}

// stringSize returns how many bytes appendString writes.
func stringSize(body []byte) int {
	if len(body) == 1 && body[0] < stringOffset {
		return 1
	}
	return headSize(len(body)) + len(body)
}

func appendListItem(dst, elements []byte) []byte {
	return append(appendHead(dst, listOffset, len(elements)), elements...)
}

func appendUint(dst []byte, v uint64) []byte {
	if v < stringOffset {
		return append(dst, byte(v))
	}
	n := (bits.Len64(v) + 7) / 8
	dst = append(dst, stringOffset+byte(n))
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

// appendAmount appends an int; nil and negative ones are written as 0.
func appendAmount(dst []byte, v *big.Int) []byte {
	if v == nil || v.Sign() <= 0 {
		return append(dst, 0)
	}
	if v.IsUint64() {
		return appendUint(dst, v.Uint64())
	}
	n := (v.BitLen() + 7) / 8
	dst = appendHead(dst, stringOffset, n)
	dst = append(dst, make([]byte, n)...)
	v.FillBytes(dst[len(dst)-n:])
	return dst
}

// amountSize returns how many bytes appendAmount writes.
func amountSize(v *big.Int) int {
	if v == nil || v.Sign() <= 0 || v.BitLen() <= 7 {
		return 1
	}
	n := (v.BitLen() + 7) / 8
	return headSize(n) + n
}
