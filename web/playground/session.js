import { apis, textOf } from './apis.js'
import { createClient } from './tidegate.js'
import { Line, size } from './line.js'
import { Pace } from './pace.js'
import { settings } from './settings.js'
import { watch } from './watch.js'
import { meaning } from './ends.js'

const store = 'tidegate.playground'

/** How many milliseconds the buttons pause and cut for. */
const pauseFor = 2000
const cutFor = 5000

/** How many milliseconds a second tab has to take over. */
const holdFor = 8000

/**
 * One stream at a time, from the question to its end. mode is idle; opening, until the gateway has accepted
 * it; live; away, while this page has left it; or over. changed is called when it changes.
 */
export class Session {
  mode = 'idle'
  key = ''
  line = new Line()
  pace = new Pace()
  /** What the gateway said last. */
  state
  keepAlive = 15000
  /** Events taken, the last one's number, and their size as plain SSE. */
  taken = { count: 0, seq: 0, plain: 0 }
  #client
  #stream
  #saved
  #watch

  constructor({ chat, panel, log, changed }) {
    Object.assign(this, { chat, panel, log, changed })
  }

  /** Whether a stream is under way here. */
  get busy() {
    return this.mode === 'opening' || this.mode === 'live'
  }

  /** Over what the stream comes: ws, sse, or undefined while it is not connected. */
  get transport() {
    return this.#stream?.transport
  }

  /**
   * Credentials in a header also let requests in that have no Origin: a browser sends none with a GET to where
   * the page is from. Without keys, any will do.
   */
  get headers() {
    return this.key ? { authorization: `Bearer ${this.key}` } : { 'x-api-key': 'playground' }
  }

  ask(text) {
    this.#watch?.stop()
    this.chat.add('user', text)
    const call = apis[settings.api](settings.model, this.chat.history())
    this.chat.add('assistant', '')
    this.taken = { count: 0, seq: 0, plain: 0 }
    this.state = undefined
    this.line.reset()
    this.panel.clear()
    this.log.restart()
    this.#follow(this.#connect().open({ api: settings.api, ...call }))
  }

  pause() {
    this.pace.pause(pauseFor)
    this.log.say('this page pauses for 2 s')
  }

  cut() {
    this.line.cut(cutFor)
    this.log.say('network cut for 5 s', 'wait')
  }

  cancel() {
    this.pace.reset()
    this.#stream?.cancel()
  }

  /** Leaves the stream to the gateway. */
  leave() {
    this.#saved = this.#stream?.save()
    if (!this.#saved) return
    this.#stream = undefined
    this.#client.close()
    this.log.say(`walked away after event ${this.#saved.seq}`, 'wait')
    this.#enter('away')
  }

  comeBack() {
    this.chat.unnote()
    this.pace.reset()
    this.#resume(this.#saved)
  }

  /** What has to be kept for another page to go on. */
  persist({ run = true } = {}) {
    const saved = this.mode === 'away' ? this.#saved : this.busy ? this.#stream.save() : undefined
    const { down, up, links } = this.line
    const kept = { messages: this.chat.messages, settings: settings.save() }
    if (run && saved) kept.run = { saved, taken: this.taken, line: { down, up, links } }
    try {
      sessionStorage.setItem(store, JSON.stringify(kept))
    } catch {
      // No storage, or it is full: nothing can be resumed then.
    }
  }

  forget() {
    sessionStorage.removeItem(store)
  }

  /** Goes on where this page, or the tab that opened it, was. */
  restore() {
    const kept = JSON.parse(sessionStorage.getItem(store) ?? 'null')
    if (!kept) return
    this.forget()
    settings.restore(kept.settings)
    this.chat.restore(kept.messages)
    if (!kept.run) return
    this.taken = kept.run.taken
    Object.assign(this.line, kept.run.line)
    this.#resume(kept.run.saved)
  }

  /** Opens a second tab, which resumes the stream. */
  second() {
    // What this page took from now on could be acknowledged, and the new one would ask for it in vain.
    this.pace.hold(true)
    this.persist()
    // The new tab begins with a copy of this one's storage.
    window.open(location.pathname)
    this.forget()
    this.log.say(`holding at event ${this.taken.seq} for the second tab`)
    setTimeout(() => this.pace.held && this.busy && this.pace.hold(false), holdFor)
  }

  /** Lets the loop learn that another tab has taken over. */
  look() {
    if (this.pace.held && this.mode === 'live' && !this.transport) this.pace.hold(false)
  }

  /** The page is being left. */
  hide(reloading) {
    const hangUp = settings.hangup && !reloading
    this.persist({ run: !hangUp })
    this.#client?.close({ cancel: hangUp })
  }

  #resume(saved) {
    this.log.say(`resuming after event ${saved.seq}`)
    this.#follow(this.#connect().resume(saved))
  }

  #connect() {
    const over = settings.transport
    this.#client = createClient({
      url: location.origin,
      headers: this.headers,
      ticket: this.key && over !== 'sse' ? this.#ticket : undefined,
      transport: over === 'auto' || over === 'sse' ? over : 'ws',
      protocol: over === 'json' ? 'json' : 'bin',
      window: settings.window,
      WebSocket: this.line.WebSocket,
      fetch: this.line.fetch,
    })
    return this.#client
  }

  #ticket = async () => {
    const response = await this.line.fetch('/v1/tickets', { method: 'POST', headers: this.headers })
    if (!response.ok) throw new Error('the gateway gives no ticket')
    return (await response.json()).ticket
  }

  async #follow(stream) {
    this.#stream = stream
    this.#enter('opening')
    stream.opened.then((info) => this.#stream === stream && this.#opened(info), () => {})
    try {
      for (;;) {
        await this.pace.turn()
        if (this.#stream !== stream) return
        const event = await stream.next()
        if (this.#stream !== stream) return
        if (!event) return this.#over('complete')
        this.#take(event)
      }
    } catch (error) {
      if (this.#stream === stream) this.#over(error.reason ?? 'failed', error)
    }
  }

  #opened({ stream, keep_alive_ms: keepAlive, provider }) {
    this.keepAlive = keepAlive ?? this.keepAlive
    this.log.say(provider ? `accepted by provider ${provider}` : 'accepted')
    this.#watch?.stop()
    this.#watch = watch(stream, this.headers, this.#show)
    this.#enter('live')
  }

  #take(event) {
    const plain = size(event.text) + 'data: \n\n'.length + (event.event ? event.event.length + 'event: \n'.length : 0)
    this.taken = { count: this.taken.count + 1, seq: event.seq, plain: this.taken.plain + plain }
    this.chat.append(textOf(event.data))
  }

  #show = (state) => {
    if (!state) return this.mode === 'away' && this.#gone('the gateway has forgotten the stream')
    const before = this.state
    const at = Date.now()
    const events = before ? ((state.seq - before.seq) / (at - before.at)) * 1000 : 0
    this.state = {
      ...state,
      at,
      /** Events a second from the provider, smoothed. */
      rate: (before?.rate ?? events) * 0.7 + events * 0.3,
      /** Since when nobody is attached. */
      alone: state.attached ? undefined : (before?.alone ?? at),
    }
    if (state.full && !before?.full) this.log.say('buffer full: the provider is paused', 'wait')
    if (!state.full && before?.full && !state.end) this.log.say('buffer drained to half: the provider goes on')
    this.panel.state(state)
    this.changed()
    if (!state.end || before?.end || this.mode === 'over') return
    if (state.end.reason !== 'complete') this.#gone(`the gateway ended the stream: ${state.end.reason}`)
    this.panel.end(`${state.end.reason}. ${meaning(state.end.reason)}`)
    if (this.mode === 'away') this.chat.note(meaning(state.end.reason), state.end.reason !== 'complete')
  }

  #gone(text) {
    this.log.say(text, 'bad')
  }

  #over(reason, error) {
    const told = meaning(reason, error)
    const bad = reason !== 'complete' && reason !== 'cancelled'
    this.log.say(`end: ${reason}`, bad ? 'bad' : 'good')
    this.chat.note(reason === 'refused' ? told : `${reason}. ${told}`, bad)
    this.panel.end(`${reason}. ${told}`)
    this.#watch?.finish()
    this.#client.close()
    this.#stream = undefined
    this.pace.reset()
    this.#enter('over')
  }

  #enter(mode) {
    this.mode = mode
    this.changed()
  }
}
