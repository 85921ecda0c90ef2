package results_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
// while it is made. The pictures are among the artifacts of the test,
// where those are kept (-artifacts).
func TestReportsInABrowser(t *testing.T) {
	reports := samples(t)
	browser := startChromium(t)
	dir := t.ArtifactDir()
	for _, name := range slices.Sorted(maps.Keys(reports)) {
		path := page(t, dir, name, reports[name])
		for i, s := range screens {
			if drawn[name] == 0 && i%3 != 0 { // one light and one dark is enough
				continue
			}
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

// What a user does with a report: choosing an operation, a clock, a scale and
// the colours, reading a chart with the mouse and with the keys, hiding a line,
// zooming.
func TestAReportIsUsed(t *testing.T) {
	browser := startChromium(t)
	r := samples(t)["failed"]
	p := browser.open(page(t, t.ArtifactDir(), "used", r), screen{width: 1280, height: 1000})
	defer p.close()
	is := func(what, expression, want string) {
		t.Helper()
		if got := p.value(expression); got != want {
			t.Errorf("%s: %s is %q, want %q", what, expression, got, want)
		}
	}
	const chart = `document.querySelector('[data-chart=throughput]')`
	is("the operations", `[...document.querySelector('#operation').options].map(o => o.value).join()`, "transfer,message,open,all")
	is("an uneven run", `document.querySelector('[data-log=time]').getAttribute('aria-pressed')`, "true")

	before := p.value(`document.querySelector('[data-chart=latency] .plot').getAttribute('aria-label')`)
	p.value(`document.querySelector('[data-clock=service]').click()`)
	if after := p.value(`document.querySelector('[data-chart=latency] .plot').getAttribute('aria-label')`); after == before || !strings.Contains(after, "p99 between") {
		t.Errorf("service: %q, response: %q", after, before)
	}
	p.value(`(s => { s.value = 'message'; s.dispatchEvent(new Event('change')); })(document.querySelector('#operation'))`)
	is("messages have no conflicts", `[...document.querySelectorAll('[data-chart=outcomes] .legend button')].map(b => b.textContent).join()`, "done")
	p.value(`(s => { s.value = 'transfer'; s.dispatchEvent(new Event('change')); })(document.querySelector('#operation'))`)

	p.value(chart + `.scrollIntoView({behavior: 'instant'})`)
	p.value(chart + `.querySelector('.plot').focus()`)
	for _, key := range []string{"Home", "ArrowRight", "ArrowRight"} {
		for _, kind := range []string{"keyDown", "keyUp"} {
			p.do("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key})
		}
	}
	is("the keys move along a chart", chart+`.querySelector('.tip.shown b').textContent.replaceAll('\u202f', ' ')`, "2 s–3 s")
	is("the others follow", `document.querySelectorAll('.tip.shown').length >= 4`, "true")
	is("it is said", chart+`.querySelector('[aria-live]').textContent.startsWith('2\u202fs–3\u202fs: went through')`, "true")

	at := func(expression string) float64 {
		t.Helper()
		v, err := strconv.ParseFloat(p.value(expression), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	left, width := at(chart+`.querySelector('.u-over').getBoundingClientRect().left`), at(chart+`.querySelector('.u-over').getBoundingClientRect().width`)
	y := at(chart + `.querySelector('.u-over').getBoundingClientRect().top + 60`)
	mouse := func(kind string, part float64, pressed bool) {
		t.Helper()
		m := map[string]any{"type": kind, "x": left + part*width, "y": y, "button": "none"}
		if pressed {
			m["button"], m["buttons"], m["clickCount"] = "left", 1, 1
		}
		p.do("Input.dispatchMouseEvent", m)
	}
	mouse("mouseMoved", .61, false)
	p.value(`new Promise(requestAnimationFrame)`)
	is("the mouse reads a chart", chart+`.querySelector('.tip.shown b').textContent.replaceAll('\u202f', ' ')`, "30 s–31 s")
	p.shoot("reading")
	mouse("mousePressed", .4, true)
	mouse("mouseMoved", .5, true)
	mouse("mouseMoved", .65, true)
	mouse("mouseReleased", .65, true)
	p.value(`new Promise(r => setTimeout(r, 100))`)
	p.shoot("zoomed")
	is("zoomed", chart+`.dataset.zoomed`, "true")
	is("all charts over time are", `document.querySelectorAll('[data-zoomed=true]').length >= 4`, "true")
	p.do("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "Escape", "code": "Escape"})
	is("no longer", `document.querySelectorAll('[data-zoomed=true]').length`, "0")

	p.value(`(b => { b.focus(); b.click(); })(` + chart + `.querySelector('.legend button'))`)
	is("a line is hidden", chart+`.querySelector('.legend button').getAttribute('aria-pressed')`, "false")
	is("and its button stays in focus", `String(document.activeElement.getAttribute('aria-pressed'))`, "false")

	p.value(`document.querySelector('[data-theme-choice=dark]').click()`)
	is("dark", `getComputedStyle(document.body).backgroundColor`, "rgb(13, 17, 23)")
	p.value(`document.querySelector('[data-theme-choice=light]').click()`)
	is("light", `getComputedStyle(document.body).backgroundColor`, "rgb(244, 245, 247)")
	p.value(`document.querySelector('[data-copy]').click()`)
	for _, c := range p.complaints() {
		t.Error(c)
	}
}

// What a node says is text on every screen, and does not make a page wider.
func TestHostileTextInABrowser(t *testing.T) {
	browser := startChromium(t)
	path := page(t, t.ArtifactDir(), "hostile", hostileReport())
	for _, s := range screens {
		p := browser.open(path, s)
		if got := p.value(`String(window.pwned) + document.querySelectorAll('img').length + document.scripts.length`); got != "undefined03" {
			t.Errorf("%s: %s", s.name, got)
		}
		if w := p.value(`document.scrollingElement.scrollWidth`); w != strconv.Itoa(s.width) {
			t.Errorf("%s: %s wide, and the screen %d", s.name, w, s.width)
		}
		for _, c := range p.complaints() {
			t.Errorf("%s: %s", s.name, c)
		}
		p.shoot("hostile-" + s.name)
		p.close()
	}
}
