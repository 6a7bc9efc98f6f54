import type { StreamEvent } from './api.js'

// A byte order mark would be lost without ignoreBOM.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes UTF-8 as it stands. */
export function decode(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}

/** An event as it was received. Nothing is decoded or parsed that nobody asks for. */
export class ReceivedEvent implements StreamEvent {
  readonly event: string | undefined
  /** The length of the data as received. */
  readonly size: number
  #text: string | Uint8Array
  #data: unknown

  constructor(
    readonly seq: number,
    name: string | undefined,
    data: string | Uint8Array,
  ) {
    this.event = name || undefined
    this.size = data.length
    this.#text = data
  }

  get text(): string {
    if (typeof this.#text !== 'string') this.#text = decode(this.#text)
    return this.#text
  }

  get data(): any {
    try {
      return (this.#data ??= JSON.parse(this.text))
    } catch {
      // Providers send bare words too. They are in text.
      return undefined
    }
  }
}
