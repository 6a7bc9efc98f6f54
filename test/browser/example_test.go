package browser

import (
	"bufio"
	"encoding/json"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// replaced is a file's text with pieces replaced, each of which has to be
// there.
func replaced(t *testing.T, file string, pieces ...string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pieces); i += 2 {
		if !strings.Contains(string(text), pieces[i]) {
			t.Errorf("%s has no %q", file, pieces[i])
		}
	}
	return strings.NewReplacer(pieces...).Replace(string(text))
}

// TestExample uses the page of examples/browser with the configuration beside
// it, and reloads it in the middle.
func TestExample(t *testing.T) {
	t.Parallel()
	const folder = "../../examples/browser/"
	// The page's address has to be known before its program runs.
	front := httptest.NewUnstartedServer(nil)
	t.Cleanup(front.Close)
	page := "http://" + front.Listener.Addr().String()
	key, admission := harness.NewKey(t)
	w := &world{harness.New(t, func(provider string) string {
		return replaced(t, folder+"gateway.yaml", "127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:9090", "127.0.0.1:0",
			"${OPENAI_BASE_URL:-https://api.openai.com/v1}", provider+"/v1", "${OPENAI_API_KEY}", "secret",
			"http://127.0.0.1:8000", page, "${TIDEGATE_HASH}", regexp.MustCompile(`v1:[0-9a-f]{64}`).FindString(admission))
	})}
	target, err := url.Parse(runExample(t, folder, w.URL, key))
	if err != nil {
		t.Fatal(err)
	}
	front.Config.Handler = httputil.NewSingleHostReverseProxy(target)
	front.Start()

	model := w.Model("tokens=400,pace=100")
	b := newTab(t)
	b.do(chromedp.Navigate(page + "/?model=" + url.QueryEscape(model)))
	b.do(chromedp.Click(chromedp.CSS("form button")))
	shows := func(what string) { b.until(`document.getElementById('answer').textContent.length > ` + what) }
	shows("100")
	b.do(chromedp.Reload())
	shows("1000")
	b.until(`document.getElementById('state').textContent !== ''`)
	if state := b.text("state"); state != "complete, 400 tokens" {
		t.Errorf("the end: %q", state)
	}
	if text := b.text("answer"); text != provider.Text(400) {
		t.Errorf("the answer has %d bytes, not the provider's %d: %.80q", len(text), len(provider.Text(400)), text)
	}
	w.once(t, model, provider.Finished)
}

// runExample runs the page's program, of which only the gateway's address in
// the page is another, until the test ends.
func runExample(t *testing.T, folder, gateway, key string) (url string) {
	t.Helper()
	there, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(temp, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	html := write("index.html", replaced(t, folder+"index.html", "http://127.0.0.1:8080", gateway))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(there, "index.html"): html}})
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(temp, "browser")
	build := exec.Command("go", "build", "-buildvcs=false", "-overlay", write("overlay.json", string(overlay)), "-o", program, "./examples/browser")
	build.Dir = filepath.Join(there, "../..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.Command(program, "-listen", "127.0.0.1:0", "-url", gateway)
	c.Dir, c.Env = build.Dir, append(os.Environ(), "TIDEGATE_KEY="+key)
	says, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	})
	line, err := bufio.NewReader(says).ReadString('\n')
	if err != nil {
		t.Fatal("the example says nothing of where it is: ", err)
	}
	return strings.TrimSpace(line)
}
