import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messages } from './frames.js'

test('one message, or an array of them', () => {
  const one = '{"t":"ack","s":1,"x":{"y":[{}]}}'
  assert.deepEqual([...messages(one)], [{ t: 'ack', s: 1, x: { y: [{}] } }])
  assert.deepEqual([...messages(`[${one}, ${one}]`)].length, 2)
})

test('data is the exact text of the provider', () => {
  for (const data of [
    '{"a":1.0,"b":[1e3, 12345678901234567890]}',
    '{ "a" :\n 1 } ',
    '"}{"',
    '{"q":"\\"data\\":{\\\\"}',
    'null',
    '[]',
    '{"data":{"data":1}}',
    '"\\u00e9\\ud83c"',
  ]) {
    const event = `{"t":"event","s":1,"seq":2,"event":"\\"data\\":{","data":${data}}`
    for (const frame of [event, `[${event},${event}]`, `[{"t":"blocked","s":1},${event}]`]) {
      const got = [...messages(frame)].filter((message) => message.t === 'event')
      assert.ok(got.length > 0)
      for (const message of got) {
        assert.equal(message.text, data)
        assert.equal(message.event, '"data":{')
      }
    }
  }
})

test('what is no JSON throws', () => {
  assert.throws(() => [...messages('{"t":}')], SyntaxError)
})

test('a string of a megabyte does not overflow the stack', () => {
  const data = JSON.stringify('\\"{'.repeat(1 << 19))
  const [message] = [...messages(`[{"t":"event","s":1,"seq":1,"data":${data}}]`)]
  assert.equal(message!.text, data)
})
