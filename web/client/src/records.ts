/**
 * Decodes records, the encoding of events in binary frames: each event as its
 * difference from the event before it. docs/protocol.md is the specification.
 */

import { encoder } from './event.js'

const maxBase = 4096
const maxPlaces = 8
const none = encoder.encode()

/** The text that every encoder and decoder knows beforehand: an event without a name, its members in this order. */
export const preset = encoder.encode(
  '\0' +
    JSON.stringify({
      id: 'chatcmpl-',
      object: 'chat.completion.chunk',
      created: 0,
      model: '',
      service_tier: 'default',
      system_fingerprint: 'fp_',
      choices: [
        {
          index: 0,
          delta: {
            role: 'assistant',
            content: '',
            refusal: null,
          },
          logprobs: null,
          finish_reason: null,
        },
      ],
      usage: {
        prompt_tokens: 0,
        completion_tokens: 0,
        total_tokens: 0,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      obfuscation: '',
    }),
)

const literal = 0
const same = 2
const fromPreset = 3

/** The bytes are no record, or no frame. */
function corrupt(): never {
  throw RangeError()
}

/** Reads the parts of a frame or of a record, in order. */
export interface Cursor {
  /** How many bytes are left. */
  left(): number
  /** Takes the next n bytes, or what is left, sharing memory. */
  take(n?: number): Uint8Array
  /** Reads an unsigned varint of at most ten bytes. What has more than 53 bits is not exact, and too long for any length. */
  uvarint(): number
}

export function cursor(bytes: Uint8Array): Cursor {
  let at = 0
  const left = () => bytes.length - at
  const take = (n = left()) => {
    if (n > left()) corrupt()
    return bytes.subarray(at, (at += n))
  }
  const uvarint = (scale = 1): number => {
    const byte = take(1)[0]!
    if (scale > 128 ** 9) corrupt()
    return (byte % 128) * scale + (byte < 128 ? 0 : uvarint(scale * 128))
  }
  return { left, take, uvarint }
}

/** Puts pieces together. */
export function join(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Decodes the record at the cursor into the event's text: the length of its name, its name, its data. */
export type Decoder = (records: Cursor) => Uint8Array

/**
 * Turns records back into events. A new one stands before the first event, as after an event that was not
 * encoded as a record. When it has thrown a RangeError it cannot go on.
 */
export function newDecoder(): Decoder {
  let before: Uint8Array = none
  /** Offset and length of each stretch of the text before that was new in it. */
  let known: [at: number, length: number][] = []

  return (records) => {
    const head = records.uvarint()
    const kind = head % 4
    const body = cursor(records.take((head - kind) / 4))
    if (kind === same && !known.length) corrupt()

    const base = cursor([none, before, before, preset][kind]!)
    const pieces: Uint8Array[] = []
    const places: typeof known = []
    let at = 0
    const put = (piece: Uint8Array) => {
      pieces.push(piece)
      at += piece.length
    }
    const group = (copy: number, drop: number, length?: number) => {
      put(base.take(copy))
      base.take(drop)
      const fresh = body.take(length)
      places.push([at, fresh.length])
      put(fresh)
    }
    if (kind === literal) put(body.take())
    if (kind === fromPreset) put(cursor(before).take(body.uvarint()))
    if (kind === same) known.forEach(([from, had], n) => group(from + base.left() - before.length, had, known[n + 1] && body.uvarint()))
    else while (body.left()) group(body.uvarint(), body.uvarint(), body.uvarint())
    put(base.take())
    if (places.length > maxPlaces) corrupt()

    const text = join(pieces)
    const long = at > maxBase
    before = long ? none : text
    known = long || kind === fromPreset ? [] : places
    return text
  }
}
