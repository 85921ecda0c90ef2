package simnode

// recent is a map that holds a bounded number of keys, those that were set last
// for the first time.
type recent[K comparable, V any] struct {
	most  int
	all   map[K]V
	order []K // oldest first
}

func newRecent[K comparable, V any](most int) recent[K, V] {
	return recent[K, V]{most: most, all: make(map[K]V)}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.all[k]
	return v, ok
}

func (r *recent[K, V]) set(k K, v V) {
	if _, ok := r.all[k]; !ok {
		r.order = append(r.order, k)
	}
	r.all[k] = v
	if len(r.order) > r.most {
		delete(r.all, r.order[0])
		r.order = r.order[1:]
	}
}
