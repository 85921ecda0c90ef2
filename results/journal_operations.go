package results

import (
	"encoding/binary"
	"errors"
	"time"

	"chanbot/outcome"
)

// maxDetail bounds the text of an outcome in the journal.
const maxDetail = 200

// shape is what many operations have in common. A block holds each shape once,
// and an operation names its number.
type shape struct {
	operation, phase, detail string
	warmup                   bool
	role, kind, by           uint8
	code                     int
	stages                   [MaxStages]uint8 // numbers of names from 1, 0 ends the list
}

// operations gathers the operations of one block, column by column.
type operations struct {
	n      int
	done   int64 // of the last operation
	shapes map[shape]int
	last   shape
	lastID int
	table  []byte   // the shapes as they are written
	names  []string // of stages
	column [columns][]byte
}

// The columns of a block.
const (
	colDone = iota
	colService
	colWait
	colPair
	colShape
	colRound
	colStages
	columns
)

// size is the number of bytes that the operations take before compression.
func (o *operations) size() int {
	n := len(o.table)
	for _, c := range o.column {
		n += len(c)
	}
	return n
}

func (o *operations) reset() {
	o.n, o.done, o.last, o.lastID = 0, 0, shape{}, 0
	clear(o.shapes)
	o.table, o.names = o.table[:0], o.names[:0]
	for i := range o.column {
		o.column[i] = o.column[i][:0]
	}
}

// add appends one operation. It reports false when its stages have more names
// than a block can number, which a fresh block always can.
func (o *operations) add(r *OperationRecord) bool {
	stages := r.Stages[:min(len(r.Stages), MaxStages)]
	s := shape{
		operation: string(r.Operation), phase: r.Phase, detail: r.Outcome.Detail, warmup: r.Warmup,
		role: uint8(r.Role), kind: uint8(r.Outcome.Kind), by: uint8(r.Outcome.By), code: r.Outcome.Code,
	}
	for i := range stages {
		id := o.name(stages[i].Name)
		if id == 0 {
			return false
		}
		s.stages[i] = id
	}
	id := o.shape(s)
	done, sent, due := r.Done.Microseconds(), r.Sent.Microseconds(), r.Due.Microseconds()
	c := &o.column
	c[colDone] = binary.AppendVarint(c[colDone], done-o.done)
	c[colService] = binary.AppendVarint(c[colService], done-sent)
	c[colWait] = binary.AppendVarint(c[colWait], sent-due)
	c[colPair] = binary.AppendUvarint(c[colPair], uint64(max(r.Pair, 0)))
	c[colShape] = binary.AppendUvarint(c[colShape], uint64(id))
	c[colRound] = binary.AppendUvarint(c[colRound], r.Outcome.Round)
	for i := range stages {
		c[colStages] = binary.AppendVarint(c[colStages], stages[i].Took.Microseconds())
	}
	o.done = done
	o.n++
	return true
}

// name returns the number of a stage's name, or 0 when there are too many.
func (o *operations) name(name string) uint8 {
	for i, known := range o.names {
		if known == name {
			return uint8(i + 1)
		}
	}
	if len(o.names) == 255 {
		return 0
	}
	o.names = append(o.names, name)
	return uint8(len(o.names))
}

func (o *operations) shape(s shape) int {
	if o.n > 0 && s == o.last {
		return o.lastID
	}
	id, known := o.shapes[s]
	if !known {
		if o.shapes == nil {
			o.shapes = make(map[shape]int)
		}
		id = len(o.shapes)
		o.shapes[s] = id
		o.table = o.appendShape(o.table, s)
	}
	o.last, o.lastID = s, id
	return id
}

func (o *operations) appendShape(b []byte, s shape) []byte {
	detail := hidden([]byte(s.detail))
	detail = detail[:min(len(detail), maxDetail)]
	warmup := byte(0)
	if s.warmup {
		warmup = 1
	}
	b = appendText(appendText(appendText(b, s.operation), s.phase), string(detail))
	b = append(b, warmup, s.role, s.kind, s.by)
	b = binary.AppendVarint(b, int64(s.code))
	for _, id := range s.stages {
		if id == 0 {
			break
		}
		b = appendText(append(b, 1), o.names[id-1])
	}
	return append(b, 0)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTo appends the section's content.
func (o *operations) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(o.n))
	b = binary.AppendUvarint(b, uint64(len(o.shapes)))
	b = append(b, o.table...)
	for _, c := range o.column {
		b = binary.AppendUvarint(b, uint64(len(c)))
		b = append(b, c...)
	}
	return b
}

var errCorrupt = errors.New("its content is not what a journal holds")

// readOperations calls each with every operation of a section. The record is
// only valid during the call.
func readOperations(b []byte, each func(*OperationRecord)) error {
	in := &cursor{b: b}
	n, shapes := in.uvarint(), in.uvarint()
	if in.bad || n > uint64(len(b)) || shapes > uint64(len(b)) {
		return errCorrupt
	}
	table := make([]OperationRecord, 0, shapes)
	for range shapes {
		table = append(table, in.shape())
		if in.bad {
			return errCorrupt
		}
	}
	var col [columns]cursor
	for i := range col {
		col[i].b = in.bytes(in.uvarint())
	}
	if in.bad || len(in.b) > 0 {
		return errCorrupt
	}
	var done int64
	var r OperationRecord
	var stages [MaxStages]Stage
	for range n {
		id := col[colShape].uvarint()
		if id >= shapes {
			return errCorrupt
		}
		r = table[id]
		done += col[colDone].varint()
		sent := done - col[colService].varint()
		due := sent - col[colWait].varint()
		r.Done, r.Sent, r.Due = microsecond(done), microsecond(sent), microsecond(due)
		r.Pair, r.Outcome.Round = int(col[colPair].uvarint()), col[colRound].uvarint()
		if n := copy(stages[:], r.Stages); n > 0 {
			r.Stages = stages[:n]
			for i := range r.Stages {
				r.Stages[i].Took = microsecond(col[colStages].varint())
			}
		}
		for i := range col {
			if col[i].bad {
				return errCorrupt
			}
		}
		each(&r)
	}
	for i := range col {
		if len(col[i].b) > 0 {
			return errCorrupt
		}
	}
	return nil
}

func microsecond(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// cursor reads values off the front of b; bad says that one was not there.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	return v * c.moved(n)
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.b)
	return v * int64(c.moved(n))
}

// moved takes n bytes away and returns 1, or 0 when they were not there.
func (c *cursor) moved(n int) uint64 {
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return 1
}

func (c *cursor) bytes(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) byte() byte {
	if b := c.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (c *cursor) text() string { return string(c.bytes(c.uvarint())) }

func (c *cursor) shape() OperationRecord {
	r := OperationRecord{Operation: outcome.Operation(c.text()), Phase: c.text()}
	r.Outcome.Detail = c.text()
	r.Warmup = c.byte() == 1
	r.Role = outcome.Role(c.byte())
	r.Outcome.Kind = outcome.Kind(c.byte())
	r.Outcome.By = outcome.Party(c.byte())
	r.Outcome.Code = int(c.varint())
	kinds := outcome.Kinds()
	if r.Role > outcome.Responder || r.Outcome.By > outcome.ByBot || r.Outcome.Kind < kinds[0] || r.Outcome.Kind > kinds[len(kinds)-1] {
		c.bad = true
	}
	for !c.bad && c.byte() == 1 {
		r.Stages = append(r.Stages, Stage{Name: c.text()})
		c.bad = c.bad || len(r.Stages) > MaxStages
	}
	return r
}
