import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { ending, model, patience, text } from '../observer.mjs';
import { chat, client, completion, styles, tool } from './client.mjs';

const shapes = [
  '', 'instant=1', 'split=1', 'split=random', 'line_end=crlf', 'line_end=cr', 'no_space=1', 'bom=1', 'comments=1', 'obfuscation=1',
];

for (const [style, stream] of Object.entries(styles)) {
  for (const shape of shapes) {
    test(`${style} ${shape}`, patience, async () => {
      let got = '';
      const name = model(`tokens=300,${shape}`);
      await stream(name, (piece) => { got += piece; });
      assert.equal(got, await text(300));
      assert.equal(await ending(name), 'finished');
    });
  }
  test(`${style} huge`, patience, async () => {
    let got = '';
    await stream(model('tokens=300,huge=1000000,huge_at=30'), (piece) => { got += piece; });
    const rest = got.replaceAll('x', '');
    assert.equal(rest, await text(300));
    assert.ok(got.length - rest.length > 990_000);
  });
}

test('tool call and usage, by chunks', patience, async () => {
  const stream = await client.chat.completions.create({
    ...chat(model('tokens=50')), tools: [tool], stream: true, stream_options: { include_usage: true },
  });
  let name, input = '', finish, usage;
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage;
    const choice = chunk.choices[0];
    finish = choice?.finish_reason ?? finish;
    for (const call of choice?.delta.tool_calls ?? []) {
      name ??= call.function.name;
      input += call.function.arguments;
    }
  }
  assert.equal(name, 'tide_table');
  assert.equal(input, `{"input":"${await text(50)}"}`);
  assert.equal(finish, 'tool_calls');
  checkUsage(usage, 50);
});

test('tool call and usage, assembled by the SDK', patience, async () => {
  const stream = client.chat.completions.stream({
    ...chat(model('tokens=50')), tools: [tool], stream_options: { include_usage: true },
  });
  const finished = [];
  stream.on('tool_calls.function.arguments.done', (call) => finished.push(call.arguments));
  const answer = await stream.finalChatCompletion();
  const want = `{"input":"${await text(50)}"}`;
  assert.equal(answer.choices[0].message.tool_calls[0].function.arguments, want);
  assert.deepEqual(finished, [want]);
  checkUsage(answer.usage, 50);
  checkUsage(await stream.totalUsage(), 50);
});

test('runTools goes from the call to the answer', patience, async () => {
  const inputs = [];
  const run = client.chat.completions.runTools({
    ...chat(model('tokens=50')),
    stream: true,
    tools: [{
      ...tool,
      function: {
        ...tool.function, parse: JSON.parse,
        function: ({ input }) => { inputs.push(input); return 'High water at noon.'; },
      },
    }],
  });
  assert.equal(await run.finalContent(), await text(50));
  assert.deepEqual(inputs, [await text(50)]);
});

function checkUsage(usage, tokens) {
  assert.equal(usage.completion_tokens, tokens);
  assert.ok(usage.prompt_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + tokens);
}

test('chat in one piece', patience, async () => {
  const answer = await client.chat.completions.create(chat(model('tokens=40')));
  assert.equal(answer.choices[0].message.content, await text(40));
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.ok(answer._request_id);
  checkUsage(answer.usage, 40);
});

test('completion in one piece', patience, async () => {
  const answer = await client.completions.create(completion(model('tokens=40')));
  assert.equal(answer.choices[0].text, await text(40));
  checkUsage(answer.usage, 40);
});

// By itself the SDK asks for base64 and decodes it.
for (const encoding_format of [undefined, 'float', 'base64']) {
  test(`embeddings, ${encoding_format ?? 'as the SDK likes'}`, patience, async () => {
    const body = { model: 'any', input: ['ebb', 'flow'], dimensions: 300, encoding_format };
    const answer = await client.embeddings.create(body);
    const direct = new OpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: process.env.PROVIDER_KEY });
    assert.deepEqual(answer, await direct.embeddings.create(body));
    assert.equal(answer.data.length, 2);
  });
}

test('models', patience, async () => {
  const names = [];
  for await (const { id } of client.models.list()) names.push(id);
  assert.deepEqual(names.sort(), ['falls-silent', 'never-begins', 'unreachable']);
});
