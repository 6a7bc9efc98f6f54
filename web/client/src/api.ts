/** A WebSocket class: a browser's, Node's (from version 22), or that of the package `ws`. */
export interface WebSocketClass {
  new (url: string, ...more: any[]): WebSocketLike
}

/** What the client uses of a WebSocket. */
export interface WebSocketLike {
  binaryType: string
  readonly protocol: string
  onopen: ((event: any) => void) | null
  onmessage: ((event: any) => void) | null
  onerror: ((event: any) => void) | null
  onclose: ((event: any) => void) | null
  send(text: string): void
  close(code?: number): void
}

/** What a client is made from. */
export interface ClientOptions {
  /** Where the gateway is, such as `https://gateway.example`. In a browser it may be relative to the page. */
  url: string
  /**
   * A ticket that the application's backend has got from `POST /v1/tickets`. A ticket is good for one
   * connection: give a function, so that the client can reconnect.
   */
  ticket?: string | (() => string | Promise<string>)
  /**
   * Headers for each request, such as `authorization`. Browsers cannot send headers with a WebSocket: there,
   * with headers and without a ticket, the client uses SSE.
   */
  headers?: Record<string, string>
  /** The encoding of events on a WebSocket; `bin`, the default, is the smaller one. */
  protocol?: 'bin' | 'json'
  /** `auto`, the default, uses WebSocket, and SSE where that does not get through. */
  transport?: 'auto' | 'ws' | 'sse'
  /** How many events a stream's consumer may be behind, at least 1; 64 by default. More are not sent by the gateway. */
  window?: number
  /** How often the client tries to reconnect. */
  backoff?: Backoff
  /** The WebSocket class; the global one by default. Without any, the client uses SSE. */
  WebSocket?: WebSocketClass
  /** The `fetch` for SSE and for what `client.fetch` passes on; the global one by default. */
  fetch?: typeof fetch
}

/**
 * The first try to reconnect is at once. The ones after it wait `first`, then twice as long each time, up to
 * `max`; half of every wait is random.
 */
export interface Backoff {
  /** In milliseconds; 250 by default. */
  first?: number
  /** In milliseconds; 5000 by default. */
  max?: number
  /** How many tries in a row may fail before the stream's iterator throws; 10 by default. */
  tries?: number
}

/** The APIs that stream through the protocol. */
export type Api = 'chat.completions' | 'completions' | 'responses' | 'messages' | 'generateContent' | (string & {})

/** A call to be made. */
export interface OpenOptions {
  /** Another one than these is refused. */
  api: Api
  /** That API's request: an object, or its JSON as a string. */
  body: object | string
  /** The model, for `generateContent`, whose request does not name it. */
  model?: string
  /** Headers of the call that belong to its API, such as `anthropic-beta`; the gateway refuses others. */
  headers?: Record<string, string>
  /** Cancels the model call; the iterator throws the signal's reason. */
  signal?: AbortSignal
}

/** Where a stream stands; small, and can be stored as JSON. */
export interface Saved {
  stream: string
  seq: number
  /** Makes whoever resumes win over what the client that saved it may still have under way. */
  epoch?: number
}

/** What an answer took, in tokens; what nobody has counted is left out. */
export interface Usage {
  input_tokens?: number
  output_tokens?: number
  /** Of the input, what the provider had in its cache. */
  cached_tokens?: number
  /** Of the output, what was reasoning. */
  reasoning_tokens?: number
  /** The gateway has estimated it: the provider did not say. */
  estimated?: boolean
}

/** A stream's terminal record. */
export interface End {
  /** How many events there were. */
  seq: number
  /** `complete`, or one of the gateway's reasons in `Reason`. */
  reason: string
  usage?: Usage
  /** Why the answer is not whole. */
  error?: unknown
}

/** What the gateway says about a stream that it has accepted. */
export interface Opened {
  /** The stream's id. Whoever has it and the same key can resume the stream. */
  stream: string
  /** For this stream's requests over SSE, where the client came with a ticket. */
  ticket?: string | undefined
  model?: string
  provider?: string
  /** Bytes that the gateway holds for the stream. */
  buffer?: number
  keep_alive_ms?: number
}

/** One event of the provider's. */
export interface StreamEvent {
  /** Its number in the stream, from 1. */
  readonly seq: number
  /** Its name, where the provider gave it one. */
  readonly event: string | undefined
  /** Its data, exactly as the provider sent it. */
  readonly text: string
  /** Its data, parsed when first asked for; undefined where it is no JSON. */
  readonly data: any
}

/**
 * One model call. It is iterated once. An event counts as applied when the loop asks for the next one; only
 * then does the gateway let go of it, and when the loop is behind by the window, the gateway sends no more.
 *
 * The loop ends when the provider has finished its answer. It throws a TidegateError when the stream ended for
 * any other reason, and the signal's reason when that was aborted. Leaving the loop early cancels the model call.
 */
export interface Stream extends AsyncIterable<StreamEvent> {
  /** What the gateway said when it accepted the call. Rejects with what the iterator throws. */
  readonly opened: Promise<Opened>
  /** The number of the last event that the loop has applied. */
  readonly applied: number
  /** The number of the last event that was acknowledged. */
  readonly acknowledged: number
  /** The number of the last event that was received. */
  readonly received: number
  /** The number of the last event that the gateway may send. */
  readonly granted: number
  /** The terminal record, with the usage; undefined before, and where the client has given the stream up. */
  readonly end?: End | undefined
  /** How the stream is connected; undefined while it is not. */
  readonly transport: 'ws' | 'sse' | undefined
  /** The next event, for those who do not use a loop; undefined at the end. One call at a time. */
  next(): Promise<StreamEvent | undefined>
  /**
   * What `client.resume` needs, in this or another page; undefined before the call was accepted. Every event
   * that was handed out counts as applied: call it when the event at hand has been dealt with, and store it
   * together with what was made of the events.
   */
  save(): Saved | undefined
  /** Cancels the model call. Harmless when the stream has ended. */
  cancel(): void
}

/** Speaks to one gateway. All streams share few connections. */
export interface Client {
  /** Makes a model call. */
  open(options: OpenOptions): Stream
  /** Goes on with a stream after the last event that was applied, in whatever page that was. */
  resume(saved: Saved, options?: { signal?: AbortSignal }): Stream
  /**
   * A drop-in `fetch` for SDKs. Streaming calls of the APIs in `Api` at the client's `url` go through `open`,
   * with the client's credentials; the body of the response is read from the gateway as fast as it is read by
   * the SDK. Everything else goes to the real `fetch`.
   */
  readonly fetch: typeof fetch
  /**
   * Closes the connections. The iterators of open streams throw a TidegateError with reason `closed`; the
   * gateway keeps the streams for those who resume them, or cancels them with `cancel: true`, as wanted on
   * `pagehide`.
   */
  close(options?: { cancel?: boolean }): void
}

