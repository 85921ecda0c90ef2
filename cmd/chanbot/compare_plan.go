package main

import (
	"reflect"

	"chanbot/results"
	"chanbot/strategy"
)

// samePlan tells whether the scenarios of two runs do the same, although their
// texts differ: in comments and layout, in what they are called, or in what is
// asked of the results.
func samePlan(a, b *results.Manifest) bool {
	one, ok := planOf(a)
	other, both := planOf(b)
	return ok && both && sameWork(reflect.ValueOf(one), reflect.ValueOf(other))
}

func planOf(m *results.Manifest) (*strategy.Scenario, bool) {
	src := source{file: m.Scenario.Name, builtin: true, text: []byte(m.Scenario.Text)}
	sc, problems := src.parse(nil)
	if len(problems) > 0 || sc == nil {
		return nil, false
	}
	sc.Name, sc.Description, sc.Tags, sc.Thresholds = "", "", nil, nil
	return sc, true
}

var posType = reflect.TypeFor[strategy.Pos]()

// sameWork compares two trees of a scenario, but not where they stand in their
// files.
func sameWork(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return false
	}
	if !a.IsValid() || a.Type() == posType {
		return true
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return sameWork(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameWork(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameWork(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, k := range a.MapKeys() {
			if v := b.MapIndex(k); !v.IsValid() || !sameWork(a.MapIndex(k), v) {
				return false
			}
		}
		return true
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return a.IsNil() && b.IsNil()
	}
	return a.Equal(b)
}
