package dialect

import (
	"bytes"

	"github.com/go-faster/jx"
)

// failing are the finish reasons of an answer that broke off: what was said so
// far is all that there will be, and not what the model had to say. Whatever
// is not listed is an ordinary finish, those included that nobody has heard of
// yet.
//
//	error                         watsonx, and said to be OpenRouter's, Mistral's, vLLM's and Cohere's
//	cancelled                     watsonx (ibm.github.io/watsonx-ai-node-sdk, TextGenResult, StopReason)
//	insufficient_system_resource  said to be DeepSeek's
//	timeout                       said to be Cohere's
//	abort                         said to be vLLM's and SGLang's
//	network_error                 said to be GLM's
//	failed, aborted, canceled     the same in other spellings
//
// Those "said to be" were not found in the vendors' own documents. Each is a
// word that no finished answer would have.
var failing = [][]byte{
	[]byte("error"), []byte("timeout"), []byte("abort"), []byte("cancelled"), []byte("network_error"),
	[]byte("insufficient_system_resource"), []byte("failed"), []byte("aborted"), []byte("canceled"),
}

// unfinished are what stands in place of a finish reason where there is none
// yet: "" with some speakers, "null" at Alibaba's, "None" where Python wrote it,
// and what watsonx and Google say.
var unfinished = [][]byte{
	nil, []byte("null"), []byte("None"), []byte("not_finished"), []byte("FINISH_REASON_UNSPECIFIED"),
}

// finish reads a finish reason. SGLang has objects of a type: {"type":"abort"}.
func finish(d *jx.Decoder) (finished, failed bool, err error) {
	var reason []byte
	if d.Next() == jx.Object {
		for key := range object(d, &err) {
			if string(key) == "type" {
				reason, err = word(d)
			} else {
				err = d.Skip()
			}
		}
	} else {
		reason, err = word(d)
	}
	finished = !among(unfinished, reason)
	return finished, finished && among(failing, reason), err
}

// among says whether a word is one of several, in upper or lower case.
func among(words [][]byte, word []byte) bool {
	for _, w := range words {
		if bytes.EqualFold(w, word) {
			return true
		}
	}
	return false
}
