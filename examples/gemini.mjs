// npm install @google/genai
// TIDEGATE_KEY is one of the gateway's keys; any text will do without keys.
import { GoogleGenAI } from "@google/genai";

const client = new GoogleGenAI({
  httpOptions: { baseUrl: "http://127.0.0.1:8080" }, // without a version
  apiKey: process.env.TIDEGATE_KEY ?? "none",
});
const stream = await client.models.generateContentStream({ model: "demo", contents: "hello" });
for await (const chunk of stream) { // throws if the answer is not whole
  process.stdout.write(chunk.text ?? "");
}
console.log();
