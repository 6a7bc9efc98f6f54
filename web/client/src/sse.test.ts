import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../test/random.js'
import { parse, type Fields } from './sse.js'

async function events(pieces: Uint8Array[]): Promise<{ got: Fields[]; heard: number }> {
  let heard = 0
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const got = []
  for await (const fields of parse(body, () => void heard++)) got.push(fields)
  return { got, heard }
}

const stream = Buffer.from(
  ': hello\n\nid: 1\ndata: {"a":1}\n\nid: 2\nevent: x\ndata: one\ndata:  two\ndata:\n\n: still here\n\nid: 3\ndata: \ufeff🌊: ä\n\n' +
    'event: tidegate.end\ndata: {"seq":3}\n\nid: 4\ndata: cut off',
)
const want = [
  { id: '1', data: '{"a":1}' },
  { id: '2', event: 'x', data: 'one\n two\n' },
  { id: '3', data: '\ufeff🌊: ä' },
  { event: 'tidegate.end', data: '{"seq":3}' },
]

test('events come out the same however the bytes are split', async () => {
  assert.deepEqual((await events([stream])).got, want)
  assert.deepEqual((await events([...stream].map((byte) => Uint8Array.of(byte)))).got, want)
  const random = new Random(3)
  for (let round = 0; round < 200; round++) {
    const pieces: Buffer[] = []
    for (let at = 0; at < stream.length; ) {
      const to = at + 1 + random.int(40)
      pieces.push(stream.subarray(at, to))
      at = to
    }
    assert.deepEqual((await events(pieces)).got, want)
  }
})

test('every piece is a sign of life, comments included', async () => {
  assert.deepEqual(await events([Buffer.from(': a\n\n'), Buffer.from(': b\n\n')]), { got: [], heard: 2 })
})
