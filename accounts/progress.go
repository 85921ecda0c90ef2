package accounts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"

	"chanbot/tx"
)

// Progress is the file that remembers the payments of [Fund], so that a run
// that was broken off at any point can be repeated without paying twice. It is
// lines of JSON that are only ever added, each on the disk before the next step
// is taken:
//
//	{"funding":1,"network_id":"ae_dev","genesis":"kh_…","from":"ak_…"}
//	{"signed":"tx_…"}                  from here on this transaction may be posted
//	{"confirmed":"th_…","height":12}   it is in a block, as deep as wanted
//	{"void":"th_…"}                    it can never be: its nonce was used otherwise
//
// A last line without its end is one that was being written when everything
// stopped; nothing was posted because of it, and it is cut off. A Progress
// belongs to one process at a time (where the system has file locks) and to one
// goroutine.
type Progress struct {
	file     durable
	path     string
	header   *progressHeader // nil in a new file
	payments map[tx.ID]*payment
	order    []*payment
	byHash   map[tx.Hash]*payment
	last     *tx.Hash // newest confirmed transaction
	broken   error    // the file is in an unknown state
}

// durable is a file that is written at its end.
type durable interface {
	io.WriteCloser
	Sync() error
}

// progressHeader says whose payments these are.
type progressHeader struct {
	Version   int    `json:"funding"`
	NetworkID string `json:"network_id"`
	Genesis   string `json:"genesis"`
	From      tx.ID  `json:"from"`
}

type progressLine struct {
	Signed    string `json:"signed,omitempty"`
	Confirmed string `json:"confirmed,omitempty"`
	Height    uint64 `json:"height,omitempty"`
	Void      string `json:"void,omitempty"`
}

// payment is one recipient of a progress file. Its transactions that are not
// void have the same nonce, so at most one of them can ever be in a block.
type payment struct {
	to        tx.ID
	amount    *big.Int
	nonce     uint64
	signed    []*tx.SignedTx // the last one is the best
	confirmed bool
}

// ErrInUse is the error of a progress file that another process works with.
var ErrInUse = errors.New("another process works with this file")

// ErrOtherPayments is the error of a progress file that remembers payments of
// another account, of other amounts or on another chain than those asked for.
var ErrOtherPayments = errors.New("other payments need a file of their own")

// maxLine bounds a line of a progress file.
const maxLine = 64 << 10

// OpenProgress opens a progress file, which is made if it is not there, and
// locks it. Close it after use.
func OpenProgress(path string) (*Progress, error) {
	p, err := openProgress(path)
	if err != nil {
		return nil, fmt.Errorf("progress file %s: %w", path, err)
	}
	return p, nil
}

func openProgress(path string) (_ *Progress, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := lockFile(f); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	p, size, err := readProgress(f)
	if err != nil {
		return nil, err
	}
	if size < info.Size() {
		if err := f.Truncate(size); err != nil {
			return nil, withoutPath(err)
		}
	}
	if info.Size() == 0 { // the name must survive too
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	p.file, p.path = f, path
	return p, nil
}

// withoutPath leaves out the path that the caller adds.
func withoutPath(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// syncFolder puts a folder on the disk. Systems that cannot do that for folders
// do it by themselves.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return withoutPath(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return withoutPath(err)
	}
	return nil
}

// begin writes the first line of a new file.
func (p *Progress) begin(h progressHeader) error {
	if p.header != nil {
		return nil
	}
	h.Version = 1
	if err := p.write(h); err != nil {
		return err
	}
	p.header = &h
	return nil
}

// belongs compares the first line with what it should be.
func (p *Progress) belongs(h progressHeader) error {
	switch {
	case p.header == nil:
	case p.header.NetworkID != h.NetworkID:
		return fmt.Errorf("progress file %s: it is for network %s, and this is %s; %w", p.path, p.header.NetworkID, h.NetworkID, ErrOtherPayments)
	case p.header.Genesis != h.Genesis:
		return fmt.Errorf("progress file %s: it is for the chain that begins with %s, and this one begins with %s; %w", p.path, p.header.Genesis, h.Genesis, ErrOtherPayments)
	case p.header.From != h.From:
		return fmt.Errorf("progress file %s: its payments are of %s, and these are of %s; %w", p.path, p.header.From, h.From, ErrOtherPayments)
	}
	return nil
}

// sign writes a transaction down. It may be posted when this returns nil.
func (p *Progress) sign(s *tx.SignedTx) error {
	pay, nonce, err := p.paymentOf(s)
	if err != nil {
		return err
	}
	if err := p.write(progressLine{Signed: s.Text()}); err != nil {
		return err
	}
	p.addSigned(pay, nonce, s)
	return nil
}

func (p *Progress) confirm(pay *payment, h tx.Hash, height uint64) error {
	if err := p.write(progressLine{Confirmed: h.Text(tx.PrefixTxHash), Height: height}); err != nil {
		return err
	}
	p.takeConfirmed(h, pay)
	return nil
}

func (p *Progress) void(pay *payment) error {
	h := pay.signed[0].Hash()
	if err := p.write(progressLine{Void: h.Text(tx.PrefixTxHash)}); err != nil {
		return err
	}
	p.takeVoid(h, pay)
	return nil
}

// write adds a line and returns when it is on the disk. After an error nobody
// knows how much of it is there, so nothing more is written.
func (p *Progress) write(v any) error {
	if p.broken != nil {
		return p.broken
	}
	line, err := json.Marshal(v)
	if err == nil {
		if _, err = p.file.Write(append(line, '\n')); err == nil {
			err = p.file.Sync()
		}
	}
	if err != nil {
		p.broken = fmt.Errorf("progress file %s: %w", p.path, withoutPath(err))
	}
	return p.broken
}

// Close gives the file free.
func (p *Progress) Close() error { return p.file.Close() }
