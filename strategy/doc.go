// Package strategy is the scenario language of chanbot: it reads YAML files
// into a tree of its own, reports every mistake with its position at once, and
// answers the one question a running bot asks: what does this role do next?
//
// Nothing here touches a network, a clock or a file. Parse gets bytes; Decide
// gets the layers of answers that are in force and gives back a flat list of
// moves. Every random choice comes from a Source, keyed by what it is for, so
// that the same seed decides the same whatever the order of events was.
package strategy
