import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { ending, model, patience } from '../observer.mjs';
import { quietly, silences, stylesOf } from './client.mjs';

/** A fetch that calls enough at the n-th comment in a response. */
const counting = (n, enough) => async (url, init) => {
  const response = await fetch(url, init);
  let midLine = false;
  const count = new TransformStream({
    transform(bytes, controller) {
      for (const byte of bytes) {
        if (!midLine && byte === 0x3a && --n === 0) enough();
        midLine = byte !== 0x0a;
      }
      controller.enqueue(bytes);
    },
  });
  return new Response(response.body.pipeThrough(count), response);
};

// Heartbeats, all that is sent while the provider is silent, are nothing to the
// SDK, and the call can still be cancelled. The tests do nothing but wait.
describe('heartbeats', { concurrency: 10 }, () => {
  for (const style of Object.keys(stylesOf())) {
    for (const [point, script] of Object.entries(silences)) {
      test(`${style}: ${point}`, patience, async () => {
        const name = model(script);
        const abort = new AbortController();
        const client = new OpenAI({ maxRetries: 0, fetch: counting(3, () => abort.abort()) });
        await stylesOf(client)[style](name, () => {}, { signal: abort.signal }).catch(quietly);
        assert.ok(abort.signal.aborted, 'the answer ended before the third heartbeat');
        assert.equal(await ending(name), 'cancelled');
      });
    }
  }
});
