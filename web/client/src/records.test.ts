import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Encoder } from '../test/encode.js'
import { Random } from '../test/random.js'
import { cursor, newDecoder, preset, type Decoder } from './records.js'

interface Vectors {
  decode: { name: string; records: string[]; events: { event?: string; data?: string; data_hex?: string }[] }[]
  corrupt: { name: string; records: string[] }[]
  preset: string
}

const file = join(process.env.TIDEGATE_CLIENT!, '../../docs/vectors/records.json')
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))

/** Splits an event's text into name and data. */
function splitText(text: Uint8Array) {
  const { take, uvarint } = cursor(text)
  return { name: take(uvarint()), data: take() }
}

function decodeOne(decode: Decoder, record: Uint8Array): { event: string; data: string } {
  const records = cursor(record)
  const { name, data } = splitText(decode(records))
  assert.equal(records.left(), 0, 'the record is taken whole')
  return { event: Buffer.from(name).toString('hex'), data: Buffer.from(data).toString('hex') }
}

for (const { name, records, events } of vectors.decode) {
  test(`decodes to exactly the provider's bytes: ${name}`, () => {
    const decode = newDecoder()
    const got = records.map((record) => decodeOne(decode, Buffer.from(record, 'hex')))
    const want = events.map(({ event = '', data = '', data_hex }) => ({
      event: Buffer.from(event).toString('hex'),
      data: data_hex ?? Buffer.from(data).toString('hex'),
    }))
    assert.deepEqual(got, want)
  })
}

for (const { name, records } of vectors.corrupt) {
  test(`refuses what is corrupt: ${name}`, () => {
    const decode = newDecoder()
    const last = Buffer.from(records.at(-1)!, 'hex')
    for (const record of records.slice(0, -1)) decodeOne(decode, Buffer.from(record, 'hex'))
    assert.throws(() => splitText(decode(cursor(last))), RangeError)
  })
}

test('the preset is that of all decoders', () => {
  assert.equal(Buffer.from(preset).toString(), vectors.preset)
})

test('there are vectors of both kinds', () => {
  assert.ok(vectors.decode.length > 5 && vectors.corrupt.length > 5)
})

test('decodes what an encoder made of random events, several in a row', () => {
  const random = new Random(1)
  for (let round = 0; round < 200; round++) {
    const encoder = new Encoder()
    const events = Array.from({ length: 20 }, () => {
      const data = `{"id":"x","n":${random.int(1e6)},"text":"${'🌊a'.repeat(random.int(random.chance(0.05) ? 2000 : 9))}"}`
      return { name: random.pick(['', '', 'delta']), data }
    })
    const records = cursor(Buffer.concat(events.map(({ name, data }) => encoder.encode(name, data))))
    const decode = newDecoder()
    for (const { name, data } of events) {
      const text = splitText(decode(records))
      assert.equal(Buffer.from(text.name).toString(), name)
      assert.equal(Buffer.from(text.data).toString(), data)
    }
    assert.equal(records.left(), 0)
  }
})
