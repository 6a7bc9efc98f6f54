// npm install @anthropic-ai/sdk
// TIDEGATE_KEY is one of the gateway's keys; any text will do without keys.
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  baseURL: "http://127.0.0.1:8080", // without /v1
  apiKey: process.env.TIDEGATE_KEY ?? "none",
});
const stream = client.messages.stream({
  model: "demo",
  max_tokens: 500,
  messages: [{ role: "user", content: "hello" }],
});
stream.on("text", (text) => process.stdout.write(text));
await stream.finalMessage(); // throws if the answer is not whole
console.log();
