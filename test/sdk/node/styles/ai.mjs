import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, streamText, tool as aTool } from 'ai';

globalThis.AI_SDK_LOG_WARNINGS = false;

const models = {
  'openai, responses': ({ base, key, model }) => createOpenAI({ baseURL: `${base}/v1`, apiKey: key })(model),
  'openai, chat': ({ base, key, model }) => createOpenAI({ baseURL: `${base}/v1`, apiKey: key }).chat(model),
  anthropic: ({ base, key, model }) => createAnthropic({ baseURL: `${base}/v1`, apiKey: key })(model),
  google: ({ base, key, model }) => createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey: key })(model),
  'openai-compatible': ({ base, key, model }) =>
    createOpenAICompatible({ name: 'tidegate', baseURL: `${base}/v1`, apiKey: key, includeUsage: true })(model),
};

const call = (provider, ask) => ({
  model: models[provider](ask), prompt: ask.prompt, maxRetries: ask.retries, maxOutputTokens: 1000, abortSignal: ask.signal,
  ...ask.tool && {
    tools: { [ask.tool]: aTool({ inputSchema: jsonSchema({ type: 'object', properties: { input: { type: 'string' } } }) }) },
  },
});

const styles = {
  // Errors are parts of this stream; a program has to look for them.
  async fullStream(provider, ask, take) {
    for await (const part of streamText({ ...call(provider, ask), onError() {} }).fullStream) {
      switch (part.type) {
        case 'text-delta': take.text(part.text); break;
        case 'reasoning-delta': take.thought(part.text); break;
        case 'tool-call':
          take.tool(part.toolName);
          take.arguments(JSON.stringify(part.input));
          break;
        case 'finish': take.output(part.totalUsage.outputTokens); break;
        case 'error': throw part.error;
        case 'abort': throw new Error('aborted');
      }
    }
  },
  // Nothing here looks for errors but the loop itself.
  async 'textStream'(provider, ask, take) {
    const result = streamText({ ...call(provider, ask), onError() {} });
    for await (const text of result.textStream) take.text(text);
  },
  async 'textStream and onError'(provider, ask, take) {
    let failed;
    const result = streamText({ ...call(provider, ask), onError({ error }) { failed = error; } });
    for await (const text of result.textStream) take.text(text);
    if (failed) throw failed;
  },
  async generateText(provider, ask, take) {
    const whole = await generateText(call(provider, ask));
    take.text(whole.text);
    take.thought(whole.reasoningText);
    for (const { toolName, input } of whole.toolCalls) {
      take.tool(toolName);
      take.arguments(JSON.stringify(input));
    }
    take.output(whole.totalUsage.outputTokens);
  },
};

export default Object.fromEntries(Object.keys(models).flatMap((provider) =>
  Object.entries(styles).map(([style, run]) => [`${provider}: ${style}`, (ask, take) => run(provider, ask, take)])));
