package results

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// JournalFile is the journal's name in the run folder.
const JournalFile = "journal"

// FlushEvery is how long a record waits at most before it is handed to the
// operating system.
const FlushEvery = 500 * time.Millisecond

// buffers is how many blocks may wait for the disk.
const buffers = 64

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Journal writes what happens in a run to a file from which everything can be
// reported again. Its methods may be called from any goroutine and do not wait
// for the disk: at most 4 MiB are kept in memory, and operations that find no
// room are counted as lost, in the journal and by Lost.
//
// What was recorded more than FlushEvery ago survives the death of the process;
// a crash of the machine may take the last seconds.
type Journal struct {
	w    io.WriteCloser
	full chan *block // room for every block, so that sending never waits
	free chan *block // likewise
	stop chan struct{}
	done sync.WaitGroup
	lost atomic.Int64

	mu     sync.Mutex // guards what follows
	b      *block     // is being filled; nil when all wait for the disk
	missed int64      // lost operations that no block tells of yet
	made   int
	closed bool

	failed atomic.Pointer[error] // of the writer
}

// block is a part of the journal before it is written.
type block struct {
	sections []byte
	ops      operations
}

func (b *block) size() int { return len(b.sections) + b.ops.size() }

// CreateJournal begins the journal of the folder. The manifest is on disk when
// it returns.
func (f *Folder) CreateJournal(m Manifest) (*Journal, error) {
	file, err := os.OpenFile(f.File(JournalFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	j, err := NewJournal(file, m)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

// NewJournal begins a journal that is written to w, one block in a call. Close
// closes w; if there is an error, w is not closed.
func NewJournal(w io.WriteCloser, m Manifest) (*Journal, error) {
	m.Version = ManifestVersion
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	text = hidden(text)
	if len(text) > maxContent-headerSize {
		return nil, fmt.Errorf("create journal: the manifest has %d bytes; at most %d are possible", len(text), maxContent-headerSize)
	}
	j := &Journal{w: w, full: make(chan *block, buffers+1), free: make(chan *block, buffers+1), stop: make(chan struct{}), b: new(block), made: 1}
	out := newBlockWriter()
	first := append([]byte(journalMagic), out.encode(&block{sections: appendSection(nil, sectionManifest, text)})...)
	if _, err := w.Write(first); err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	// Profiles tell what recording costs.
	labels := pprof.Labels("part", "journal")
	j.done.Go(func() { pprof.Do(context.Background(), labels, func(context.Context) { j.write(out) }) })
	j.done.Go(func() { pprof.Do(context.Background(), labels, func(context.Context) { j.flush() }) })
	return j, nil
}

// Operation records an operation that has ended.
func (j *Journal) Operation(r *OperationRecord) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if b := j.roomLocked(); b == nil {
		j.loseLocked()
	} else if !b.ops.add(r) {
		j.handLocked()
		if b := j.roomLocked(); b == nil || !b.ops.add(r) {
			j.loseLocked()
		}
	}
}

func (j *Journal) loseLocked() {
	j.lost.Add(1)
	j.missed++
}

// Sample records a sample of the generator.
func (j *Journal) Sample(s GeneratorSample) { j.record(sectionSample, s) }

// Mark records the moment of a phase.
func (j *Journal) Mark(m PhaseMark) { j.record(sectionMark, m) }

// TimeMark records what explains the measurements at one time.
func (j *Journal) TimeMark(m TimeMark) { j.record(sectionTimeMark, m) }

// Violation records what a correct node cannot do. Its frames are left out
// when they are larger than a block can be.
func (j *Journal) Violation(v Violation) {
	if !j.record(sectionViolation, v) {
		v.Frames = nil
		j.record(sectionViolation, v)
	}
}

// End records how the run ended; nothing should come after it but Close. Steps
// that are larger than a block can be are left out.
func (j *Journal) End(e End) {
	if !j.record(sectionEnd, e) {
		e.Steps = nil
		j.record(sectionEnd, e)
	}
}

// record adds a record that is rare enough to always be kept; it reports false
// when it is too large.
func (j *Journal) record(kind byte, v any) bool {
	text, err := json.Marshal(v)
	if err != nil {
		j.fail(err)
		return true
	}
	text = hidden(text)
	if len(text) > maxContent/4 {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.roomLocked()
	for b == nil && !j.closed { // all buffers wait for the disk
		j.mu.Unlock()
		fresh := <-j.free
		j.mu.Lock()
		if j.b == nil {
			j.b = fresh
		} else {
			j.free <- fresh
		}
		b = j.roomLocked()
	}
	if b != nil {
		b.sections = appendSection(b.sections, kind, text)
	}
	return true
}

// Lost is the number of operations that found no room.
func (j *Journal) Lost() int64 { return j.lost.Load() }

// Err is the first error of writing; what comes after it is not in the file.
func (j *Journal) Err() error {
	if err := j.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Close writes what is left, puts it on the disk and returns the first error of
// the journal's life. Records that come later are lost.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return j.Err()
	}
	j.handLocked()
	j.closed = true
	close(j.full)
	close(j.stop)
	j.mu.Unlock()
	j.done.Wait()
	if s, ok := j.w.(interface{ Sync() error }); ok {
		j.fail(s.Sync())
	}
	j.fail(j.w.Close())
	return j.Err()
}

// roomLocked returns a block that has room, or nil when there is none.
func (j *Journal) roomLocked() *block {
	if j.closed {
		return nil
	}
	if j.b != nil && j.b.size() >= blockLimit {
		j.handLocked()
	}
	if j.b != nil {
		return j.b
	}
	select {
	case j.b = <-j.free:
	default:
		if j.made < buffers {
			j.made++
			j.b = new(block)
		}
	}
	return j.b
}

// handLocked gives the block to the writer.
func (j *Journal) handLocked() {
	if j.closed || j.b == nil {
		return
	}
	if j.missed > 0 {
		j.b.sections = lostSection(j.b.sections, j.missed)
		j.missed = 0
	}
	if j.b.size() == 0 {
		return
	}
	j.full <- j.b
	j.b = nil
}

// flush hands over what has waited long enough.
func (j *Journal) flush() {
	tick := time.NewTicker(FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
			j.mu.Lock()
			j.handLocked()
			j.mu.Unlock()
		}
	}
}

// write puts the blocks into the file until there are no more.
func (j *Journal) write(out *blockWriter) {
	for b := range j.full {
		if j.Err() == nil {
			_, err := j.w.Write(out.encode(b))
			j.fail(err)
		}
		if j.Err() != nil {
			j.lost.Add(int64(b.ops.n))
		}
		b.sections = b.sections[:0]
		b.ops.reset()
		j.free <- b
	}
	j.mu.Lock()
	missed := j.missed
	j.mu.Unlock()
	if missed > 0 && j.Err() == nil {
		_, err := j.w.Write(out.encode(&block{sections: lostSection(nil, missed)}))
		j.fail(err)
	}
}

func lostSection(b []byte, n int64) []byte {
	return appendSection(b, sectionLost, binary.AppendUvarint(nil, uint64(n)))
}

func (j *Journal) fail(err error) {
	if err != nil {
		err = fmt.Errorf("write journal: %w", err)
		j.failed.CompareAndSwap(nil, &err)
	}
}

// blockWriter puts blocks into their form on disk.
type blockWriter struct {
	seq     uint32
	content []byte
	ops     []byte
	out     bytes.Buffer
	flate   *flate.Writer
}

func newBlockWriter() *blockWriter {
	w := new(blockWriter)
	w.flate, _ = flate.NewWriter(&w.out, flate.BestSpeed) // the level is a valid one
	return w
}

// encode returns the bytes of a block, which are valid until the next call.
func (w *blockWriter) encode(b *block) []byte {
	w.content = append(w.content[:0], b.sections...)
	if b.ops.n > 0 {
		w.ops = b.ops.appendTo(w.ops[:0])
		w.content = appendSection(w.content, sectionOperations, w.ops)
	}
	var header [headerSize]byte
	w.out.Reset()
	w.out.Write(header[:])
	w.flate.Reset(&w.out)
	_, _ = w.flate.Write(w.content) // into memory
	_ = w.flate.Close()
	all := w.out.Bytes()
	payload := all[headerSize:]
	copy(all, blockSync)
	binary.LittleEndian.PutUint32(all[4:], w.seq)
	binary.LittleEndian.PutUint32(all[8:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(all[12:], uint32(len(w.content)))
	binary.LittleEndian.PutUint32(all[16:], crc32.Checksum(payload, castagnoli))
	binary.LittleEndian.PutUint32(all[20:], crc32.Checksum(all[:20], castagnoli))
	w.seq++
	return all
}

func appendSection(b []byte, kind byte, content []byte) []byte {
	b = append(b, kind)
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}
