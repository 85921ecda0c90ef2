package results_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"chanbot/results"
)

// The screens that reports are looked at on.
var screens = []screen{
	{name: "desktop-light", width: 1280, height: 900},
	{name: "desktop-dark", width: 1280, height: 900, dark: true},
	{name: "phone-light", width: 400, height: 800, mobile: true},
	{name: "phone-dark", width: 400, height: 800, mobile: true, dark: true},
}

// drawn is how many charts each kind of report draws at least.
var drawn = map[string]int{"healthy": 10, "failed": 10, "interrupted": 10, "invalid": 10, "empty": 0, "steps": 0, "nothing": 0}

func page(t testing.TB, dir, name string, r *results.RunReport) string {
	t.Helper()
	var b bytes.Buffer
	if err := results.WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".html")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every kind of report is drawn on every screen, says nothing on the console,
// asks for nothing, keeps within the width of the screen and does not move
// while it is made. The pictures are among the artifacts of the test.
func TestReportsInABrowser(t *testing.T) {
	reports := samples(t)
	browser := startChromium(t)
	dir := t.ArtifactDir()
	for _, name := range slices.Sorted(maps.Keys(reports)) {
		path := page(t, dir, name, reports[name])
		for _, s := range screens {
			p := browser.open(path, s)
			for _, c := range p.complaints() {
				t.Errorf("%s, %s: %s", name, s.name, c)
			}
			if n, err := strconv.Atoi(p.value(`document.documentElement.dataset.charts`)); err != nil || n < drawn[name] || drawn[name] == 0 && n > 0 {
				t.Errorf("%s, %s: %d charts are drawn, want %d; %v", name, s.name, n, drawn[name], err)
			}
			if w := p.value(`document.scrollingElement.scrollWidth`); w != strconv.Itoa(s.width) {
				t.Errorf("%s, %s: %s wide, and the screen %d", name, s.name, w, s.width)
			}
			if shift, err := strconv.ParseFloat(p.value(`window.shifts`), 64); err != nil || shift > 0.01 {
				t.Errorf("%s, %s: the page moves by %v while it is made; %v", name, s.name, shift, err)
			}
			p.shoot(name + "-" + s.name)
			if s == screens[1] {
				p.print(name)
			}
			p.close()
		}
	}
}
