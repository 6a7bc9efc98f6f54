package check

// queue is first in, first out, and uses its memory again.
type queue[T any] struct {
	all  []T
	head int
}

func (q *queue[T]) len() int { return len(q.all) - q.head }

// at is the i-th, counted from 0.
func (q *queue[T]) at(i int) *T { return &q.all[q.head+i] }

func (q *queue[T]) push(v T) {
	if len(q.all) == cap(q.all) && q.head >= len(q.all)-q.head {
		n := copy(q.all, q.all[q.head:])
		q.all, q.head = q.all[:n], 0
	}
	q.all = append(q.all, v)
}

// drop forgets the first n.
func (q *queue[T]) drop(n int) {
	if q.head += n; q.head == len(q.all) {
		q.all, q.head = q.all[:0], 0
	}
}
