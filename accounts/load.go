package accounts

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"chanbot/tx"
)

// Bounds of a key file. They leave room for the accounts of 100,000 pairs.
const (
	maxBytes    = 64 << 20
	maxAccounts = 200_000
)

// Load reads a key file: a YAML or JSON list of accounts, each with its address
// and its secret key.
//
//   - address: ak_…
//     secret_key: sk_…
//
// publicKey and secretKey, the spellings of other tools, name the same; a
// secret key may also be 64 or 128 hexadecimal digits. The address must be that
// of the secret key, and no account may be there twice. The file must hold at
// least one account.
//
// Every error about the content is of type [Problems]. Load reads r to its end
// or until the file is too large.
func Load(r io.Reader) ([]tx.KeyPair, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	if len(b) > maxBytes {
		return nil, Problems{{Message: fmt.Sprintf("more than %d MiB", maxBytes>>20)}}
	}
	list, err := parse(b)
	if err != nil {
		return nil, err
	}
	l := loader{lines: make(map[tx.ID]int)}
	l.list(list)
	if err := l.problems.err(); err != nil {
		return nil, err
	}
	return l.keys, nil
}

// parse returns the only document of the file.
func parse(b []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	var doc yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, Problems{{Message: "no accounts in this file"}}
	case err != nil:
		return nil, Problems{syntaxProblem(err)}
	}
	var second yaml.Node
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, Problems{syntaxProblem(err)}
		}
		return nil, Problems{{Line: second.Line, Col: second.Column, Message: "a second document; a key file is one list"}}
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, Problems{{Message: "no accounts in this file"}}
	}
	return doc.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?([a-z ',]+)$`)

// syntaxProblem turns an error of the YAML reader into a problem. What it does
// not recognise it does not repeat, because it could quote the file.
func syntaxProblem(err error) Problem {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return Problem{Message: "neither YAML nor JSON"}
	}
	line, err := strconv.Atoi(m[1])
	if err != nil {
		line = 0
	}
	return Problem{Line: line, Message: "neither YAML nor JSON: " + m[2]}
}

// loader collects the accounts and the problems of a file.
type loader struct {
	keys     []tx.KeyPair
	lines    map[tx.ID]int // where an account was seen first
	problems Problems
}

func (l *loader) problem(n *yaml.Node, format string, args ...any) {
	l.problems = append(l.problems, Problem{Line: n.Line, Col: n.Column, Message: fmt.Sprintf(format, args...)})
}

func (l *loader) list(n *yaml.Node) {
	switch {
	case n.Kind != yaml.SequenceNode:
		l.problem(n, "expected a list of accounts, each {address: ak_…, secret_key: sk_…}; found %s", kindName(n))
		return
	case len(n.Content) == 0:
		l.problem(n, "no accounts in this file")
		return
	case len(n.Content) > maxAccounts:
		l.problem(n, "%d accounts; at most %d are allowed", len(n.Content), maxAccounts)
		return
	}
	for _, entry := range n.Content {
		l.account(entry)
	}
}

// The fields of an account.
const (
	fieldAddress = "address"
	fieldSecret  = "secret_key"
)

var spellings = map[string]string{
	"address": fieldAddress, "publicKey": fieldAddress, "public_key": fieldAddress,
	"secret_key": fieldSecret, "secretKey": fieldSecret,
}

func (l *loader) account(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		l.problem(n, "expected an account {address: ak_…, secret_key: sk_…}; found %s", kindName(n))
		return
	}
	fields := make(map[string]*yaml.Node)
	sound := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, known := spellings[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !known:
			l.problem(key, "unknown key%s; expected address and secret_key", quoted(key))
			sound = false
		case fields[field] != nil:
			l.problem(key, "%s is given twice in this account", field)
			sound = false
		case value.Kind != yaml.ScalarNode || value.Value == "":
			l.problem(value, "expected the text of the %s; found %s", field, kindName(value))
			sound = false
			fields[field] = value
		default:
			fields[field] = value
		}
	}
	for _, field := range []string{fieldAddress, fieldSecret} {
		if fields[field] == nil {
			l.problem(n, "this account has no %s", field)
			sound = false
		}
	}
	if sound {
		l.pair(n, fields[fieldAddress], fields[fieldSecret])
	}
}

// pair checks the texts of an account against each other.
func (l *loader) pair(n, address, secret *yaml.Node) {
	id, err := tx.ParseID(address.Value)
	switch {
	case err != nil && !strings.HasPrefix(address.Value, "ak_"):
		l.problem(address, "address: the text of an account begins with ak_")
	case err != nil:
		l.problem(address, "address: %s", reason(err))
	case id.Kind != tx.AccountID:
		l.problem(address, "address: %s is no account", id)
		err = errors.New("no account")
	}
	key, keyErr := tx.ParseSecretKey(secret.Value)
	if keyErr != nil {
		l.problem(secret, "%s", secretReason(keyErr))
	}
	if err != nil || keyErr != nil {
		return
	}
	if key.ID() != id {
		l.problem(address, "the secret key belongs to %s, not to %s", key.ID(), id)
		return
	}
	if line, twice := l.lines[id]; twice {
		l.problem(address, "account %s is already in line %d", id, line)
		return
	}
	l.lines[id] = n.Line
	l.keys = append(l.keys, key)
}

// reason leaves out the text that a [tx.TextError] is about.
func reason(err error) string {
	if text, ok := errors.AsType[*tx.TextError](err); ok {
		return text.Reason
	}
	return "not readable"
}

func secretReason(err error) string {
	if text, ok := errors.AsType[*tx.TextError](err); ok {
		return "secret key: " + text.Reason
	}
	return err.Error()
}

// quoted shows an unknown key, unless it could be a secret.
func quoted(key *yaml.Node) string {
	if key.Kind != yaml.ScalarNode || len(key.Value) > 24 || strings.HasPrefix(key.Value, "sk_") {
		return ""
	}
	return fmt.Sprintf(" %q", key.Value)
}

// kindName says what a node is without showing its value.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias, which key files cannot have"
	}
	if n.Value == "" || n.Tag == "!!null" {
		return "nothing"
	}
	return "a single value"
}
