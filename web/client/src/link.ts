import type { End, Opened } from './api.js'
import type { TidegateError } from './error.js'

/** A client's message, or a request's body. The body in it is JSON already. */
export interface Message {
  [name: string]: unknown
  body?: string
}

/** What a link tells its stream. A link that was dropped or cancelled says nothing any more. */
export interface Sink {
  /** The stream's id, once it is known. */
  readonly id: string | undefined
  /** A ticket for this stream alone, as long as it is there. */
  readonly ticket?: string | undefined
  /** The first message, without its type and number: `open` without an id, `resume` with one. */
  hello(): Message
  onOpened(info: Opened): void
  /** size is what the gateway holds for the event, in bytes, where that is known. */
  onEvent(seq: number, name: string | undefined, data: string | Uint8Array, size?: number): void
  onBlocked(): void
  onEnd(end: End): void
  /** The gateway refused; for a resume it may be worth another try. epoch is the stream's, where it came too late. */
  onRefused(status: number, error?: { epoch?: number }, retryAfterMs?: number): void
  /** The link is gone and can be made again, after wait milliseconds if they are given. */
  onLost(wait?: number): void
  /** The link is gone, and must not be made again; without an error, as another client has resumed the stream. */
  onFailed(error?: TidegateError): void
}

/** A stream's way to the gateway. */
export interface Link {
  readonly kind: 'ws' | 'sse'
  ack(seq: number, max: number): void
  /** Lets the link go. */
  drop(): unknown
  /** Lets the link go and cancels the call; false where that has to be said in another way. */
  cancel(): boolean
}

/** Writes a message. */
export function write({ body, ...others }: Message): string {
  const text = JSON.stringify(others)
  return body ? text.slice(0, -1) + `,"body":${body}}` : text
}
