package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The files of a run folder.
const (
	ManifestFile   = "manifest.json"
	SummaryFile    = "summary.json"
	TranscriptsDir = "transcripts"
	RecordingsDir  = "recordings"
)

// Folder is the directory that holds everything one run leaves behind. It is
// private to its owner, because recordings hold fsm_id values.
type Folder struct{ path string }

// most is how many runs of one scenario can start in the same second.
const most = 1000

// CreateFolder makes a new folder PARENT/<UTC time>-<scenario>. Two runs of the
// same second get different folders: a counter is appended.
func CreateFolder(parent string, started time.Time, scenario string) (*Folder, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("create run folder: %w", err)
	}
	name := started.UTC().Format("20060102T150405Z") + "-" + FileName(scenario)
	for n := 1; n <= most; n++ {
		path := filepath.Join(parent, name)
		if n > 1 {
			path = fmt.Sprintf("%s-%d", path, n)
		}
		err := os.Mkdir(path, 0o700)
		if err == nil {
			return &Folder{path: path}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("create run folder: %w", err)
		}
	}
	return nil, fmt.Errorf("create run folder: %s exists %d times", filepath.Join(parent, name), most)
}

// OpenFolder returns the folder of an earlier run, which is known by its
// manifest or its journal.
func OpenFolder(path string) (*Folder, error) {
	f := &Folder{path: path}
	for _, name := range []string{ManifestFile, JournalFile} {
		_, err := os.Stat(f.File(name))
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open run folder: %w", err)
		}
	}
	return nil, fmt.Errorf("%s is no run folder: it holds no %s", path, ManifestFile)
}

// Path returns the folder's path.
func (f *Folder) Path() string { return f.path }

// File returns the path of a file in the folder.
func (f *Folder) File(name string) string { return filepath.Join(f.path, name) }

// Recorder returns a recorder that writes into the folder, for the halves that
// are asked for.
func (f *Folder) Recorder(transcripts, recordings bool) (*Recorder, error) {
	var o RecorderOptions
	if transcripts {
		o.Transcripts = f.File(TranscriptsDir)
	}
	if recordings {
		o.Recordings = f.File(RecordingsDir)
	}
	return NewRecorder(o)
}

// WriteManifest writes manifest.json. Secret keys in it are blanked out.
func (f *Folder) WriteManifest(m Manifest) error {
	m.Version = ManifestVersion
	return f.writeJSON(ManifestFile, m)
}

// Manifest reads manifest.json.
func (f *Folder) Manifest() (Manifest, error) {
	var m Manifest
	return m, f.readJSON(ManifestFile, &m)
}

// WriteSummary writes summary.json.
func (f *Folder) WriteSummary(s *Summary) error {
	return f.writeJSON(SummaryFile, s.complete())
}

// Summary reads summary.json.
func (f *Folder) Summary() (*Summary, error) {
	s := new(Summary)
	return s, f.readJSON(SummaryFile, s)
}

func (f *Folder) writeJSON(name string, v any) error {
	b, err := indented(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return WriteFile(f.File(name), hidden(b))
}

func (f *Folder) readJSON(name string, v any) error {
	b, err := os.ReadFile(f.File(name))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", f.File(name), err)
	}
	return nil
}

// WriteFile writes b to path so that a reader sees the old content or the new
// one, never a part of it. The file is private to its owner.
func WriteFile(path string, b []byte) (err error) {
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(t.Name()) // what matters is the error that led here
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	_, err = t.Write(b)
	if err == nil {
		err = t.Sync()
	}
	if err = errors.Join(err, t.Close()); err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}

// FileName makes a part of a file name out of a scenario's name. Run folders and the
// files of a Recorder are called by it.
func FileName(s string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, s)
	clean = strings.Trim(clean, "-.")
	if clean == "" {
		return "run"
	}
	return clean[:min(len(clean), 80)]
}
