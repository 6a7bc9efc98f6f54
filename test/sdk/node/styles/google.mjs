import { GoogleGenAI } from '@google/genai';

const open = ({ base, key, retries }) => new GoogleGenAI({
  apiKey: key, httpOptions: { baseUrl: base, ...retries && { retryOptions: { attempts: 1 + retries } } },
});

const config = ({ tool, signal }) => ({
  abortSignal: signal,
  ...tool && {
    tools: [{
      functionDeclarations: [{
        name: tool, parametersJsonSchema: { type: 'object', properties: { input: { type: 'string' } } },
      }],
    }],
  },
});

const content = (ask) => ({ model: ask.model, contents: ask.prompt, config: config(ask) });

function takeChunk(chunk, take) {
  for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
    if (part.functionCall) {
      take.tool(part.functionCall.name);
      take.arguments(JSON.stringify(part.functionCall.args));
    }
    (part.thought ? take.thought : take.text)(part.text);
  }
  const usage = chunk.usageMetadata;
  take.output((usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0));
}

export default {
  async 'models.generateContentStream'(ask, take) {
    for await (const chunk of await open(ask).models.generateContentStream(content(ask))) takeChunk(chunk, take);
  },
  async 'chats.sendMessageStream'(ask, take) {
    const chat = open(ask).chats.create({ model: ask.model, config: config(ask) });
    for await (const chunk of await chat.sendMessageStream({ message: ask.prompt })) takeChunk(chunk, take);
  },
  async 'models.generateContent'(ask, take) {
    takeChunk(await open(ask).models.generateContent(content(ask)), take);
  },
};
