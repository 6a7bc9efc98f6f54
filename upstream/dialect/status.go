package dialect

import "net/http"

// overloaded is Anthropic's status for a model that has no capacity left
// (docs.anthropic.com/en/api/errors).
const overloaded = 529

// statuses are the HTTP statuses of errors that come without one, in a stream
// or inside a 200, by their code, type or status. Of OpenAI's errors the code
// says more than the type and is looked at first: a wrong key is an
// invalid_request_error.
var statuses = map[string]int{
	// OpenAI (platform.openai.com/docs/guides/error-codes)
	"invalid_request_error":   http.StatusBadRequest,
	"invalid_prompt":          http.StatusBadRequest,
	"context_length_exceeded": http.StatusBadRequest,
	"invalid_api_key":         http.StatusUnauthorized,
	"model_not_found":         http.StatusNotFound,
	"rate_limit_exceeded":     http.StatusTooManyRequests,
	"insufficient_quota":      http.StatusTooManyRequests,
	"tokens":                  http.StatusTooManyRequests, // the type of a rate limit: which
	"requests":                http.StatusTooManyRequests,
	"server_error":            http.StatusInternalServerError,
	"internal_server_error":   http.StatusInternalServerError,

	// Anthropic (docs.anthropic.com/en/api/errors)
	"authentication_error": http.StatusUnauthorized,
	"billing_error":        http.StatusPaymentRequired,
	"permission_error":     http.StatusForbidden,
	"not_found_error":      http.StatusNotFound,
	"request_too_large":    http.StatusRequestEntityTooLarge,
	"rate_limit_error":     http.StatusTooManyRequests,
	"api_error":            http.StatusInternalServerError,
	"timeout_error":        http.StatusGatewayTimeout,
	"overloaded_error":     overloaded,

	// Google (google/rpc/code.proto)
	"INVALID_ARGUMENT":    http.StatusBadRequest,
	"FAILED_PRECONDITION": http.StatusBadRequest,
	"OUT_OF_RANGE":        http.StatusBadRequest,
	"UNAUTHENTICATED":     http.StatusUnauthorized,
	"PERMISSION_DENIED":   http.StatusForbidden,
	"NOT_FOUND":           http.StatusNotFound,
	"ABORTED":             http.StatusConflict,
	"ALREADY_EXISTS":      http.StatusConflict,
	"RESOURCE_EXHAUSTED":  http.StatusTooManyRequests,
	"UNKNOWN":             http.StatusInternalServerError,
	"INTERNAL":            http.StatusInternalServerError,
	"DATA_LOSS":           http.StatusInternalServerError,
	"UNIMPLEMENTED":       http.StatusNotImplemented,
	"UNAVAILABLE":         http.StatusServiceUnavailable,
	"DEADLINE_EXCEEDED":   http.StatusGatewayTimeout,

	// vLLM, where it gives no number
	"BadRequestError":     http.StatusBadRequest,
	"NotFoundError":       http.StatusNotFound,
	"InternalServerError": http.StatusInternalServerError,
}
