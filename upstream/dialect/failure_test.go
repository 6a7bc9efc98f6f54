package dialect

import "testing"

func TestFailure(t *testing.T) {
	for body, want := range map[string]int{ // -1: no error
		// OpenAI and its speakers
		`{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`: 401,
		`{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`: 429,
		`{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}`:                         429,
		`{"error":{"message":"m","type":"requests","code":null}}`:                                        429,
		`{"error":{"message":"m","type":"server_error","param":null,"code":null}}`:                       500,
		`{"error":{"message":"m","code":502,"metadata":{"provider_name":"p"}}}`:                          502,
		`{"error":{"object":"error","message":"m","type":"InternalServerError","code":500}}`:             500,
		`{"object":"error","message":"m","type":"BadRequestError","param":null,"code":null}`:             400,
		`{"object":"error","message":"m","type":"invalid_request_error","code":"1500"}`:                  400,
		`{"error":{"message":"m","code":"unheard_of"}}`:                                                  0,
		`{"error":{"message":"m","code":200}}`:                                                           0,
		`{"error":"text"}`:                                                                               0,
		`{"error":"text","status":429}`:                                                                  429,
		`{"error":true,"message":"m"}`:                                                                   0,
		`{"message":"no Route matched"}`:                                                                 0,
		`{"message":"m","code":403}`:                                                                     403,
		`{"detail":"Not Found"}`:                                                                         0,
		`{"detail":[{"msg":"field required"}]}`:                                                          0,
		// Responses
		`{"type":"error","code":"rate_limit_exceeded","message":"m","param":null,"sequence_number":2}`:     429,
		`{"type":"error","error":{"type":"insufficient_quota","code":"insufficient_quota"}}`:               429,
		`{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error"}}}`:        500,
		`{"response":{"status":"failed","error":{"code":"rate_limit_exceeded"}},"type":"response.failed"}`: 429,
		`{"type":"response.created","response":{"error":null}}`:                                            -1,
		`{"id":"r","object":"response","status":"failed","error":{"code":"server_error","message":"m"}}`:   -1,
		// Anthropic
		`{"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"}`: 529,
		`{"type":"error","error":{"type":"rate_limit_error","message":"m"}}`:                  429,
		`{"type":"error","error":{"type":"authentication_error","message":"m"}}`:              401,
		`{"type":"message","id":"m","content":[]}`:                                            -1,
		`{"type":"message_start","message":{"id":"m"}}`:                                       -1,
		// Gemini
		`{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}`: 429,
		`[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]`:      503,
		`{"error":{"message":"m","status":"PERMISSION_DENIED"}}`:             403,
		`{"candidates":[],"usageMetadata":{}}`:                               -1,
		`[{"candidates":[]}]`:                                                -1,
		// none of them
		`{"id":"c","choices":[],"error":null}`: -1,
		`{"id":"c","message":"a text"}`:        -1,
		`{"error":{}}`:                         -1,
		`{"error":{"message":"m"}`:             -1,
		`"error"`:                              -1,
		`[]`:                                   -1,
		`[1]`:                                  -1,
		`{}`:                                   -1,
		``:                                     -1,
		`<html>error</html>`:                   -1,
	} {
		status, failed := failure([]byte(body))
		if failed != (want >= 0) || failed && status != want {
			t.Errorf("%s: got %d, %v, want %d", body, status, failed, want)
		}
		for _, name := range Names {
			d, _ := ByName(name)
			if s, f := d.Failed([]byte(body)); s != status || f != failed {
				t.Errorf("%s: %s says %d, %v", body, name, s, f)
			}
		}
	}
}

func TestStatuses(t *testing.T) {
	for term, status := range statuses {
		if status < 400 || status > 599 {
			t.Errorf("%s: %d is no error", term, status)
		}
	}
}
