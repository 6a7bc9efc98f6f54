import { ChatOpenAI } from '@langchain/openai';

const open = ({ base, key, model, tool, retries }, useResponsesApi) => {
  const chat = new ChatOpenAI({ model, apiKey: key, maxRetries: retries, useResponsesApi, configuration: { baseURL: `${base}/v1` } });
  if (!tool) return chat;
  const parameters = { type: 'object', properties: { input: { type: 'string' } } };
  return chat.bindTools([{ type: 'function', function: { name: tool, parameters } }]);
};

function takeMessage(message, take) {
  if (typeof message.content === 'string') take.text(message.content);
  else {
    for (const part of message.content) {
      if (part.type === 'text') take.text(part.text);
      if (part.type === 'reasoning') take.thought(part.reasoning);
    }
  }
  take.output(message.usage_metadata?.output_tokens);
}

const stream = (responses) => async (ask, take) => {
  for await (const chunk of await open(ask, responses).stream(ask.prompt, { signal: ask.signal })) {
    takeMessage(chunk, take);
    for (const call of chunk.tool_call_chunks ?? []) {
      take.tool(call.name);
      take.arguments(call.args);
    }
  }
};

const invoke = (responses) => async (ask, take) => {
  const message = await open(ask, responses).invoke(ask.prompt, { signal: ask.signal });
  takeMessage(message, take);
  for (const call of message.tool_calls ?? []) {
    take.tool(call.name);
    take.arguments(JSON.stringify(call.args));
  }
};

export default {
  'ChatOpenAI.stream': stream(false),
  'ChatOpenAI.invoke': invoke(false),
  'ChatOpenAI.stream, responses': stream(true),
  'ChatOpenAI.invoke, responses': invoke(true),
};
