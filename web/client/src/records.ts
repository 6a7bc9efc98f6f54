/**
 * Decodes records, the encoding of events in binary frames: each event as its
 * difference from the event before it. docs/protocol.md is the specification.
 */

const maxBase = 4096
const maxPlaces = 8
const none = new Uint8Array(0)

const literal = 0
const differ = 1
const same = 2

/** The bytes are no record, or no frame. */
function corrupt(): never {
  throw new RangeError()
}

/** Reads the parts of a frame or of a record, in order. */
export class Cursor {
  at = 0

  constructor(readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length - this.at
  }

  /** Reads an unsigned varint: at most ten bytes, 64 bits. */
  uvarint(): number {
    let value = 0
    for (let n = 0; n < 10 && this.left; n++) {
      const byte = this.bytes[this.at++]!
      // The tenth byte has room for one bit only.
      if (n === 9 && byte > 1) break
      value += (byte & 127) * 128 ** n
      if (byte < 128) return value
    }
    return corrupt()
  }

  /** Takes the next n bytes, sharing memory. */
  take(n = this.left): Uint8Array {
    if (n > this.left) corrupt()
    return this.bytes.subarray(this.at, (this.at += n))
  }
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

/** An event's name and data. */
export interface Text {
  name: Uint8Array
  data: Uint8Array
}

/** Splits an event's text into name and data, which share its memory. */
export function splitText(text: Uint8Array): Text {
  const cursor = new Cursor(text)
  return { name: cursor.take(cursor.uvarint()), data: cursor.take() }
}

/**
 * Turns records back into events. A new one stands before the first event, as after an event that was not
 * encoded as a record. When it has thrown a RangeError it cannot go on.
 */
export class Decoder {
  #base: Uint8Array = none
  /** Offset and length of each stretch of the base that was new in it. */
  #places: [at: number, length: number][] = []

  /** Decodes the record at the cursor into the event's text, whose memory is its own. */
  decode(cursor: Cursor): Uint8Array {
    const head = cursor.uvarint()
    const kind = head % 4
    const body = new Cursor(cursor.take((head - kind) / 4))
    const known = this.#places
    if (kind > same || (kind === same && !known.length)) corrupt()

    const base = new Cursor(kind === literal ? none : this.#base)
    const pieces: Uint8Array[] = []
    const places: typeof known = []
    let at = 0
    const put = (piece: Uint8Array) => {
      pieces.push(piece)
      at += piece.length
    }
    if (kind === literal) put(body.take())
    for (let n = 0; kind === same ? n < known.length : body.left; n++) {
      const [from, had] = kind === same ? known[n]! : []
      put(base.take(from === undefined ? body.uvarint() : from - base.at))
      base.take(had ?? body.uvarint())
      const fresh = body.take(kind === differ || n < known.length - 1 ? body.uvarint() : body.left)
      if (n === maxPlaces) corrupt()
      places.push([at, fresh.length])
      put(fresh)
    }
    put(base.take())

    const text = join(pieces)
    const tooLong = text.length > maxBase
    this.#base = tooLong ? none : text
    this.#places = tooLong ? [] : places
    return text
  }
}
