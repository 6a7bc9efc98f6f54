import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { calls, model, patience } from '../observer.mjs';
import { client, styles, wholes } from './client.mjs';

const every = {
  ...wholes,
  ...Object.fromEntries(Object.entries(styles).map(
    ([style, stream]) => [style, (name, options) => stream(name, () => {}, options)],
  )),
};

const types = {
  400: OpenAI.BadRequestError,
  401: OpenAI.AuthenticationError,
  403: OpenAI.PermissionDeniedError,
  404: OpenAI.NotFoundError,
  422: OpenAI.UnprocessableEntityError,
  429: OpenAI.RateLimitError,
  500: OpenAI.InternalServerError,
  503: OpenAI.InternalServerError,
};

/** The SDK's own error for a status. */
async function refused(call, status, type = types[status]) {
  const error = await call.then(() => assert.fail('no error'), (error) => error);
  assert.ok(error instanceof type, error);
  assert.equal(error.status, status);
  return error;
}

for (const [name, call] of Object.entries(every)) {
  for (const status of Object.keys(types).map(Number)) {
    test(`${name}: ${status}`, patience, async () => {
      const error = await refused(call(model(`status=${status},retry_after=7`)), status);
      assert.match(error.message, new RegExp(`Scripted status ${status}\\.`));
      assert.equal(error.headers.get('retry-after'), '7');
      assert.ok(error.requestID);
      if (status === 429) assert.deepEqual([error.code, error.type], ['rate_limit_exceeded', 'requests']);
    });
  }
  test(`${name}: no provider there`, patience, async () => {
    const error = await refused(call('unreachable'), 502, OpenAI.InternalServerError);
    assert.match(error.message, /provider/);
  });
  test(`${name}: a web page`, patience, async () => {
    const error = await refused(call(model('html=1')), 502, OpenAI.InternalServerError);
    assert.match(error.message, /provider/);
  });
}

for (const [what, key] of [['unknown key', `${process.env.OPENAI_API_KEY}x`], ["the provider's key", process.env.PROVIDER_KEY]]) {
  test(`${what} is refused`, patience, async () => {
    const stranger = client.withOptions({ apiKey: key });
    const name = model('');
    const messages = [{ role: 'user', content: 'hello' }];
    for (const call of [
      () => stranger.chat.completions.create({ model: name, messages, stream: true }),
      () => stranger.chat.completions.create({ model: name, messages }),
      () => stranger.chat.completions.stream({ model: name, messages }).finalChatCompletion(),
      () => stranger.completions.create({ model: name, prompt: 'hello', stream: true }),
      () => stranger.embeddings.create({ model: name, input: 'hello' }),
      () => stranger.models.list(),
    ]) {
      const error = await refused(call(), 401);
      assert.ok(!JSON.stringify([error.message, error.error]).includes(key));
    }
    assert.deepEqual(await calls(name), []);
  });
}

// The SDK tries again what it takes for passing.
for (const [status, want] of [[401, 1], [429, 2], [500, 2]]) {
  test(`${status} is asked ${want} times`, patience, async () => {
    const name = model(`status=${status}`);
    await refused(styles['chat, for await'](name, () => {}, { maxRetries: 1 }), status);
    assert.equal((await calls(name)).length, want);
  });
}
