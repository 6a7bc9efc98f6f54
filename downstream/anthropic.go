package downstream

import (
	"net/http"

	"github.com/go-faster/jx"
)

// Anthropic's API (docs.anthropic.com/en/api).

var anthropicManner = &manner{
	failure:    appendAnthropic,
	errorEvent: "error", // its SDKs know an error by this name alone
	requestID:  "Request-Id",
	header:     []string{"Anthropic-Version", "Anthropic-Beta"},
	models:     anthropicModels, model: anthropicModel,
}

// anthropicTypes are the error types (docs.anthropic.com/en/api/errors). 503 is
// none of Anthropic's statuses; it means here what 529 means there.
var anthropicTypes = map[int]string{
	http.StatusUnauthorized:          "authentication_error",
	http.StatusPaymentRequired:       "billing_error",
	http.StatusForbidden:             "permission_error",
	http.StatusNotFound:              "not_found_error",
	http.StatusRequestEntityTooLarge: "request_too_large",
	http.StatusTooManyRequests:       "rate_limit_error",
	http.StatusServiceUnavailable:    "overloaded_error",
	http.StatusGatewayTimeout:        "timeout_error",
}

// appendAnthropic appends {"type":"error","error":{...},"request_id":"..."}.
// The gateway's code is where the SDKs read an error's errorCode from.
func appendAnthropic(dst []byte, f *failure) []byte {
	kind := anthropicTypes[f.status]
	switch {
	case kind != "":
	case f.status >= 500:
		kind = "api_error"
	default:
		kind = "invalid_request_error"
	}
	var e jx.Encoder
	e.ObjStart()
	e.FieldStart("type")
	e.Str("error")
	e.FieldStart("error")
	e.ObjStart()
	e.FieldStart("type")
	e.Str(kind)
	e.FieldStart("message")
	e.Str(f.message)
	e.FieldStart("details")
	e.ObjStart()
	e.FieldStart("error_code")
	e.Str(f.code)
	if f.param != "" {
		e.FieldStart("param")
		e.Str(f.param)
	}
	e.ObjEnd()
	e.ObjEnd()
	if f.id != "" {
		e.FieldStart("request_id")
		e.Str(f.id)
	}
	e.ObjEnd()
	return append(dst, e.Bytes()...)
}

// anthropicModels appends one page of models, which has all of them.
func anthropicModels(e *jx.Encoder, names []string) {
	end := func(i int) {
		if len(names) == 0 {
			e.Null()
			return
		}
		e.Str(names[i])
	}
	e.ObjStart()
	e.FieldStart("data")
	e.ArrStart()
	for _, name := range names {
		anthropicModel(e, name)
	}
	e.ArrEnd()
	e.FieldStart("has_more")
	e.Bool(false)
	e.FieldStart("first_id")
	end(0)
	e.FieldStart("last_id")
	end(len(names) - 1)
	e.ObjEnd()
}

func anthropicModel(e *jx.Encoder, name string) {
	e.ObjStart()
	e.FieldStart("type")
	e.Str("model")
	e.FieldStart("id")
	e.Str(name)
	e.FieldStart("display_name")
	e.Str(name)
	e.FieldStart("created_at")
	e.Str("1970-01-01T00:00:00Z") // Anthropic's own word for: not known
	e.ObjEnd()
}
