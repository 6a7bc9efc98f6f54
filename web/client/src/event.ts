import type { StreamEvent } from './api.js'

// A byte order mark would be lost without ignoreBOM.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Encodes UTF-8. */
export const encoder = new TextEncoder()

/** Decodes UTF-8 as it stands. */
export function decode(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}

/** What JSON says; undefined where it is none. */
export function parsed(json: string): any {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

export interface ReceivedEvent extends StreamEvent {
  /** What the gateway holds for it, or about that. */
  readonly bytes: number
}

/** An event as it was received. Nothing is decoded or parsed that nobody asks for. */
export function newEvent(seq: number, name: string | undefined, received: string | Uint8Array, bytes = received.length): ReceivedEvent {
  let data: unknown
  return {
    seq,
    event: name || undefined,
    bytes,
    get text() {
      return (received = typeof received === 'string' ? received : decode(received))
    },
    get data() {
      // Providers send bare words too. They are in text.
      return (data ??= parsed(this.text))
    },
  }
}
