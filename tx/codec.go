package tx

import (
	"errors"
	"fmt"
	"math/big"
)

// codec goes through the fields of an object in wire order, reading or writing
// each. A layout method names the fields once and so serves both directions.
type codec struct {
	reading bool
	buf     []byte // writing: the list so far
	in      []byte // reading: the elements not read yet
	err     error  // reading: the first mistake; later fields are left alone
}

var errSurplusFields = errors.New("more fields than the object has")

// laidOut is an object whose fields a codec can go through.
type laidOut interface{ layout(c *codec) }

// write returns the canonical bytes of an object.
func write(tag, version uint64, o laidOut, size int) []byte {
	c := codec{buf: newObject(tag, version, size)}
	o.layout(&c)
	return closeList(c.buf)
}

// read fills an object from the elements that follow its version.
func read(fields []byte, o laidOut) error {
	c := codec{reading: true, in: fields}
	o.layout(&c)
	return c.end()
}

// end returns the mistake that was found in reading, if any.
func (c *codec) end() error {
	if c.err == nil && len(c.in) > 0 {
		return errSurplusFields
	}
	return c.err
}

func (c *codec) fail(name string, err error) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %w", name, err)
	}
}

// str reads a byte string; ok is false after a mistake.
func (c *codec) str(name string) (body []byte, ok bool) {
	if c.err != nil {
		return nil, false
	}
	body, rest, err := takeString(c.in)
	if err != nil {
		c.fail(name, err)
		return nil, false
	}
	c.in = rest
	return body, true
}

// list reads a list; ok is false after a mistake.
func (c *codec) list(name string) (elements []byte, ok bool) {
	if c.err != nil {
		return nil, false
	}
	elements, rest, err := takeList(c.in)
	if err != nil {
		c.fail(name, err)
		return nil, false
	}
	c.in = rest
	return elements, true
}

// each reads a list of byte strings.
func (c *codec) each(name string, visit func(body []byte) error) {
	elements, ok := c.list(name)
	for ok && len(elements) > 0 {
		body, rest, err := takeString(elements)
		if err == nil {
			err = visit(body)
		}
		if err != nil {
			c.fail(name, err)
			return
		}
		elements = rest
	}
}

func (c *codec) uint(name string, v *uint64) {
	if !c.reading {
		c.buf = appendUint(c.buf, *v)
		return
	}
	if body, ok := c.str(name); ok {
		n, err := parseUint(body)
		if err != nil {
			c.fail(name, err)
			return
		}
		*v = n
	}
}

func (c *codec) amount(name string, v **big.Int) {
	if !c.reading {
		c.buf = appendAmount(c.buf, *v)
		return
	}
	if body, ok := c.str(name); ok {
		n, err := parseAmount(body)
		if err != nil {
			c.fail(name, err)
			return
		}
		*v = n
	}
}

func (c *codec) binary(name string, v *[]byte) {
	if !c.reading {
		c.buf = appendString(c.buf, *v)
		return
	}
	if body, ok := c.str(name); ok {
		*v = body
	}
}

func (c *codec) hash(name string, v *Hash) {
	if !c.reading {
		c.buf = appendString(c.buf, v[:])
		return
	}
	if body, ok := c.str(name); ok {
		if len(body) != len(v) {
			c.fail(name, fmt.Errorf("%d bytes, not 32", len(body)))
			return
		}
		*v = Hash(body)
	}
}

// idKinds is a set of id kinds: the bit of each is 1 << kind.
type idKinds uint8

const (
	accounts   idKinds = 1 << AccountID
	channels   idKinds = 1 << ChannelID
	recipients idKinds = 1<<AccountID | 1<<NameID | 1<<OracleID | 1<<ContractID
	anyID      idKinds = 1<<AccountID | 1<<NameID | 1<<CommitmentID | 1<<OracleID | 1<<ContractID | 1<<ChannelID
)

const idSize = 33

func appendID(dst []byte, id ID) []byte {
	dst = append(dst, stringOffset+idSize, byte(id.Kind))
	return append(dst, id.Key[:]...)
}

func parseID(body []byte, kinds idKinds) (ID, error) {
	if len(body) != idSize {
		return ID{}, fmt.Errorf("%d bytes, an id has 33", len(body))
	}
	id := ID{Kind: IDKind(body[0]), Key: Hash(body[1:])}
	if id.Kind < AccountID || id.Kind > ChannelID {
		return ID{}, fmt.Errorf("unknown id tag %d", body[0])
	}
	if kinds&(1<<id.Kind) == 0 {
		return ID{}, fmt.Errorf("id of kind %s does not belong here", id.Kind)
	}
	return id, nil
}

func (c *codec) id(name string, v *ID, kinds idKinds) {
	if !c.reading {
		c.buf = appendID(c.buf, *v)
		return
	}
	if body, ok := c.str(name); ok {
		id, err := parseID(body, kinds)
		if err != nil {
			c.fail(name, err)
			return
		}
		*v = id
	}
}

func (c *codec) ids(name string, v *[]ID, kinds idKinds) {
	if !c.reading {
		c.buf = appendHead(c.buf, listOffset, len(*v)*(idSize+1))
		for _, id := range *v {
			c.buf = appendID(c.buf, id)
		}
		return
	}
	c.each(name, func(body []byte) error {
		id, err := parseID(body, kinds)
		*v = append(*v, id)
		return err
	})
}

func (c *codec) binaries(name string, v *[][]byte) {
	if !c.reading {
		size := 0
		for _, b := range *v {
			size += stringSize(b)
		}
		c.buf = appendHead(c.buf, listOffset, size)
		for _, b := range *v {
			c.buf = appendString(c.buf, b)
		}
		return
	}
	c.each(name, func(body []byte) error {
		if *v == nil {
			*v = make([][]byte, 0, 2) // most lists are the two signatures
		}
		*v = append(*v, body)
		return nil
	})
}

func (c *codec) amounts(name string, v *[]*big.Int) {
	if !c.reading {
		size := 0
		for _, a := range *v {
			size += amountSize(a)
		}
		c.buf = appendHead(c.buf, listOffset, size)
		for _, a := range *v {
			c.buf = appendAmount(c.buf, a)
		}
		return
	}
	c.each(name, func(body []byte) error {
		a, err := parseAmount(body)
		*v = append(*v, a)
		return err
	})
}
