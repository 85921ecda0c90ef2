package nodeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Error is a refusal of the node, or of whatever answers in its place (http-api
// 2). Look at Status and Code first; the words of Reason are for people. All
// but Status may be empty.
type Error struct {
	Request    string        // method and path
	Status     int           // of HTTP, never 200
	Code       string        // error_code, such as nonce_too_low
	Reason     string        // such as "Invalid tx"
	Detail     string        // of a validation error: which parameter and what is wrong with it
	RetryAfter time.Duration // the server wants no other attempt before
}

// Error names the request and says everything that is known.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %d %s", e.Request, e.Status, http.StatusText(e.Status))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

// NotFound tells whether the node says that there is no such thing. Its 404 for
// a path that it does not have has no reason and is something else.
func NotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusNotFound && (e.Reason != "" || e.Code != "")
}

// Unsupported tells whether the server does not have the operation: a group of
// endpoints that is switched off, another port, or no node at all (http-api 1, 7).
func Unsupported(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Reason != "" || e.Code != "" {
		return false
	}
	return e.Status == http.StatusNotFound || e.Status == http.StatusForbidden || e.Status == http.StatusMethodNotAllowed
}

// Code returns the error_code of a refusal, "" if err is none or has none.
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// MalformedError is an answer that no node gives: no JSON, a field that is
// missing or of the wrong kind, more bytes than one wants to read.
type MalformedError struct {
	Request string // method and path
	Reason  string
	Body    string // its beginning
}

// Error says what is wrong and shows the beginning of the answer.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("%s: not an answer of a node: %s; it begins with %q", e.Request, e.Reason, e.Body)
}

const shownBytes = 120

func excerpt(body []byte) string { return string(body[:min(len(body), shownBytes)]) }

// cut makes words of a server fit for a terminal: not too many, and nothing
// that is no character to print.
func cut(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text[:min(len(text), 2*shownBytes)])
}

// refusalOf reads what it can of an answer that is not 200. The body may be
// anything.
func refusalOf(r *request, resp *http.Response, body []byte) *Error {
	e := &Error{Request: r.name(), Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	var said struct {
		Reason    json.RawMessage `json:"reason"`
		Code      json.RawMessage `json:"error_code"`
		Parameter json.RawMessage `json:"parameter"`
		Info      json.RawMessage `json:"info"`
	}
	if json.Unmarshal(body, &said) != nil {
		return e
	}
	e.Reason, e.Code = cut(textOf(said.Reason)), cut(textOf(said.Code))
	var info struct {
		Error json.RawMessage `json:"error"`
	}
	if e.Reason == "validation_error" && json.Unmarshal(said.Info, &info) == nil {
		e.Detail = cut(strings.TrimSpace(textOf(said.Parameter) + " " + textOf(info.Error)))
	}
	return e
}

// textOf is the text of a JSON string, "" for anything else.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// retryAfter reads the seconds of the header; nodes send no dates.
func retryAfter(h http.Header) time.Duration {
	s, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(s) * time.Second
}
