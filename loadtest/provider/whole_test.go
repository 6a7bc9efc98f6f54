package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"testing"

	"tidegate/loadtest/provider"
)

func decode[T any](t *testing.T, body []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

type completion struct {
	ID, Object, Model string
	Choices           []struct {
		Text    string
		Message struct {
			Role, Content string
			ToolCalls     []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		FinishReason string `json:"finish_reason"`
	}
	Usage map[string]any
}

func TestWholeChat(t *testing.T) {
	s := start(t, provider.Options{})
	n := int64(0)
	both(t, func(t *testing.T, c *http.Client) {
		resp, body, err := read(t, c, s.URL()+chatPath, "tokens=10", `{"model":"m\"1"}`)
		if err != nil || resp.Header.Get("Content-Type") != "application/json" {
			t.Fatal(err, resp.Header)
		}
		n++
		call := ended(t, s, n)
		a := decode[completion](t, body)
		m := a.Choices[0].Message
		if a.Object != "chat.completion" || a.Model != `m"1` || a.ID != "chatcmpl-"+call.ID ||
			m.Role != "assistant" || m.Content != provider.Text(10) || a.Choices[0].FinishReason != "stop" {
			t.Errorf("%s", body)
		}
		if a.Usage["completion_tokens"] != 10.0 {
			t.Errorf("usage %v", a.Usage)
		}
		if call.Ending != provider.Finished || call.Bytes != int64(len(body)) {
			t.Errorf("%+v", call)
		}
	})
}

func TestWholeTool(t *testing.T) {
	s := start(t, provider.Options{})
	const tools = `{"model":"m","stream":null,"tools":[{"type":"function","function":{"name":"find"}}]`
	_, body, err := read(t, client(t, 1), s.URL()+chatPath, "tokens=5", tools+"}")
	if err != nil {
		t.Fatal(err)
	}
	a := decode[completion](t, body)
	f := a.Choices[0].Message.ToolCalls[0].Function
	if want := `{"input":"` + provider.Text(5) + `"}`; f.Name != "find" || f.Arguments != want || a.Choices[0].FinishReason != "tool_calls" {
		t.Errorf("%s", body)
	}
	_, body, err = read(t, client(t, 1), s.URL()+chatPath, "tokens=5", tools+`,"tool_choice":"none"}`)
	if err != nil || bytes.Contains(body, []byte("tool_calls")) {
		t.Errorf("%v %s", err, body)
	}
}

func TestWholeCompletions(t *testing.T) {
	s := start(t, provider.Options{})
	_, body, err := read(t, client(t, 1), s.URL()+"/v1/completions", "tokens=5", `{"model":"m","prompt":"x"}`)
	if a := decode[completion](t, body); err != nil || a.Object != "text_completion" || a.Choices[0].Text != provider.Text(5) {
		t.Errorf("%v %s", err, body)
	}
}

// Both encodings carry the same vectors.
func TestEmbeddings(t *testing.T) {
	s := start(t, provider.Options{})
	type list struct {
		Data []struct {
			Index     int
			Embedding json.RawMessage
		}
	}
	for input, want := range map[string]int{`"one"`: 1, `["a","b","c"]`: 3, `[1,2,3]`: 1, `[[1,2],[3]]`: 2} {
		_, plain, err := read(t, client(t, 1), s.URL()+"/v1/embeddings", "", `{"model":"m","dimensions":5,"input":`+input+`}`)
		if err != nil {
			t.Fatal(err)
		}
		_, coded, err := read(t, client(t, 1), s.URL()+"/v1/embeddings", "", `{"model":"m","dimensions":5,"encoding_format":"base64","input":`+input+`}`)
		if err != nil {
			t.Fatal(err)
		}
		a, b := decode[list](t, plain), decode[list](t, coded)
		if len(a.Data) != want || len(b.Data) != want {
			t.Fatalf("input %s: %d and %d vectors", input, len(a.Data), len(b.Data))
		}
		for i := range a.Data {
			numbers := decode[[]float32](t, a.Data[i].Embedding)
			raw, err := base64.StdEncoding.DecodeString(decode[string](t, b.Data[i].Embedding))
			if err != nil || len(numbers) != 5 || len(raw) != 20 || a.Data[i].Index != i {
				t.Fatalf("%v: %s", err, plain)
			}
			for d, x := range numbers {
				if y := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*d:])); x != y {
					t.Errorf("vector %d[%d]: %v and %v", i, d, x, y)
				}
			}
		}
	}
	for _, body := range []string{`{"model":"m"}`, `{"model":"m","input":[]}`, `{"model":"m","input":"x","dimensions":-1}`} {
		if resp, _, _ := read(t, client(t, 1), s.URL()+"/v1/embeddings", "", body); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", body, resp.StatusCode)
		}
	}
}

func TestModels(t *testing.T) {
	s := start(t, provider.Options{})
	both(t, func(t *testing.T, c *http.Client) {
		resp, err := c.Get(s.URL() + "/v1/models")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var list struct{ Data []struct{ ID string } }
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || list.Data[0].ID != provider.DefaultModel {
			t.Errorf("%v %+v", err, list)
		}
	})
}

// Half of an answer that is not streamed.
func TestWholeFaults(t *testing.T) {
	s := start(t, provider.Options{})
	n := int64(0)
	for _, fault := range []string{"fin", "rst", "cut"} {
		both(t, func(t *testing.T, c *http.Client) {
			resp, body, err := read(t, c, s.URL()+chatPath, "first_delay=1us&fault="+fault, `{"model":"m"}`)
			if err == nil || len(body) == 0 && fault != "rst" || int64(len(body)) >= resp.ContentLength {
				t.Errorf("%s: %v, %d of %d bytes", fault, err, len(body), resp.ContentLength)
			}
			n++
			if call := ended(t, s, n); call.Ending != provider.Faulted {
				t.Errorf("%+v", call)
			}
		})
	}
}
