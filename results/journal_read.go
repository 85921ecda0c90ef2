package results

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"
)

// Visitor takes the records of a journal, in the order of the file: within a
// block the operations come last. A nil function skips its kind.
type Visitor struct {
	Manifest func(Manifest)
	// Operation's record is only valid during the call.
	Operation func(*OperationRecord)
	Sample    func(GeneratorSample)
	Violation func(Violation)
	Mark      func(PhaseMark)
	TimeMark  func(TimeMark)
	End       func(End)
}

// Missing says what a journal should hold, but does not.
type Missing struct {
	// Header: the file does not begin like a journal.
	Header   bool
	Manifest bool
	// End: the run was cut off.
	End bool
	// TailBytes is the length of the unfinished block at the end.
	TailBytes int64
	// Damaged are the parts of the file that could not be read.
	Damaged []Damage
	// Blocks is how many blocks are known to be missing.
	Blocks int64
	// Lost operations found no room in memory while the run went on.
	Lost int64
	// UnderWay operations had begun, as far as is known, and no record says how
	// they ended.
	UnderWay int64
	// After is the time of the last record; nothing later is known.
	After time.Duration
}

// Damage is a part of a journal that could not be read.
type Damage struct {
	Offset, Bytes int64
	Reason        string
}

// Complete reports whether nothing is missing.
func (m *Missing) Complete() bool { return len(m.Lines()) == 0 }

// Lines says in sentences what is missing; there are none when nothing is.
func (m *Missing) Lines() []string {
	var out []string
	say := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(m.Header, "the beginning of the journal is missing")
	say(m.Manifest, "the manifest is missing: the scenario, the node and the seed are unknown")
	for i, d := range m.Damaged {
		if i == 10 {
			say(true, "%d more parts could not be read", len(m.Damaged)-i)
			break
		}
		say(true, "%d bytes at offset %d could not be read: %s", d.Bytes, d.Offset, d.Reason)
	}
	say(m.Blocks == 1, "1 block is missing")
	say(m.Blocks > 1, "%d blocks are missing", m.Blocks)
	say(m.Lost > 0, "%d operations could not be written down during the run: the disk was too slow", m.Lost)
	say(m.TailBytes > 0, "the last %d bytes are an unfinished block", m.TailBytes)
	say(m.End, "the end of the run is missing: nothing after %s is known", short(m.After))
	say(m.UnderWay > 0, "%d operations were under way, and how they ended is unknown", m.UnderWay)
	return out
}

// ReadJournal reads a journal, however it was cut or damaged, and says what is
// missing. The error is one of r, or tells that the journal is of a version
// that this program does not know; what was read before it was visited.
func ReadJournal(r io.Reader, v Visitor) (Missing, error) {
	in := &journalReader{r: r, v: v, m: Missing{Manifest: true, End: true}}
	err := in.read()
	if in.attempts > in.ended+in.m.Lost && in.m.Blocks == 0 && len(in.m.Damaged) == 0 {
		in.m.UnderWay = in.attempts - in.ended - in.m.Lost
	}
	return in.m, err
}

type journalReader struct {
	r   io.Reader
	v   Visitor
	m   Missing
	buf []byte // what was read and not yet used
	at  int64  // offset of buf in the file
	err error  // why nothing follows buf; io.EOF at the end

	next            int64 // number of the next block
	attempts, ended int64
	inflate         io.ReadCloser
	content         []byte // of the last block
}

// need tries to have n bytes in the buffer.
func (in *journalReader) need(n int) bool {
	for len(in.buf) < n && in.err == nil {
		have := len(in.buf)
		grown := make([]byte, have+max(n-have, 64<<10))
		copy(grown, in.buf)
		var got int
		got, in.err = io.ReadAtLeast(in.r, grown[have:], n-have)
		if errors.Is(in.err, io.ErrUnexpectedEOF) {
			in.err = io.EOF
		}
		in.buf = grown[:have+got]
	}
	return len(in.buf) >= n
}

func (in *journalReader) skip(n int) {
	in.buf = in.buf[n:]
	in.at += int64(n)
}

func (in *journalReader) read() error {
	prefix, _, _ := strings.Cut(journalMagic, "1\n")
	if in.need(len(journalMagic)) && string(in.buf[:len(journalMagic)]) == journalMagic {
		in.skip(len(journalMagic))
	} else if v, ok := bytes.CutPrefix(in.buf, []byte(prefix)); ok && len(v) > 1 && v[0] >= '0' && v[0] <= '9' {
		return fmt.Errorf("read journal: its version is %q, and this program reads %d", bytes.TrimSpace(v[:min(len(v), 2)]), JournalVersion)
	} else {
		in.m.Header = true
		if len(in.buf) < len(journalMagic) && strings.HasPrefix(journalMagic, string(in.buf)) {
			in.m.TailBytes = int64(len(in.buf))
			in.skip(len(in.buf))
		}
	}
	for in.need(1) {
		if !in.need(headerSize) || !validHeader(in.buf) {
			if !in.resync() {
				break
			}
			continue
		}
		size := int(binary.LittleEndian.Uint32(in.buf[8:]))
		if !in.need(headerSize + size) {
			in.m.TailBytes = int64(len(in.buf))
			break
		}
		in.block(in.buf[:headerSize+size])
	}
	if in.err != nil && !errors.Is(in.err, io.EOF) {
		return fmt.Errorf("read journal: %w", in.err)
	}
	return nil
}

func validHeader(b []byte) bool {
	return string(b[:4]) == blockSync && crc32.Checksum(b[:20], castagnoli) == binary.LittleEndian.Uint32(b[20:]) &&
		binary.LittleEndian.Uint32(b[8:]) <= maxContent && binary.LittleEndian.Uint32(b[12:]) <= maxContent
}

// resync goes on to the next block after something that is none. It reports
// false when there is no other.
func (in *journalReader) resync() bool {
	from := in.at
	if len(in.buf) < headerSize && strings.HasPrefix(blockSync, string(in.buf[:min(len(in.buf), 4)])) {
		in.m.TailBytes = int64(len(in.buf)) // a cut header
		return false
	}
	for {
		in.skip(1)
		i := bytes.Index(in.buf, []byte(blockSync))
		for i < 0 {
			in.skip(max(len(in.buf)-len(blockSync)+1, 0)) // a sync may begin in the last bytes
			if !in.need(len(blockSync)) {
				in.skip(len(in.buf))
				in.damaged(from, in.at-from, noBlock)
				return false
			}
			i = bytes.Index(in.buf, []byte(blockSync))
		}
		in.skip(i)
		if in.need(headerSize) && validHeader(in.buf) {
			in.damaged(from, in.at-from, noBlock)
			return true
		}
	}
}

const noBlock = "there is no block where one should begin"

func (in *journalReader) damaged(offset, n int64, reason string) {
	in.m.Damaged = append(in.m.Damaged, Damage{offset, n, reason})
}

// block reads the block that all holds. A payload that is not what its header
// says is left to resync, since bytes may be missing in it.
func (in *journalReader) block(all []byte) {
	seq := int64(binary.LittleEndian.Uint32(all[4:]))
	payload := all[headerSize:]
	content, err := in.unpack(payload, all)
	if seq > in.next {
		in.m.Blocks += seq - in.next
	}
	in.next = seq + 1
	if err == nil {
		err = in.sections(content)
	}
	if err != nil {
		in.damaged(in.at, int64(len(all)), err.Error())
		if errors.Is(err, errChecksum) {
			in.skip(headerSize)
			if i := bytes.Index(in.buf[:len(payload)], []byte(blockSync)); i >= 0 && len(in.buf) >= i+headerSize && validHeader(in.buf[i:]) {
				in.m.Damaged[len(in.m.Damaged)-1].Bytes = int64(headerSize + i)
				in.skip(i)
				return
			}
			in.skip(len(payload))
			return
		}
	}
	in.skip(len(all))
}

var errChecksum = errors.New("the checksum is wrong")

func (in *journalReader) unpack(payload, header []byte) ([]byte, error) {
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(header[16:]) {
		return nil, errChecksum
	}
	size := int(binary.LittleEndian.Uint32(header[12:]))
	if size > maxInflated*(len(payload)+1) {
		return nil, errCorrupt
	}
	if in.inflate == nil {
		in.inflate = flate.NewReader(bytes.NewReader(payload))
	} else if err := in.inflate.(flate.Resetter).Reset(bytes.NewReader(payload), nil); err != nil {
		return nil, err
	}
	in.content = slices.Grow(in.content[:0], size)[:size]
	if _, err := io.ReadFull(in.inflate, in.content); err != nil {
		return nil, errCorrupt
	}
	if n, err := in.inflate.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return nil, errCorrupt
	}
	return in.content, nil
}

// maxInflated is how many times larger than its compressed form something can
// be.
const maxInflated = 1100

func (in *journalReader) sections(content []byte) error {
	c := &cursor{b: content}
	for len(c.b) > 0 {
		kind := c.byte()
		body := c.bytes(c.uvarint())
		if c.bad {
			return errCorrupt
		}
		if err := in.section(kind, body); err != nil {
			return err
		}
	}
	return nil
}

func (in *journalReader) section(kind byte, body []byte) error {
	switch kind {
	case sectionManifest:
		in.m.Manifest = false
		return visit(body, in.v.Manifest)
	case sectionOperations:
		return readOperations(body, func(r *OperationRecord) {
			in.ended++
			in.m.After = max(in.m.After, r.Done)
			if in.v.Operation != nil {
				in.v.Operation(r)
			}
		})
	case sectionSample:
		return visit(body, func(s GeneratorSample) {
			in.began(s.TUS, s.Attempts)
			call(in.v.Sample, s)
		})
	case sectionViolation:
		return visit(body, in.v.Violation)
	case sectionMark:
		return visit(body, func(m PhaseMark) {
			in.began(m.TUS, 0)
			call(in.v.Mark, m)
		})
	case sectionTimeMark:
		return visit(body, func(m TimeMark) {
			in.began(m.TUS, 0)
			call(in.v.TimeMark, m)
		})
	case sectionEnd:
		return visit(body, func(e End) {
			in.m.End = false
			in.began(e.TUS, e.Attempts)
			call(in.v.End, e)
		})
	case sectionLost:
		c := &cursor{b: body}
		in.m.Lost += int64(min(c.uvarint(), 1<<62))
	}
	return nil
}

func (in *journalReader) began(us, attempts int64) {
	in.m.After = max(in.m.After, microsecond(us))
	in.attempts = max(in.attempts, attempts)
}

func visit[T any](body []byte, f func(T)) error {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return errCorrupt
	}
	call(f, v)
	return nil
}

func call[T any](f func(T), v T) {
	if f != nil {
		f(v)
	}
}
