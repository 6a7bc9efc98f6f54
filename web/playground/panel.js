import { Chart } from './chart.js'

const at = (id) => document.getElementById(id)
const number = (n) => n.toLocaleString('en')
const bytes = (n) => (n < 10_000 ? `${number(n)} B` : `${(n / 1024).toFixed(1)} KiB`)
const put = (id, text) => {
  if (at(id).textContent !== text) at(id).textContent = text
}

/** The instruments. */
export class Panel {
  #chart = new Chart()

  /** Empties everything, before a new stream. */
  clear() {
    this.#chart.clear()
    this.state({ seq: 0, sent: 0, acked: 0, max: 0, bytes: 0, buffer: 4096, full: false, paused_ms: 0 })
    this.#chart.clear()
    this.wire(0, 0)
    put('end', 'not yet')
    put('reconnects', '0')
    put('applied', 'nothing yet')
  }

  /** Shows a stream's state as the gateway says it. */
  state(s) {
    const level = s.bytes / s.buffer
    at('water').style.width = `${Math.min(100, level * 100)}%`
    at('tank').classList.toggle('full', s.full)
    at('tank').setAttribute('aria-valuenow', s.bytes)
    at('tank').setAttribute('aria-valuemax', s.buffer)
    put('bytes', number(s.bytes))
    put('capacity', number(s.buffer))
    put('acked', number(s.acked))
    put('sent', number(s.sent))
    put('appended', number(s.seq))
    put('max', s.max > 1e15 ? 'no limit' : number(s.max))
    put('paused', `${(s.paused_ms / 1000).toFixed(1)} s`)
    this.#ruler(s)
    this.#chart.add(level, s.full)
  }

  /** The ruler shows what is not acknowledged, and the credit beyond it. */
  #ruler({ acked, sent, seq, max }) {
    const credit = max > 1e15 ? seq : max
    const span = Math.max(32, seq - acked, credit - acked) * 1.04
    const set = (part, from, to) => {
      const style = at('ruler').querySelector(part).style
      style.left = `${((from - acked) / span) * 100}%`
      style.width = `${(Math.max(0, to - from) / span) * 100}%`
    }
    set('.sent', acked, sent)
    set('.held', sent, seq)
    set('.credit', acked, credit)
  }

  /** Shows the bytes that went over the wire, and those that plain SSE would have taken. */
  wire(real, plain) {
    const most = Math.max(real, plain, 1)
    at('bar-wire').style.width = `${(real / most) * 100}%`
    at('bar-plain').style.width = `${(plain / most) * 100}%`
    put('wire', bytes(real))
    put('plain', bytes(plain))
    put('ratio', real && plain > real ? `${(plain / real).toFixed(1)} times smaller` : '')
  }

  /** Shows what this page has. */
  taken(count, seq, transport, reconnects) {
    put('applied', seq ? `events 1 to ${number(seq)}, ${count === seq ? 'each once' : `but ${number(count)} of them`}` : 'nothing yet')
    put('connection', transport)
    put('reconnects', String(reconnects))
  }

  /** Shows what one of the two parties does; kind is good, wait, bad or empty. */
  party(id, text, kind = '') {
    at(id).className = `end ${kind}`
    const span = at(id).querySelector('span')
    if (span.textContent !== text) span.textContent = text
  }

  end(text) {
    put('end', text)
  }

  /** One sentence about what is going on. Screen readers hear it: it holds no running figures. */
  sentence(text) {
    put('sentence', text)
  }
}
