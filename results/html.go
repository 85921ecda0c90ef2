package results

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"sync"
)

// HTMLFile is the name of the report for people in the run folder.
const HTMLFile = "report.html"

//go:embed html
var htmlFiles embed.FS

// htmlParts are what the HTML files that chanbot writes have in common.
type htmlParts struct {
	template *template.Template
	style    string
	charts   string            // the library, and how it is used
	scripts  map[string]string // by page
	licence  string
}

var loadHTML = sync.OnceValues(func() (*htmlParts, error) {
	t, err := template.ParseFS(htmlFiles, "html/*.html")
	if err != nil {
		return nil, fmt.Errorf("html: %w", err)
	}
	p := &htmlParts{template: t, scripts: make(map[string]string)}
	for _, part := range []struct {
		name string
		to   *string
	}{
		{"uplot/LICENSE", &p.licence},
		{"uplot/uPlot.min.css", &p.style}, {"style.css", &p.style}, {"compare.css", &p.style}, {"bench.css", &p.style},
		{"uplot/uPlot.iife.min.js", &p.charts}, {"numbers.js", &p.charts}, {"charts.js", &p.charts},
	} {
		text, err := htmlFile(part.name)
		if err != nil {
			return nil, err
		}
		*part.to += text + "\n"
	}
	for _, page := range []string{"report", "compare", "bench"} {
		if p.scripts[page], err = htmlFile(page + ".js"); err != nil {
			return nil, err
		}
	}
	return p, nil
})

func htmlFile(name string) (string, error) {
	b, err := htmlFiles.ReadFile("html/" + name)
	if err != nil {
		return "", fmt.Errorf("html: %w", err)
	}
	return string(b), nil
}

// policy is the content security policy of a page: its own scripts and styles
// and nothing else, and no request to anywhere.
func (p *htmlParts) policy(page string) string {
	return fmt.Sprintf("default-src 'none'; style-src %s; script-src %s %s; img-src data:; base-uri 'none'; form-action 'none'",
		hashOf(p.style), hashOf(p.charts), hashOf(p.scripts[page]))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// htmlPage is what the templates are given.
type htmlPage struct {
	Title  string
	Policy string
	// The texts are files of ours without a closing tag in them; the browser
	// compares them with their hashes.
	Style, Charts, Script template.HTML
	Licence               string
	// Data is read by the script.
	Data json.RawMessage
	View any
}

// writeHTML writes a page: the template page.html with the script page.js, which
// reads data.
func writeHTML(w io.Writer, page, title string, view, data any) error {
	p, err := loadHTML()
	if err != nil {
		return err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("html: %w", err)
	}
	var b bytes.Buffer
	err = p.template.ExecuteTemplate(&b, page+".html", &htmlPage{
		Title: title, Policy: p.policy(page), Licence: p.licence, Data: text, View: view,
		Style:  template.HTML("<style>" + p.style + "</style>"),
		Charts: template.HTML("<script>" + p.charts + "</script>"),
		Script: template.HTML("<script>" + p.scripts[page] + "</script>"),
	})
	if err != nil {
		return fmt.Errorf("html: %w", err)
	}
	_, err = w.Write(hidden(b.Bytes()))
	return err
}

// WriteHTML writes the report of a run as one HTML file that needs nothing else
// and asks for nothing: it can be opened from a disk, sent around and printed.
// Equal reports give equal bytes. However long the run was, the file keeps a few
// megabytes.
func WriteHTML(w io.Writer, r *RunReport) error {
	v := r.view()
	if err := writeHTML(w, "report", v.Title, v, r.chart()); err != nil {
		return fmt.Errorf("write %s: %w", HTMLFile, err)
	}
	return nil
}
