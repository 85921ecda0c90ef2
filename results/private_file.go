package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrInUse is the error of a run folder whose channels another process works
// with: the run is not over, or they are being reclaimed.
var ErrInUse = errors.New("another process works with the channels of this run")

const (
	// flushEvery is how old a state may get before it is written down.
	flushEvery = time.Second
	// compactFrom is the size from which the file is written anew, with one line
	// for each channel, whenever it has doubled.
	compactFrom = 16 << 20
)

// Channels is the file private/channels of a run folder: lines of JSON, each
// with a checksum, that are only ever added. A channel is written down before
// anybody signs for it, and so is each new fsm_id; the states that come later
// are, at most once a second for each channel, so a process that is killed loses
// no more than the last second of those.
//
// It is a [ChannelSink]. Close it after use. It belongs to one process at a time
// (where the system has file locks), and its owner alone can read it.
type Channels struct {
	path string
	lock *os.File
	done chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	file    *os.File
	size    int64
	base    int64 // size after it was written anew
	waiting map[string]*ChannelRecord
	order   []string        // of waiting
	over    map[string]bool // every channel, and whether it is closed
	buf     []byte
	err     error // the first one; nothing is written after it
}

// OpenChannels opens the channels file of the run, which is made if it is not
// there, and returns what it holds. Nobody else can open it until Close.
func (f *Folder) OpenChannels() (*Channels, []ChannelRecord, error) {
	c, known, err := openChannels(f.File(PrivateDir))
	if err != nil {
		return nil, nil, fmt.Errorf("channels of %s: %w", f.path, err)
	}
	return c, known, nil
}

// HasChannels says whether the run has kept what opens its channels.
func (f *Folder) HasChannels() bool {
	_, err := os.Stat(filepath.Join(f.File(PrivateDir), ChannelsFile))
	return err == nil
}

func openChannels(dir string) (_ *Channels, known []ChannelRecord, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	c := &Channels{path: filepath.Join(dir, ChannelsFile), done: make(chan struct{}), waiting: make(map[string]*ChannelRecord), over: make(map[string]bool)}
	defer func() {
		if err != nil {
			c.release()
		}
	}()
	if c.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, nil, err
	}
	if err := lockFile(c.lock); err != nil {
		return nil, nil, err
	}
	if c.file, err = os.OpenFile(c.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, nil, err
	}
	if known, _, err = ReadChannels(c.file); err != nil {
		return nil, nil, err
	}
	if c.size, err = c.file.Seek(0, io.SeekEnd); err != nil {
		return nil, nil, err
	}
	if c.size > 0 { // a line that was cut off must not swallow the next one
		c.write([]byte{'\n'})
	}
	for _, r := range known {
		c.over[r.Channel] = r.Closed
	}
	c.wg.Go(c.flushing)
	return c, known, c.err
}

// Channel takes a record. It returns when what matters is with the system, so
// that killing the process cannot lose it.
func (c *Channels) Channel(r ChannelRecord) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waits := c.waiting[r.Channel]
	if waits == nil {
		waits = &ChannelRecord{Channel: r.Channel, Pair: r.Pair}
		c.waiting[r.Channel] = waits
		c.order = append(c.order, r.Channel)
		if _, known := c.over[r.Channel]; !known {
			c.over[r.Channel] = false
		}
	}
	waits.Merge(r)
	if r.Closed {
		c.over[r.Channel] = true
	}
	if r.urgent() {
		c.flushLocked()
	}
}

// Open is how many channels are not known to be closed. It may be called after
// Close, too.
func (c *Channels) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, over := range c.over {
		if !over {
			n++
		}
	}
	return n
}

// Close writes what waits and gives the file free. It returns the first error
// of all its life.
func (c *Channels) Close() error {
	close(c.done)
	c.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flushLocked()
	if c.err == nil {
		c.err = c.file.Sync()
	}
	c.release()
	if c.err != nil {
		return fmt.Errorf("write %s: %w", c.path, c.err)
	}
	return nil
}

func (c *Channels) release() {
	for _, f := range []*os.File{c.file, c.lock} {
		if f != nil {
			_ = f.Close() // everything is written, or an error says more
		}
	}
}

func (c *Channels) flushing() {
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-t.C:
			c.mu.Lock()
			c.flushLocked()
			c.mu.Unlock()
		}
	}
}

// flushLocked writes everything that waits, with one call.
func (c *Channels) flushLocked() {
	if len(c.order) == 0 || c.err != nil {
		return
	}
	c.buf = c.buf[:0]
	for _, id := range c.order {
		var err error
		if c.buf, err = c.waiting[id].appendLine(c.buf); err != nil && c.err == nil {
			c.err = err
		}
	}
	clear(c.waiting)
	c.order = c.order[:0]
	c.write(c.buf)
	if c.err == nil && c.size > max(compactFrom, 2*c.base) {
		c.compactLocked()
	}
}

func (c *Channels) write(b []byte) {
	n, err := c.file.Write(b)
	c.size += int64(n)
	if c.err == nil {
		c.err = err
	}
}

// compactLocked writes the file anew, with one line for each channel. Whoever
// is killed meanwhile leaves the old file or the new one.
func (c *Channels) compactLocked() {
	c.err = func() error {
		if _, err := c.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		known, _, err := ReadChannels(c.file)
		if err != nil {
			return err
		}
		var all []byte
		for i := range known {
			if all, err = known[i].appendLine(all); err != nil {
				return err
			}
		}
		if err := WriteFile(c.path, all); err != nil {
			return err
		}
		f, err := os.OpenFile(c.path, os.O_RDWR|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_ = c.file.Close() // its name is gone
		c.file, c.size, c.base = f, int64(len(all)), int64(len(all))
		return nil
	}()
}
