import OpenAI from 'openai';

const open = ({ base, key, retries }) => new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: retries });

const options = ({ signal }) => ({ signal });

const parameters = { type: 'object', properties: { input: { type: 'string' } } };

const chat = ({ model, prompt, tool }) => ({
  model, messages: [{ role: 'user', content: prompt }],
  ...tool && { tools: [{ type: 'function', function: { name: tool, parameters } }] },
});

const response = ({ model, prompt, tool }) => ({
  model, input: prompt,
  ...tool && { tools: [{ type: 'function', name: tool, parameters, strict: false }] },
});

function takeMessage(message, take) {
  take.text(message.content);
  take.thought(message.reasoning_content);
  for (const call of message.tool_calls ?? []) {
    take.tool(call.function.name);
    take.arguments(call.function.arguments);
  }
}

function takeResponse({ output, usage }, take) {
  for (const item of output) {
    for (const part of item.content ?? []) take.text(part.text);
    for (const part of item.summary ?? []) take.thought(part.text);
    take.tool(item.name);
    take.arguments(item.arguments);
  }
  take.output(usage?.output_tokens);
}

function takeEvent(event, take) {
  switch (event.type) {
    case 'response.output_text.delta': return take.text(event.delta);
    case 'response.reasoning_summary_text.delta': return take.thought(event.delta);
    case 'response.function_call_arguments.delta': return take.arguments(event.delta);
    case 'response.output_item.added': return take.tool(event.item.name);
    case 'response.completed': return take.output(event.response.usage.output_tokens);
  }
}

const usage = { stream_options: { include_usage: true } };

export default {
  async 'chat.completions.create, for await'(ask, take) {
    for await (const chunk of await open(ask).chat.completions.create({ ...chat(ask), stream: true, ...usage }, options(ask))) {
      take.output(chunk.usage?.completion_tokens);
      const delta = chunk.choices[0]?.delta;
      if (!delta) continue;
      take.text(delta.content);
      take.thought(delta.reasoning_content);
      for (const call of delta.tool_calls ?? []) {
        take.tool(call.function.name);
        take.arguments(call.function.arguments);
      }
    }
  },
  async 'chat.completions.stream, finalChatCompletion'(ask, take) {
    const whole = await open(ask).chat.completions.stream({ ...chat(ask), ...usage }, options(ask)).finalChatCompletion();
    takeMessage(whole.choices[0].message, take);
    take.output(whole.usage?.completion_tokens);
  },
  async 'chat.completions.create'(ask, take) {
    const whole = await open(ask).chat.completions.create(chat(ask), options(ask));
    takeMessage(whole.choices[0].message, take);
    take.output(whole.usage.completion_tokens);
  },
  async 'responses.create, for await'(ask, take) {
    for await (const event of await open(ask).responses.create({ ...response(ask), stream: true }, options(ask))) takeEvent(event, take);
  },
  async 'responses.stream, for await'(ask, take) {
    for await (const event of open(ask).responses.stream(response(ask), options(ask))) takeEvent(event, take);
  },
  async 'responses.stream, finalResponse'(ask, take) {
    takeResponse(await open(ask).responses.stream(response(ask), options(ask)).finalResponse(), take);
  },
  async 'responses.create'(ask, take) {
    takeResponse(await open(ask).responses.create(response(ask), options(ask)), take);
  },
};
