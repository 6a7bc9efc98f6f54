package provider

import "strings"

// words are the tokens of every answer. A few are not ASCII, so that a cut
// between two bytes of a character happens. None needs escaping in JSON, also
// not inside a string within a string.
var words = [64]string{
	" the", " of", " and", " a", " to", " in", " is", " you", " that", " it", " he", " was", " for", " on", " are", " as",
	" with", " his", " they", " I", " at", " be", " this", " have", " from", " or", " one", " had", " by", " word", " but", " not",
	" what", " all", " were", " we", " when", " your", " can", " said", " there", " use", " an", " each", " which", " she", " do", " how",
	" their", " if", " will", " up", " other", " about", " out", " many", " then", " them", " café", " naïve", " über", " 東京", " 🙂", ".",
}

// Token is the text of the i-th token, counted from 0, of every generated
// answer. The sequence has no short period, so that a token lost, doubled or
// out of order shows in the text.
func Token(i int) string {
	// Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4), folded once.
	h := (uint64(i) + 1) * 0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return words[h>>58]
}

// Text is the first n tokens joined: what a caller of an answer of n tokens
// has in the end.
func Text(n int) string {
	var b strings.Builder
	b.Grow(n * 5)
	for i := range n {
		b.WriteString(Token(i))
	}
	return b.String()
}
