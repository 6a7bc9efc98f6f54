import type { Api, Backoff, Opened, Saved, Stream } from './api.js'
import { TidegateError, type Reason } from './error.js'
import { newEvent, type ReceivedEvent } from './event.js'
import type { Link, Sink } from './link.js'

/** What a stream needs of its client. */
export interface Host {
  readonly window: number
  readonly backoff: Required<Backoff>
  /** Attaches a stream over a transport that gets through, if possible another than avoid. */
  connect(stream: OwnStream, avoid: Link['kind'] | undefined): Link
  /** Cancels a call that no link reaches. */
  remove(stream: OwnStream): unknown
  /** The stream needs its client no more. */
  forget(stream: OwnStream): void
}

/** A stream as its client sees it. */
export interface OwnStream extends Stream, Sink {
  /** Leaves the stream to whoever resumes it. */
  leave(): void
  /** The network has come back: what there was before cannot be trusted, and waiting is pointless. */
  refresh(): void
}

/** A model call that was not accepted yet. */
export interface Call {
  api: Api
  model?: string | undefined
  headers?: Record<string, string> | undefined
  /** JSON. */
  body: string
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Acknowledgements of a stream that come closer than this, in milliseconds, are worth putting together. */
const quick = 250

/**
 * The epoch of a stream's next consumer. Each connection of one consumer has one more than the one before, so that
 * a resume that comes late does not win.
 */
const successor = (epoch: number) => epoch - (epoch % 1e6) + 1e6

/** The longest that a gateway can make a client wait before it reconnects, in milliseconds. */
const longestWait = 30000

/** Opens or resumes a stream: its position, its credit, and its way back after a connection was lost. */
export function newStream(host: Host, signal: AbortSignal | undefined, call?: Call, saved?: Saved): OwnStream {
  const { window, backoff } = host

  // Towards the application.
  let queue: ReceivedEvent[] = []
  let handed = saved?.seq ?? 0 // the newest event that was handed out
  let waiter: (() => void) | undefined
  let over = false
  let failure: unknown // why it is, where the answer is not whole

  // Towards the gateway.
  let link: Link | undefined
  let avoid: Link['kind'] | undefined // did not get through the last time
  let attached = 0 // when the gateway accepted the link; 0 while it has not
  let size = 0 // of what was handed out since the last acknowledgement
  let eager = 0 // up to this event the gateway waits for acknowledgements
  let told = 0 // when the newest acknowledgement was made
  let epoch = saved?.epoch ?? 0
  let fresh = saved // resumed by the application, and not attached so far
  let buffer = 4096
  let tries = 0
  let wake: (() => void) | undefined

  let accept!: (info: Opened) => void
  let deny!: (error: unknown) => void
  const opened = new Promise<Opened>((resolve, reject) => {
    accept = resolve
    deny = reject
  })
  // Who does not ask for it hears of the failure from the iterator.
  opened.catch(() => {})

  /**
   * In batches: at half the window, at half of what the gateway's buffer holds, or when the application has caught up with
   * everything received. A model that speaks fast has it catch up with each token, and a message for each would be
   * most of the traffic: so not sooner than `quick` after the one before.
   */
  const acknowledge = (idle: boolean) => {
    const count = self.applied - self.acknowledged
    const wanted = self.applied <= eager
    const now = size >= buffer / 2 || (idle && (wanted || Date.now() - told > quick))
    if (count && attached && (now || count >= window / (wanted ? 8 : 2))) link!.ack(self.applied, grant())
  }
  /** Everything applied is acknowledged, and the window begins anew. */
  const grant = () => {
    size = 0
    told = Date.now()
    self.acknowledged = self.applied
    return (self.granted = self.applied + window)
  }

  const attach = () => {
    if (!over) link = host.connect(self, avoid)
  }
  const again = () => {
    link?.drop()
    self.onLost()
  }

  /** The stream is over: with an error, or with undefined where its answer is whole. */
  const finish = (error?: unknown) => {
    if (over) return
    over = true
    failure = error
    attached = 0
    wake?.()
    signal?.removeEventListener('abort', abort)
    host.forget(self)
    deny(error)
    waiter?.()
  }
  const stop = (error: unknown) => {
    if (over) return
    queue = []
    finish(error)
    if (!link?.cancel() && self.id) host.remove(self)
  }
  const abort = () => stop(signal!.reason)

  const self: Writable<OwnStream> = {
    id: saved?.stream,
    opened,
    applied: handed,
    acknowledged: handed,
    received: handed,
    granted: handed,
    get transport() {
      return attached ? link!.kind : undefined
    },

    async next() {
      if (waiter) throw Error('tidegate: read twice')
      self.applied = handed
      acknowledge(!queue.length)
      if (!queue.length && !over) await new Promise<void>((resolve) => (waiter = resolve))
      waiter = undefined
      const event = queue.shift()
      if (event) {
        handed = event.seq
        size += event.bytes
      } else if (failure !== undefined) throw failure // whoever aborts may say null
      return event
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (let event; (event = await self.next()); ) yield event
      } finally {
        self.cancel()
      }
    },
    save: () => (self.id as any) && { stream: self.id, seq: handed, epoch: successor(epoch) },
    cancel: () => stop(new TidegateError('cancelled')),
    leave() {
      queue = []
      link?.drop()
      finish(new TidegateError('closed'))
    },
    refresh() {
      if (wake) wake()
      else if (link?.kind === 'sse') again()
    },

    hello() {
      return { ...(self.id ? { stream: self.id, seq: self.applied } : call), max: grant(), epoch: epoch++ }
    },
    onOpened(info) {
      self.id = info.stream
      self.ticket = info.ticket ?? self.ticket
      call = avoid = fresh = undefined
      buffer = info.buffer ?? buffer
      attached = Date.now()
      accept(info)
      acknowledge(!!waiter)
    },
    onEvent(seq, name, data, held) {
      if (seq <= self.received) return
      // A gap, or more than was granted.
      if (seq > self.received + 1 || seq > self.granted) return again()
      self.received = seq
      tries = 0
      queue.push(newEvent(seq, name, data, held))
      waiter?.()
    },
    onBlocked() {
      eager = self.received + window
      acknowledge(true)
    },
    onEnd(end) {
      const { seq, reason, error } = end
      if (seq > self.received) return again()
      self.end = end
      finish(reason === 'complete' ? undefined : new TidegateError(reason as Reason, error))
    },
    onRefused(status, error, retryAfterMs) {
      const held = error?.epoch
      if (held && fresh) {
        // Others have had the stream since it was saved.
        fresh = undefined
        epoch = successor(held)
        attach()
      } else if (held) self.onFailed()
      else if (self.id && (status === 429 || status >= 500)) self.onLost(retryAfterMs)
      else finish(new TidegateError('refused', error, status, retryAfterMs))
    },
    onFailed(error) {
      // What was not handed out is another's to apply.
      queue = []
      finish(error ?? new TidegateError('superseded'))
    },
    onLost(wait = 0) {
      if (over) return
      if (!attached) avoid = link?.kind
      else if (Date.now() - attached > backoff.max) tries = 0
      attached = 0
      link = undefined
      if (tries++ >= backoff.tries) return finish(new TidegateError('unreachable'))
      if (tries > 1) wait = Math.max(wait, Math.min(backoff.max, backoff.first * 2 ** (tries - 2)))
      const go = () => {
        if (wake !== go) return
        wake = undefined
        clearTimeout(timer)
        attach()
      }
      wake = go
      // Hidden tabs run timers once a minute, which is longer than the gateway waits: the first try needs none.
      const timer = setTimeout(go, Math.min(wait, longestWait) * (0.5 + Math.random() / 2))
      if (!wait) queueMicrotask(go)
    },
  }

  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  attach()
  return self
}
