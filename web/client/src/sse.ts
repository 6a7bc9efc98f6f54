import { TidegateError } from './error.js'
import { write, type Link, type Sink } from './link.js'

/**
 * Sends a request to the gateway; path is what follows `/v1/streams`. With a stream that has a ticket of its
 * own, no other is needed.
 */
export type Request = (
  sink: Pick<Sink, 'ticket'>,
  method: string,
  path: string,
  body?: string,
  signal?: AbortSignal,
) => Promise<Response>

/** The fields of an event; several of one name are joined by line ends. */
export interface Fields {
  id?: string
  event?: string
  data: string
}

/** Cuts an event stream into events. heard is called for every sign of life, comments included. */
export async function* parse(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<Fields> {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  const reader = body.getReader()
  let rest = ''
  for (let chunk; !(chunk = await reader.read()).done; ) {
    heard()
    const events = (rest + utf8.decode(chunk.value, { stream: true })).split('\n\n')
    rest = events.pop()!
    for (const event of events) {
      const fields: { [name: string]: string } = {}
      for (const line of event.split('\n')) {
        const [name, value = ''] = line.split(/: ?(.*)/s) as [string, string?]
        fields[name] = (name in fields ? fields[name] + '\n' : '') + value
      }
      if ('data' in fields) yield fields as never
    }
  }
}

/** Attaches a stream over SSE, with acknowledgements as requests of their own. */
export function attachSse(sink: Sink, request: Request): Link {
  const abort = new AbortController()
  let heard = Infinity // nothing is to be heard while a model call is being made
  let keepAlive = 15000
  let next: string | undefined // the newest acknowledgement that was not sent
  let sent = Promise.resolve() // once all acknowledgements before are

  const over = () => abort.signal.aborted
  const drop = () => {
    clearInterval(timer)
    abort.abort()
  }
  /** The last word of a link. */
  const last = (say: () => void) => {
    if (over()) return
    drop()
    say()
  }
  const lost = () => last(() => sink.onLost())
  const alive = () => (heard = Date.now())
  // Comments come at every keep-alive.
  const timer = setInterval(() => Date.now() - heard > 3 * keepAlive && lost(), 5000)
  const refused = async (response: Response) => {
    const { status, headers } = response
    const body = await response.json().catch(() => undefined)
    last(() => sink.onRefused(status, body?.error, +headers.get('retry-after')! * 1000 || undefined))
  }

  const run = async () => {
    const { stream, seq = 0, max, epoch, ...call } = sink.hello()
    let id = stream
    if (!id) {
      const response = await request(sink, 'POST', '', write({ ...call, max }), abort.signal)
      if (response.status !== 201) return refused(response)
      const info = await response.json()
      if (over()) return
      keepAlive = info.keep_alive_ms ?? keepAlive
      // One ticket is good for one request; this one for all of this stream.
      sink.onOpened({ ...info, ticket: info.events?.split('ticket=')[1] })
      id = info.stream
    }
    alive()
    const response = await request(sink, 'GET', `/${id}/events?seq=${seq}&max=${max}&epoch=${epoch}`, undefined, abort.signal)
    if (response.status === 204) {
      const state = await (await request(sink, 'GET', `/${id}`, undefined, abort.signal)).json()
      return state.end ? last(() => sink.onEnd(state.end)) : lost()
    }
    if (!response.ok) return refused(response)
    if (stream) sink.onOpened({ stream: stream as string })
    for await (const { id, event, data } of parse(response.body!, alive)) {
      if (over()) return
      if (id) sink.onEvent(+id, event, data)
      else if (event === 'tidegate.blocked') sink.onBlocked()
      else if (event === 'tidegate.end') last(() => sink.onEnd(JSON.parse(data)))
      else if (event === 'tidegate.detached') last(() => sink.onFailed())
    }
    lost()
  }

  const acknowledge = async () => {
    const body = next
    if (!body || over()) return
    next = undefined
    const { status } = await request(sink, 'POST', `/${sink.id}/ack`, body, abort.signal)
    if (status === 409) last(() => sink.onFailed(new TidegateError('rejected', { code: `${status}` })))
    // 410: the end is on its way.
    else if (status >= 400 && status !== 410) lost()
  }

  run().catch(lost)
  return {
    kind: 'sse',
    ack(seq, max) {
      next = JSON.stringify({ seq, max })
      sent = sent.then(acknowledge).catch(lost)
    },
    cancel() {
      drop()
      return false
    },
    drop,
  }
}
