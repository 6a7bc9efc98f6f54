import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { calls, model, patience, text } from '../observer.mjs';
import { chat, client, styles, wholes } from './client.mjs';

/** The ways in which a provider breaks a stream, with what the program is told. */
const deaths = {
  fin: 'upstream_truncated',
  rst: 'upstream_error',
  end: 'upstream_truncated',
  cut: 'upstream_truncated',
  cut_end: 'upstream_truncated',
  error_event: 'scripted_fault',
  error_then_done: 'scripted_fault',
};

/** Fails unless the answer ends in an error that is the gateway's doing. Text
 *  and the reason, which came before, may be lost here, not be wrong: when a
 *  connection breaks, fetch drops what the program has not read yet. */
async function breaks(stream, name, tokens, told) {
  let got = '';
  const error = await stream(name, (piece) => { got += piece; }).then(
    () => assert.fail(`no error, and ${JSON.stringify(got)} for an answer`),
    (error) => error,
  );
  assert.ok((await text(tokens)).startsWith(got), got);
  if (error instanceof OpenAI.APIError) {
    assert.equal(error.code?.split('.')[0], told);
  } else {
    assert.equal(error.message, 'terminated', error); // fetch's word for it
  }
  return error;
}

for (const [style, stream] of Object.entries(styles)) {
  // Events around the tokens: the role before, the finish reason after.
  const role = style.startsWith('completions') ? 0 : 1;
  for (const [fault, told] of Object.entries(deaths)) {
    for (const [tokens, at] of [[4, 4 + role], [8, 9 + role]]) {
      test(`${style}: ${fault} after ${at}`, patience, async () => {
        await breaks(stream, model(`tokens=8,fault=${fault},at=${at}`), tokens, told);
      });
    }
    test(`${style}: ${fault} at once`, patience, async () => {
      await assert.rejects(stream(model(`fault=${fault}`), () => {}), (error) => {
        assert.ok(error instanceof OpenAI.InternalServerError, error);
        return true;
      });
    });
  }
  test(`${style}: silence`, patience, async () => {
    await breaks(stream, 'falls-silent', 6, 'upstream_stalled');
    await assert.rejects(stream('never-begins', () => {}), { status: 504 });
  });
}

for (const [api, call] of Object.entries(wholes)) {
  for (const fault of ['fin', 'rst', 'cut']) {
    test(`${api} in one piece: ${fault}`, patience, async () => {
      await assert.rejects(call(model(`fault=${fault}`)));
    });
  }
  test(`${api} in one piece: silence`, patience, async () => {
    await assert.rejects(call('never-begins'), { status: 504 });
  });
}

// Once an answer has begun, the SDK does not ask again: it would be paid for
// twice.
test('a broken answer is not asked for again', patience, async () => {
  const name = model('tokens=8,fault=fin,at=4');
  const stream = await client.chat.completions.create({ ...chat(name), stream: true }, { maxRetries: 2 });
  await assert.rejects(async () => { for await (const _ of stream); });
  assert.equal((await calls(name)).length, 1);
});
