// Package load says when the next work starts: arrivals of an open model, pairs
// of a closed one, and the opening of channels. Nothing here has a clock, a
// goroutine or a lock; every answer is computed from its arguments.
//
// # Exactness
//
// Rates are ratios of whole numbers. The exact moment of arrival k is where the
// expected number of arrivals since the start comes to k; its due time is that
// moment rounded down to a nanosecond. No rounding is carried from one arrival
// to the next, so there is no drift, and the arrivals before a moment are counted
// without listing them. A [Pacer] therefore keeps two promises: At never
// decreases, and At(k) < t exactly when k < Count(t). From them follows that the
// parts of a plan, cut in time or by [Part] or by pair, add up to the whole.
//
// # Randomness
//
// What is random is a function of a seed and of what it is for, never of what
// was drawn before: [Draw] is the one hash behind it. So it does not depend on
// the order in which things happen, and parts need not talk to each other.
package load
