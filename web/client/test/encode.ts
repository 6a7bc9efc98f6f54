/** Encodes events as records, for the mock gateway: with one difference where that is shorter than the text. */
export class Encoder {
  #base: Buffer = Buffer.alloc(0)
  #place: [at: number, length: number] | undefined

  encode(name: string, data: string): Buffer {
    const text = textOf(name, data)
    const base = this.#base
    let record = Buffer.concat([uvarint(text.length * 4), text])
    let place: [at: number, length: number] | undefined

    let head = 0
    while (head < Math.min(base.length, text.length) && base[head] === text[head]) head++
    let tail = 0
    while (tail < Math.min(base.length, text.length) - head && base.at(-1 - tail) === text.at(-1 - tail)) tail++
    const fresh = text.subarray(head, text.length - tail)
    if (head + tail > 4) {
      const payload = Buffer.concat([uvarint(head), uvarint(base.length - head - tail), uvarint(fresh.length), fresh])
      record = Buffer.concat([uvarint(payload.length * 4 + 1), payload])
      place = [head, fresh.length]
    }
    if (this.#place) {
      const [at, had] = this.#place
      const after = base.length - at - had
      const fits = text.length >= at + after && text.subarray(0, at).equals(base.subarray(0, at))
      if (fits && text.subarray(text.length - after).equals(base.subarray(at + had))) {
        const middle = text.subarray(at, text.length - after)
        record = Buffer.concat([uvarint(middle.length * 4 + 2), middle])
        place = [at, middle.length]
      }
    }
    const tooLong = text.length > 4096
    this.#base = tooLong ? Buffer.alloc(0) : text
    this.#place = tooLong ? undefined : place
    return record
  }

  reset(): void {
    this.#base = Buffer.alloc(0)
    this.#place = undefined
  }
}

/** An event's text. */
export function textOf(name: string, data: string): Buffer {
  const bytes = Buffer.from(name)
  return Buffer.concat([uvarint(bytes.length), bytes, Buffer.from(data)])
}

/** An unsigned varint. */
export function uvarint(value: number): Buffer {
  const bytes = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Buffer.from([...bytes, value])
}
