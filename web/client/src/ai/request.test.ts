import type { UIMessage } from 'ai'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toChatRequest } from './request.js'

const ask = (...parts: UIMessage['parts']) => toChatRequest([{ id: '1', role: 'user', parts }])
const say = (...parts: UIMessage['parts']) => toChatRequest([{ id: '1', role: 'assistant', parts }])

test('text is a string, and with files a list', () => {
  assert.deepEqual(ask({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }), [{ role: 'user', content: 'ab' }])
  const png = 'data:image/png;base64,AAAA'
  const pdf = 'data:application/pdf;base64,AAAA'
  assert.deepEqual(
    ask(
      { type: 'text', text: 'see' },
      { type: 'file', mediaType: 'image/png', url: png },
      { type: 'file', mediaType: 'application/pdf', url: pdf, filename: 'a.pdf' },
    ),
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: png } },
          { type: 'file', file: { filename: 'a.pdf', file_data: pdf } },
        ],
      },
    ],
  )
})

test('a system message', () => {
  const messages: UIMessage[] = [{ id: '1', role: 'system', parts: [{ type: 'text', text: 'be kind' }] }]
  assert.deepEqual(toChatRequest(messages), [{ role: 'system', content: 'be kind' }])
})

test('steps are answers of their own; reasoning and calls without a result are left out', () => {
  const call = (id: string, more: object) => ({ type: 'tool-tide', toolCallId: id, ...more }) as unknown as UIMessage['parts'][number]
  assert.deepEqual(
    say(
      { type: 'step-start' },
      { type: 'reasoning', text: 'hm' },
      call('1', { state: 'output-available', input: { port: 'Brest' }, output: 'low' }),
      call('2', { state: 'output-error', input: {}, errorText: 'no such port' }),
      call('3', { state: 'input-available', input: {} }),
      { type: 'step-start' },
      { type: 'text', text: 'It is low.' },
      { type: 'step-start' },
    ),
    [
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'tide', arguments: '{"port":"Brest"}' } },
          { id: '2', type: 'function', function: { name: 'tide', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: '1', content: 'low' },
      { role: 'tool', tool_call_id: '2', content: 'no such port' },
      { role: 'assistant', content: 'It is low.' },
    ],
  )
})
