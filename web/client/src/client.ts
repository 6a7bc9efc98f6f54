import type { Client, ClientOptions, WebSocketClass } from './api.js'
import { streamingFetch } from './fetch.js'
import { newSocket, type Socket } from './socket.js'
import { attachSse, type Request } from './sse.js'
import { newStream, type Host, type OwnStream } from './stream.js'

/** How long new streams use SSE after a WebSocket that did not get through, in milliseconds; twice as long each time. */
const firstPause = 30000

/** Makes a client of the gateway at `options.url`. It connects when the first stream is opened. */
export function createClient(options: ClientOptions): Client {
  const { ticket, headers, protocol = 'bin', transport, window = 64 } = options
  const base = new URL(options.url.replace(/\/?(v1\/?)?$/, '/'), globalThis.location?.href)
  const own: WebSocketClass | undefined = options.WebSocket
  const streams = new Set<OwnStream>()
  const sockets = new Set<Socket>()
  let pause = 0 // how long no WebSocket is tried after one that did not get through
  let retry = 0 // when it is

  // A global fetch must not be called as somebody's method, and may be replaced later.
  const send: typeof fetch = (input, init) => (options.fetch ?? fetch)(input, init)
  const mint = async () => (typeof ticket === 'function' ? ticket() : ticket)

  const request: Request = async (stream, method, path, body, signal) => {
    const url = new URL('v1/streams' + path, base)
    const pass = stream.ticket ?? (await mint())
    if (pass) url.searchParams.set('ticket', pass)
    return send(url, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: body!,
      signal: signal!,
      // What nothing can abort has to go out from a page that is being left, too.
      keepalive: !signal,
    })
  }

  const dial = async () => {
    const pass = await mint()
    const url = new URL('v1/ws', base).href.replace(/^http/, 'ws')
    const protocols = [...new Set(['tidegate.1.' + protocol, 'tidegate.1.json'])]
    if (pass) protocols.push('tidegate.ticket.' + pass)
    // Node's own class takes headers in this way, that of `ws` in a third argument. A browser's throws, which
    // leaves SSE.
    const second = own || pass || !headers ? protocols : { protocols, headers }
    return new (own ?? (WebSocket as WebSocketClass))(url, second, { headers })
  }

  const viaSocket = (stream: OwnStream) => {
    let socket = [...sockets].find((socket) => socket.free())
    if (!socket) {
      socket = newSocket(
        dial,
        () => (pause = retry = 0),
        (ready) => {
          if (!ready) retry = Date.now() + (pause = pause * 2 || firstPause)
          sockets.delete(socket!)
        },
      )
      sockets.add(socket)
    }
    return socket.attach(stream)
  }

  const host: Host = {
    window: Math.max(1, window),
    backoff: { first: 250, max: 5000, tries: 10, ...options.backoff },
    connect(stream, avoid) {
      streams.add(stream)
      globalThis.addEventListener?.('online', online)
      const ws = transport === 'ws' || (transport !== 'sse' && (own ?? globalThis.WebSocket) && (avoid ? avoid === 'sse' : Date.now() >= retry))
      return ws ? viaSocket(stream) : attachSse(stream, request)
    },
    remove: (stream) => request(stream, 'DELETE', `/${stream.id}`).catch(() => {}),
    forget(stream) {
      streams.delete(stream)
      if (!streams.size) globalThis.removeEventListener?.('online', online)
    },
  }

  const online = () => {
    pause = retry = 0 // it may be another network
    for (const socket of sockets) socket.close()
    for (const stream of streams) stream.refresh()
  }

  return {
    open: ({ body, signal, ...call }) =>
      newStream(host, signal, { ...call, body: typeof body === 'string' ? body : JSON.stringify(body) }),
    resume: (saved, { signal } = {}) => newStream(host, signal, undefined, saved),
    fetch: streamingFetch(base, send, (call, signal) => newStream(host, signal, call)),
    close({ cancel } = {}) {
      // First, so that calls are cancelled by requests, which outlive a page that is being left. What was just
      // written to a WebSocket may not.
      for (const socket of sockets) socket.close()
      for (const stream of streams) cancel ? stream.cancel() : stream.leave()
    },
  }
}
