package provider

import (
	"net/http"
	"strconv"
	"strings"
)

// keep remembers the response that the call makes, so that it can be asked
// for by its id, for as long as the call itself is remembered.
func (x *exchange) keep() {
	x.stored = x.made()
	x.provider.ledger.update(func() { x.call.response = x.stored })
}

// stored wraps the endpoints under /v1/responses/{id}.
func stored(answer func(*exchange) error) func(*exchange) error {
	return func(x *exchange) error {
		name := x.r.PathValue("id")
		id, _ := strings.CutPrefix(name, "resp_")
		if x.stored = x.provider.ledger.response(id); x.stored == nil {
			return x.refuse(http.StatusNotFound, "Response with id '"+name+"' not found.")
		}
		return answer(x)
	}
}

// retrieve is GET /v1/responses/{id}; with stream=true it is the stream again,
// after the event of the number starting_after if that is given.
func retrieve(x *exchange) error {
	query := x.r.URL.Query()
	if query.Get("stream") != "true" {
		return x.whole([]byte(x.state()))
	}
	if after := query.Get("starting_after"); after != "" {
		n, err := strconv.Atoi(after)
		if err != nil || n < 0 {
			return x.refuse(http.StatusBadRequest, "starting_after: not the number of an event")
		}
		x.skip = n + 1
	}
	return x.stream(responseEvents)
}

// state is the stored response as it is now.
func (x *exchange) state() string {
	if x.provider.ledger.mark(x.stored, "") == "cancelled" {
		return x.stored.object(`"status":"cancelled","error":null`, "", "null")
	}
	return x.stored.completed()
}

// cancel is POST /v1/responses/{id}/cancel. The answer is not one that runs
// any more; it counts as cancelled all the same.
func cancel(x *exchange) error {
	x.provider.ledger.mark(x.stored, "cancelled")
	return x.whole([]byte(x.state()))
}

// remove is DELETE /v1/responses/{id}.
func remove(x *exchange) error {
	x.provider.ledger.mark(x.stored, "deleted")
	return x.whole([]byte(`{"id":"resp_` + x.stored.id + `","object":"response","deleted":true}`))
}

// inputItems is GET /v1/responses/{id}/input_items. What was asked is not
// kept: the list has one item that says so.
func inputItems(x *exchange) error {
	id := "msg_in_" + x.stored.id
	return x.whole([]byte(`{"object":"list","data":[{"id":"` + id + `","type":"message","status":"completed","role":"user",` +
		`"content":[{"type":"input_text","text":"not kept"}]}],"first_id":"` + id + `","last_id":"` + id + `","has_more":false}`))
}
