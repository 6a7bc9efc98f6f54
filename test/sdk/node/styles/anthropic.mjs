import Anthropic from '@anthropic-ai/sdk';

const open = ({ base, key, retries }) => new Anthropic({ baseURL: base, apiKey: key, maxRetries: retries });

const options = ({ signal }) => ({ signal });

const message = ({ model, prompt, tool }) => ({
  model, max_tokens: 1000, messages: [{ role: 'user', content: prompt }],
  ...tool && { tools: [{ name: tool, input_schema: { type: 'object', properties: { input: { type: 'string' } } } }] },
});

function takeEvent(event, take) {
  switch (event.type) {
    case 'content_block_start': return take.tool(event.content_block.name);
    case 'content_block_delta':
      take.text(event.delta.text);
      take.thought(event.delta.thinking);
      return take.arguments(event.delta.partial_json);
    case 'message_delta': return take.output(event.usage.output_tokens);
  }
}

function takeMessage({ content, usage }, take) {
  for (const block of content) {
    take.text(block.text);
    take.thought(block.thinking);
    if (block.type !== 'tool_use') continue;
    take.tool(block.name);
    take.arguments(JSON.stringify(block.input));
  }
  take.output(usage.output_tokens);
}

export default {
  async 'messages.create, for await'(ask, take) {
    for await (const event of await open(ask).messages.create({ ...message(ask), stream: true }, options(ask))) takeEvent(event, take);
  },
  async 'messages.stream, for await'(ask, take) {
    for await (const event of open(ask).messages.stream(message(ask), options(ask))) takeEvent(event, take);
  },
  async 'messages.stream, finalMessage'(ask, take) {
    takeMessage(await open(ask).messages.stream(message(ask), options(ask)).finalMessage(), take);
  },
  async 'messages.create'(ask, take) {
    takeMessage(await open(ask).messages.create(message(ask), options(ask)), take);
  },
};
