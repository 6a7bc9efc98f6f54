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

// Errors in the forms of those of whom there are no recordings, as bodies.
func TestFailureInOddForms(t *testing.T) {
	for body, want := range map[string]int{ // -1: no error
		`{"error":{"message":"m","type":"None","param":"None","code":"429"}}`:                                429,
		`{"error":{"message":"m","status_code":401}}`:                                                        401,
		`{"error":{"message":"m","http_status_code":503}}`:                                                   503,
		`{"error":{"message":"m"},"status_code":400}`:                                                        400,
		`{"error":{"code":0,"message":""}}`:                                                                  -1,
		`{"errors":[{"message":"m","code":3040}],"success":false,"result":{}}`:                               0,
		`{"errors":[],"success":true,"result":{}}`:                                                           -1,
		`{"id":"x","choices":null,"base_resp":{"status_code":1004,"status_msg":"m"}}`:                        0,
		`{"id":"x","choices":[],"base_resp":{"status_code":0}}`:                                              -1,
		`{"error_code":110,"error_msg":"m"}`:                                                                 0,
		`{"error_code":0,"result":"a text"}`:                                                                 -1,
		`{"code":400,"message":"m","type":"invalid_request_error"}`:                                          400,
		`{"object":"status","message":"searching"}`:                                                          -1,
		`{"type":"metadata","detail":"m"}`:                                                                   -1,
		`{"code":0,"message":"Success","usage":{"total_tokens":3}}`:                                          -1,
		`{"id":"x","choices":[{"index":0,"error":{"code":503,"message":"m"},"message":{"content":"part"}}]}`: 503,
		`{"id":"x","choices":[{"index":0,"finish_reason":"error","message":{"content":"part"}}]}`:            0,
		`{"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"content":"\"error\""}}]}`:        -1,
	} {
		status, failed := failure([]byte(body))
		if failed != (want >= 0) || failed && status != want {
			t.Errorf("%s: got %d, %v, want %d", body, status, failed, want)
		}
		if failed && !Doubtful([]byte(body)) {
			t.Errorf("%s is not doubted", body)
		}
	}
	for _, reason := range failing {
		body := []byte(`{"choices":[{"finish_reason":"` + string(reason) + `"}]}`)
		if _, failed := failure(body); !failed || !Doubtful(body) {
			t.Errorf("%s: failed %v, doubted %v", reason, failed, Doubtful(body))
		}
	}
	if Doubtful([]byte(`{"id":"x","choices":[{"finish_reason":"stop","message":{"content":"hi"}}]}`)) {
		t.Error("an ordinary answer is doubted")
	}
}

// Doubtful finds every word wherever it stands, and nothing that only begins
// as one.
func TestDoubtful(t *testing.T) {
	const good = `{"choices":[]}`
	for _, word := range []string{
		"error", "ERROR", "timeout", "TIMEOUT", "abort", "cancel", "failed",
		"insufficient_system_resource", "base_resp", `"success"`,
	} {
		for _, body := range []string{word, word + good, good + word, good + "rrmmbcfff" + word + "\"", "err" + word + good} {
			if !Doubtful([]byte(body)) {
				t.Errorf("%s is not doubted", body)
			}
		}
		for i := range len(word) - 1 {
			for _, body := range []string{word[:i+1] + good, good + word[:i+1], word[i+1:] + good, good + word[i+1:]} {
				if Doubtful([]byte(body)) {
					t.Errorf("%s is doubted", body)
				}
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	for body, want := range map[string]bool{
		`{"id":"x","choices":[{"message":{"content":"hi"}}]}`: true,
		`{"choices":[{"message":{"content":"cut in the mid`:   true,
		`{"type":"message","content":[{"type":"text"}]}`:      true,
		`[{"candidates":[{"content":{}}]}]`:                   true,
		`{"object":"response","output":[]}`:                   true,
		`{"choices":null,"base_resp":{"status_code":1}}`:      false,
		`{"choices":[{"finish_reason":"error"}]}`:             false,
		`{"error":{"message":"m"}}`:                           false,
		`{"status":"ok"}`:                                     false,
		`{"data":[{"id":"a model"}],"object":"list"}`:         false,
		`<html>`: false,
		``:       false,
	} {
		if got := Answers([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

func TestEndsEarly(t *testing.T) {
	const body = `{"choices":[{"message":{"content":"a \"b\" c","n":-1.5e3}}],"ok":true}`
	for i := range len(body) {
		if got := EndsEarly([]byte(body[:i])); got != (i > 0) {
			t.Errorf("%q: %v", body[:i], got)
		}
	}
	for _, body := range []string{body, body + "\n", " " + body, `[]`, `{"a":NaN}`, `no JSON`, `{}{`, ``} {
		if EndsEarly([]byte(body)) {
			t.Errorf("%q ends early", body)
		}
	}
}
