package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Recorder writes the frames of a run to disk as they pass: one transcript and
// one recording a pair. Its methods may be called from any goroutine. It keeps
// at most 16 KiB a pair and file in memory and no file open between writes, so
// thousands of pairs can be recorded.
//
// A write that fails makes the recorder silent; Close returns that error.
type Recorder struct {
	o RecorderOptions

	mu    sync.Mutex // guards pairs, and err
	pairs map[int]*pairStream
	err   error
}

// chunk is how much of a file is kept in memory before it is written.
const chunk = 16 << 10

// RecorderOptions say what a Recorder writes where.
type RecorderOptions struct {
	// Transcripts and Recordings are folders; they are created. An empty one
	// switches that half off.
	Transcripts string
	Recordings  string
	// Name begins the name of every file: the first pair is NAME.md and
	// NAME.jsonl, the others are NAME-0001.md and so on. Empty means
	// "pair-0000", "pair-0001" and so on. A file of that name is replaced.
	Name string
}

// pairStream is what waits to be written for one pair.
type pairStream struct {
	mu         sync.Mutex
	transcript tail
	recording  tail
}

// tail is the end of a file that is not on disk yet.
type tail struct {
	b       []byte
	started bool // the beginning is on disk
}

// NewRecorder returns a recorder and makes its folders.
func NewRecorder(o RecorderOptions) (*Recorder, error) {
	for _, dir := range []string{o.Transcripts, o.Recordings} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("record frames: %w", err)
		}
	}
	if o.Name != "" {
		o.Name = FileName(o.Name)
	}
	return &Recorder{o: o, pairs: make(map[int]*pairStream)}, nil
}

// Record adds one frame to the files of its pair. It blocks only while a full
// chunk is written.
func (r *Recorder) Record(f FrameRecord) {
	p := r.pair(f.Pair)
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.o.Transcripts != "" {
		p.transcript.b = AppendTranscript(p.transcript.b, f)
	}
	if r.o.Recordings != "" {
		p.recording.b = AppendRecording(p.recording.b, f)
	}
	if len(p.transcript.b) >= chunk || len(p.recording.b) >= chunk {
		r.fail(r.writePair(f.Pair, p))
	}
}

// Close writes what is still in memory and returns the first error of the
// recorder's life. Frames that come later are lost.
func (r *Recorder) Close() error {
	r.mu.Lock()
	pairs := r.pairs
	r.pairs = nil
	r.mu.Unlock()
	for n, p := range pairs {
		p.mu.Lock()
		r.fail(r.writePair(n, p))
		p.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// pair returns the stream of pair n, or nil when nothing is recorded any more.
func (r *Recorder) pair(n int) *pairStream {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pairs == nil || r.err != nil {
		return nil
	}
	p := r.pairs[n]
	if p == nil {
		p = new(pairStream)
		r.pairs[n] = p
	}
	return p
}

func (r *Recorder) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = fmt.Errorf("record frames: %w", err)
	}
}

func (r *Recorder) writePair(n int, p *pairStream) error {
	name := fmt.Sprintf("%s-%04d", r.o.Name, n)
	switch {
	case r.o.Name == "":
		name = fmt.Sprintf("pair-%04d", n)
	case n == 0:
		name = r.o.Name
	}
	return errors.Join(
		p.transcript.flush(filepath.Join(r.o.Transcripts, name+".md")),
		p.recording.flush(filepath.Join(r.o.Recordings, name+".jsonl")))
}

// flush puts the tail on disk: at the end of what it wrote before, or in the
// place of an older file. Nothing to write creates no file.
func (t *tail) flush(path string) error {
	if len(t.b) == 0 {
		return nil
	}
	flag := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !t.started {
		flag |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(t.b)
	t.b, t.started = t.b[:0], true
	return errors.Join(err, f.Close())
}
