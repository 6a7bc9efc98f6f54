// npm install openai
// TIDEGATE_KEY is one of the gateway's keys; any text will do without keys.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "http://127.0.0.1:8080/v1",
  apiKey: process.env.TIDEGATE_KEY ?? "none",
});
const stream = await client.chat.completions.create({
  model: "demo",
  messages: [{ role: "user", content: "hello" }],
  stream: true,
});
for await (const chunk of stream) { // throws if the answer is not whole
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
console.log();
