/** How long a network that is cut takes to say so. */
const failsAfter = 50

/** The bytes of a frame around a payload of n bytes (RFC 6455 section 5.2). */
const framed = (n, masked) => n + 2 + (n > 65535 ? 8 : n > 125 ? 2 : 0) + (masked ? 4 : 0)

const utf8 = new TextEncoder()

/** The bytes of a text in UTF-8. */
export const size = (text) => utf8.encode(text).length

/** The page's line to the gateway. It counts what goes over it, and can be cut. */
export class Line {
  /** Bytes received and sent: frames of WebSockets, bodies of requests. */
  down = 0
  up = 0
  /** Connections on which streams have come. */
  links = 0
  /** Until when it is cut. */
  cutUntil = 0
  #breaks = new Set()

  /** Counts from nothing. */
  reset() {
    this.down = this.up = this.links = 0
  }

  /** Whether nothing gets through. */
  get isCut() {
    return Date.now() < this.cutUntil
  }

  /** Breaks what is open, and lets nothing through for so many milliseconds. */
  cut(ms) {
    this.cutUntil = Date.now() + ms
    for (const broken of [...this.#breaks]) broken()
    this.#breaks.clear()
    // As a browser says it when the network is back. Clients that wait do not wait any longer.
    setTimeout(() => dispatchEvent(new Event('online')), ms)
  }

  /** The WebSocket class for the client. */
  get WebSocket() {
    const line = this
    return class {
      constructor(url, protocols) {
        return line.isCut ? line.#dead() : line.#dial(url, protocols)
      }
    }
  }

  #dial(url, protocols) {
    const ws = new WebSocket(url, protocols)
    const broken = () => {
      // What a broken line looks like: the code of a close without a close frame.
      ws.dispatchEvent(new CloseEvent('close', { code: 1006 }))
      ws.close()
    }
    this.#breaks.add(broken)
    ws.addEventListener('open', () => this.links++)
    ws.addEventListener('close', () => this.#breaks.delete(broken))
    ws.addEventListener('message', ({ data }) => {
      this.down += framed(typeof data === 'string' ? size(data) : data.byteLength, false)
    })
    const send = ws.send
    ws.send = (text) => {
      this.up += framed(size(text), true)
      send.call(ws, text)
    }
    return ws
  }

  /** A connection that never comes about. */
  #dead() {
    const ws = { protocol: '', send() {}, close() {} }
    setTimeout(() => ws.onclose?.({ code: 1006, reason: '' }), failsAfter)
    return ws
  }

  /** The fetch for the client. */
  fetch = async (input, init = {}) => {
    if (this.isCut) throw new TypeError('the network is cut')
    const abort = new AbortController()
    const broken = () => abort.abort(new TypeError('the network was cut'))
    this.#breaks.add(broken)
    this.up += size(init.body ?? '')
    try {
      const signal = AbortSignal.any([abort.signal, ...(init.signal ? [init.signal] : [])])
      const response = await fetch(input, { ...init, signal })
      const events = new URL(input, location.href).pathname.endsWith('/events')
      if (events && response.ok) this.links++
      // Chromium gives 204 a body, which no Response may be made with.
      if (!response.body || response.status === 204) {
        this.#breaks.delete(broken)
        return response
      }
      return new Response(response.body.pipeThrough(this.#counter(() => this.#breaks.delete(broken))), response)
    } catch (error) {
      this.#breaks.delete(broken)
      throw error
    }
  }

  #counter(done) {
    return new TransformStream({
      transform: (chunk, out) => {
        this.down += chunk.byteLength
        out.enqueue(chunk)
      },
      flush: done,
      cancel: done,
    })
  }
}
