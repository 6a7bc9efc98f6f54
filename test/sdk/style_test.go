package sdk

// style is one way in which a program may take an answer with an SDK.
type style struct {
	name string
	api  string // chat, responses, messages or gemini
	once bool   // in one piece
	// thoughts says why reasoning does not come out; "" is that it does.
	thoughts string
	noUsage  bool // this way has no place for it
	noTools  bool // nor for those
	// repeated: what comes out is what the last event repeats, in which the
	// scripted provider has no huge event's text.
	repeated bool
	// notices is true where the SDK itself notices that a provider's answer
	// ends in the middle, without a gateway.
	notices bool
	// silent are the outcomes that a program cannot notice, with what it can
	// do about it.
	silent map[outcome]string
}

// kit is one SDK, or one adapter of it.
type kit struct {
	name     string   // for people
	packages []string // with the versions that are told
	baseURL  string   // how it is pointed at a gateway
	worker   string   // of node/styles; "" is Go
	prefix   string   // of the worker's names for the styles
	// refuses is the class of error for an answer that was refused, breaks are
	// those for one that broke off.
	refuses string
	breaks  []string
	styles  []style
}

const (
	unknownField  = "no: `reasoning_content` is unknown to it and dropped"
	lastFieldOnly = "the last piece only: `reasoning_content` is unknown to it and not joined"
)

// terminated is the class of what Node's fetch throws when a connection breaks,
// if an SDK reads that before the event that tells the reason.
const terminated = "TypeError"

var kits = []kit{
	{
		name: "openai (Node)", packages: []string{"openai"}, worker: "openai",
		baseURL: "`new OpenAI({ baseURL: 'https://HOST/v1' })`, or `OPENAI_BASE_URL`",
		refuses: "APIError", breaks: []string{"APIError", terminated},
		styles: []style{
			{name: "chat.completions.create, for await", api: "chat"},
			{name: "chat.completions.stream, finalChatCompletion", api: "chat", thoughts: lastFieldOnly, notices: true},
			{name: "chat.completions.create", api: "chat", once: true},
			{name: "responses.create, for await", api: "responses"},
			{name: "responses.stream, for await", api: "responses"},
			{name: "responses.stream, finalResponse", api: "responses", repeated: true},
			{name: "responses.create", api: "responses", once: true},
		},
	},
	{
		name: "@anthropic-ai/sdk", packages: []string{"@anthropic-ai/sdk"}, worker: "anthropic",
		baseURL: "`new Anthropic({ baseURL: 'https://HOST' })`, or `ANTHROPIC_BASE_URL`: without `/v1`",
		refuses: "APIError", breaks: []string{"APIError", terminated},
		styles: []style{
			{name: "messages.create, for await", api: "messages"},
			{name: "messages.stream, for await", api: "messages"},
			{name: "messages.stream, finalMessage", api: "messages", notices: true},
			{name: "messages.create", api: "messages", once: true},
		},
	},
	{
		name: "@google/genai", packages: []string{"@google/genai"}, worker: "google",
		baseURL: "`new GoogleGenAI({ httpOptions: { baseUrl: 'https://HOST' } })`: without a version",
		refuses: "ApiError", breaks: []string{"ApiError", terminated},
		styles: []style{
			{name: "models.generateContentStream", api: "gemini"},
			{name: "chats.sendMessageStream", api: "gemini"},
			{name: "models.generateContent", api: "gemini", once: true},
		},
	},
	vercel("openai, responses", "responses", "@ai-sdk/openai", "`createOpenAI({ baseURL: 'https://HOST/v1' })`", ""),
	vercel("openai, chat", "chat", "@ai-sdk/openai", "`createOpenAI({ baseURL: 'https://HOST/v1' }).chat(MODEL)`", unknownField),
	vercel("openai-compatible", "chat", "@ai-sdk/openai-compatible", "`createOpenAICompatible({ baseURL: 'https://HOST/v1' })`", ""),
	vercel("anthropic", "messages", "@ai-sdk/anthropic", "`createAnthropic({ baseURL: 'https://HOST/v1' })`", ""),
	vercel("google", "gemini", "@ai-sdk/google", "`createGoogleGenerativeAI({ baseURL: 'https://HOST/v1beta' })`", ""),
	{
		name: "@langchain/openai", packages: []string{"@langchain/openai", "openai"}, worker: "langchain",
		baseURL: "`new ChatOpenAI({ configuration: { baseURL: 'https://HOST/v1' } })`",
		refuses: "APIError", breaks: []string{"APIError", terminated},
		styles: []style{
			{name: "ChatOpenAI.stream", api: "chat", thoughts: unknownField},
			{name: "ChatOpenAI.invoke", api: "chat", once: true, thoughts: unknownField},
			{name: "ChatOpenAI.stream, responses", api: "responses"},
			{name: "ChatOpenAI.invoke, responses", api: "responses", once: true},
		},
	},
	{
		name: "openai-go", packages: []string{"github.com/openai/openai-go/v3"},
		baseURL: "`option.WithBaseURL(\"https://HOST/v1\")`, or `OPENAI_BASE_URL`",
		refuses: "*openai.Error", breaks: []string{"*ssestream.StreamError", "io.ErrUnexpectedEOF"},
		styles: []style{
			{name: "Chat.Completions.NewStreaming", api: "chat", thoughts: unknownField},
			{name: "Chat.Completions.New", api: "chat", once: true, thoughts: unknownField},
			{name: "Responses.NewStreaming", api: "responses"},
			{name: "Responses.New", api: "responses", once: true},
		},
	},
	{
		name: "anthropic-sdk-go", packages: []string{"github.com/anthropics/anthropic-sdk-go"},
		baseURL: "`option.WithBaseURL(\"https://HOST\")`, or `ANTHROPIC_BASE_URL`: without `/v1`",
		refuses: "*anthropic.Error", breaks: []string{"*anthropic.Error", "io.ErrUnexpectedEOF"},
		styles: []style{
			{name: "Messages.NewStreaming", api: "messages"},
			{name: "Messages.NewStreaming, Accumulate", api: "messages"},
			{name: "Messages.New", api: "messages", once: true},
		},
	},
	{
		name: "genai (Go)", packages: []string{"google.golang.org/genai"},
		baseURL: "`genai.ClientConfig{HTTPOptions: genai.HTTPOptions{BaseURL: \"https://HOST\"}}`: without a version",
		refuses: "genai.APIError", breaks: []string{"genai.APIError", "io.ErrUnexpectedEOF"},
		styles: []style{
			{name: "Models.GenerateContentStream", api: "gemini"},
			{name: "Models.GenerateContent", api: "gemini", once: true},
		},
	},
}

// vercel is the AI SDK with one of its providers.
func vercel(provider, api, name, baseURL, thoughts string) kit {
	silent := map[outcome]string{refusal: "**nothing**: pass `onError`, or read `fullStream`"}
	notices := provider == "openai-compatible"
	return kit{
		name: "ai: " + provider, packages: []string{"ai", name}, baseURL: baseURL, worker: "ai", prefix: provider + ": ",
		refuses: "APICallError", breaks: []string{"StreamProviderError", "APICallError", terminated},
		styles: []style{
			{name: "fullStream", api: api, thoughts: thoughts, notices: notices},
			{name: "textStream", api: api, thoughts: "only text", noUsage: true, noTools: true, silent: silent},
			{name: "textStream and onError", api: api, thoughts: "only text", noUsage: true, noTools: true, notices: notices},
			{name: "generateText", api: api, once: true, thoughts: thoughts},
		},
	}
}
