import { Chat } from './chat.js'
import { describe } from './describe.js'
import { Log } from './log.js'
import { Panel } from './panel.js'
import { Session } from './session.js'
import { settings } from './settings.js'

const at = (id) => document.getElementById(id)
const panel = new Panel()
const log = new Log()
const session = new Session({ chat: new Chat(), panel, log, changed: buttons })

let reloading = false
let connected = ''
let last = 'none'

function buttons() {
  const { busy, mode, pace } = session
  for (const id of ['pause', 'cut', 'second', 'cancel']) at(id).disabled = !busy
  at('reload').disabled = !busy || session.mode === 'opening'
  at('leave').disabled = mode !== 'live' && mode !== 'away'
  at('leave').textContent = mode === 'away' ? 'Come back' : 'Walk away'
  at('slow').setAttribute('aria-pressed', pace.slow)
  at('halt').setAttribute('aria-pressed', pace.halted)
  at('send').disabled = busy
  document.body.dataset.mode = mode
  tick()
}

/** Shows what changes by itself. */
function tick() {
  session.look()
  const { provider, reader, sentence } = describe(session)
  panel.party('provider', ...provider)
  panel.party('reader', ...reader)
  if (sentence) panel.sentence(sentence)
  if (session.mode === 'idle') return
  const { line, taken, transport, mode } = session
  panel.wire(line.down + line.up, taken.plain)
  if (transport) last = transport === 'ws' ? 'WebSocket' : 'SSE'
  const name = transport ? last : mode === 'over' ? `${last}, closed` : 'none'
  panel.taken(taken.count, taken.seq, name, Math.max(0, line.links - 1))
  if (mode === 'live' && connected && !transport) log.say('connection lost', 'wait')
  if (mode === 'live' && !connected && transport) log.say(`connected over ${name}, at event ${taken.seq}`)
  connected = transport ?? ''
}

at('pause').addEventListener('click', () => session.pause())
at('cut').addEventListener('click', () => session.cut())
at('second').addEventListener('click', () => session.second())
at('cancel').addEventListener('click', () => session.cancel())
at('leave').addEventListener('click', () => (session.mode === 'away' ? session.comeBack() : session.leave()))
at('slow').addEventListener('click', () => {
  session.pace.toggleSlow()
  buttons()
})
at('halt').addEventListener('click', () => {
  session.pace.toggleHalt()
  buttons()
})
at('reload').addEventListener('click', () => {
  reloading = true
  location.reload()
})

addEventListener('pagehide', () => session.hide(reloading))
addEventListener('pageshow', ({ persisted }) => {
  // Kept by the browser for the way back: its connections are gone.
  if (persisted) location.reload()
})

at('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = at('prompt').value.trim()
  if (!text || session.busy) return
  at('prompt').value = ''
  session.ask(text)
})
at('prompt').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  at('composer').requestSubmit()
})

/** Tries the key, and starts when the gateway takes it. */
async function enter() {
  const response = await fetch('/v1/models', { headers: session.headers, cache: 'no-store' })
  at('door').hidden = response.ok
  document.body.classList.toggle('locked', !response.ok)
  if (!response.ok) {
    at('key').focus()
    return false
  }
  settings.offer((await response.json()).data.map(({ id }) => id))
  session.restore()
  return true
}

at('door').addEventListener('submit', async (event) => {
  event.preventDefault()
  session.key = at('key').value.trim()
  at('key').value = ''
  if (!(await enter())) at('door-note').textContent = 'The gateway does not know that key.'
})

setInterval(tick, 100)
buttons()
await enter()
