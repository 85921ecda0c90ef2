package main

import "strings"

// pairs reads the values of a repeatable flag NAME=VALUE.
func pairs(flag string, values []string) (map[string]string, error) {
	m := make(map[string]string, len(values))
	for _, v := range values {
		name, value, found := strings.Cut(v, "=")
		if !found || name == "" {
			return nil, misuse("write "+flag+" NAME=VALUE", "%s %s: there is no name and value in it", flag, v)
		}
		if _, twice := m[name]; twice {
			return nil, misuse("keep one of them", "%s %s is given twice", flag, name)
		}
		m[name] = value
	}
	return m, nil
}
