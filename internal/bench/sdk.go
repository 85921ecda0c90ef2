package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// The other client: the JavaScript SDK, which is what most software for channels
// is made with.

//go:embed sdk/package.json sdk/transfers.mjs
var sdkFiles embed.FS

// sdkResult is what transfers.mjs has measured.
type sdkResult struct {
	Transfers int           `json:"transfers"`
	Seconds   float64       `json:"seconds"`
	CPU       time.Duration `json:"cpu"`
}

func (r sdkResult) perSecond() float64 { return float64(r.Transfers) / r.Seconds }

func (r sdkResult) cpuEach() time.Duration { return r.CPU / time.Duration(max(r.Transfers, 1)) }

// errNoSDK says why the SDK cannot be measured here.
type errNoSDK struct{ why string }

func (e *errNoSDK) Error() string { return e.why }

const (
	installLimit = 2 * time.Minute
	sdkTime      = 6 * time.Second
	sdkLimit     = time.Minute // for all of a run
)

// installSDK puts the SDK into a folder of its own and returns it. What was
// installed from the same package.json before is used again.
func (b *bench) installSDK(ctx context.Context) (string, error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", &errNoSDK{tool + " is not installed"}
		}
	}
	dir, err := filepath.Abs(filepath.Join(b.cache, "sdk"))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	wanted, err := sdkFiles.ReadFile("sdk/package.json")
	if err != nil {
		return "", err
	}
	script, err := sdkFiles.ReadFile("sdk/transfers.mjs")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "transfers.mjs"), script, 0o644); err != nil {
		return "", err
	}
	mark := filepath.Join(dir, "node_modules", ".filled")
	if filled, err := os.ReadFile(mark); err == nil && bytes.Equal(filled, wanted) {
		return dir, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), wanted, 0o644); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	npm, err := startIn(ctx, dir, nil, "npm", "install", "--ignore-scripts", "--prefer-offline", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
	if err != nil {
		return "", err
	}
	if _, err := npm.wait(); err != nil {
		return "", &errNoSDK{fmt.Sprintf("npm cannot install it: %v", err)}
	}
	return dir, os.WriteFile(mark, wanted, 0o644)
}

// transfersOfSDK lets the SDK make transfers on a fresh node that takes every
// signature. signing is sdk or native.
func (b *bench) transfersOfSDK(ctx context.Context, dir, signing string) (sdkResult, error) {
	ctx, cancel := context.WithTimeout(ctx, sdkLimit)
	defer cancel()
	node, err := b.startNode(ctx, "--no-verify", "--block-time", "200ms")
	if err != nil {
		return sdkResult{}, err
	}
	defer node.stop()
	c, err := startIn(ctx, dir, nil, "node", "transfers.mjs", node.url, node.networkID, strconv.Itoa(loadPairs), strconv.FormatFloat(sdkTime.Seconds(), 'f', -1, 64), signing)
	if err != nil {
		return sdkResult{}, err
	}
	defer c.stop()
	out, err := c.wait()
	if err != nil {
		return sdkResult{}, err
	}
	var r sdkResult
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("the SDK printed %q: %w", out, err)
	}
	return r, nil
}
