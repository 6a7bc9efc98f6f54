import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { ending, model, patience, stalled } from '../observer.mjs';
import { chat, client, quietly, silences, styles, wholes } from './client.mjs';

for (const [style, stream] of Object.entries(styles)) {
  for (const [point, script] of Object.entries(silences)) {
    test(`${style}: signal, ${point}`, patience, async () => {
      const name = model(script);
      const abort = new AbortController();
      const loop = stream(name, () => {}, { signal: abort.signal }).catch(quietly);
      await stalled(name);
      abort.abort();
      await loop;
      assert.equal(await ending(name), 'cancelled');
    });
  }
}

for (const [api, call] of Object.entries(wholes)) {
  test(`${api} in one piece: signal`, patience, async () => {
    const name = model('header_delay=forever');
    const abort = new AbortController();
    const loop = assert.rejects(call(name, { signal: abort.signal }), OpenAI.APIUserAbortError);
    await stalled(name);
    abort.abort();
    await loop;
    assert.equal(await ending(name), 'cancelled');
  });
}

// The provider is silent for good, so the SDK's own timer is what ends it.
test('timeout', patience, async () => {
  const name = model('header_delay=forever');
  await assert.rejects(client.chat.completions.create(chat(name), { timeout: 200 }), OpenAI.APIConnectionTimeoutError);
  assert.equal(await ending(name), 'cancelled');
});

for (const [point, script] of Object.entries({ silent: silences['mid-stream'], 'in full flow': 'tokens=10000000' })) {
  const open = (name) => client.chat.completions.create({ ...chat(name), stream: true });
  const leave = {
    async break(name) {
      let n = 0;
      for await (const _ of await open(name)) if (++n === 3) break;
    },
    async throw(name) {
      let n = 0;
      const enough = new Error('enough');
      await assert.rejects(async () => {
        for await (const _ of await open(name)) if (++n === 3) throw enough;
      }, enough);
    },
    async 'controller.abort'(name) {
      let n = 0;
      const stream = await open(name);
      for await (const _ of stream) if (++n === 3) stream.controller.abort();
    },
    async 'cancel of toReadableStream'(name) {
      const reader = (await open(name)).toReadableStream().getReader();
      for (let n = 0; n < 3; n++) await reader.read();
      await reader.cancel();
    },
    async 'chat.stream, abort'(name) {
      const stream = client.chat.completions.stream(chat(name));
      let n = 0;
      stream.on('chunk', () => { if (++n === 3) stream.abort(); });
      await assert.rejects(stream.finalChatCompletion(), OpenAI.APIUserAbortError);
    },
    async 'chat.stream, break'(name) {
      let n = 0;
      for await (const _ of client.chat.completions.stream(chat(name))) if (++n === 3) break;
    },
  };
  for (const [how, go] of Object.entries(leave)) {
    test(`${how}, provider ${point}`, patience, async () => {
      const name = model(script);
      await go(name);
      assert.equal(await ending(name), 'cancelled');
    });
  }
}
