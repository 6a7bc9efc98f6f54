/** What the two parties do, and one sentence about it, from what the gateway and this page know. */
export function describe({ mode, state, keepAlive, line, pace, transport }) {
  const now = Date.now()
  if (mode === 'idle') return { provider: ['idle'], reader: ['idle'] }
  const away = mode === 'away' || line.isCut
  return {
    provider: provider(mode, state),
    reader: reader({ mode, state, keepAlive, line, pace, transport }, now),
    sentence: sentence(mode, state, away, pace, now),
  }
}

function provider(mode, state) {
  if (!state) return mode === 'over' ? ['no call'] : ['is being called', 'wait']
  const { end, full, left_ms: left, rate } = state
  if (end) return end.reason === 'complete' ? ['done', 'good'] : [end.reason.startsWith('upstream') ? 'failed' : 'cancelled', 'bad']
  if (mode === 'over') return ['']
  if (full) return [left === undefined ? 'paused' : `paused, ${seconds(left)} left`, 'wait']
  return rate >= 1 ? [`${Math.round(rate)} events/s`, 'good'] : ['silent', 'wait']
}

function reader({ mode, state, keepAlive, line, pace, transport }, now) {
  if (mode === 'over') return ['done', 'good']
  if (mode === 'away') {
    if (state?.end) return ['away']
    return [`away, ${seconds(keepAlive - (now - (state?.alone ?? now)))} left`, 'bad']
  }
  if (line.isCut) return [`cut off, ${seconds(line.cutUntil - now)}`, 'bad']
  if (mode === 'live' && !transport) return ['reconnecting', 'wait']
  if (pace.held) return ['hands over', 'wait']
  if (pace.halted) return ['takes nothing', 'wait']
  if (pace.until > now) return [`pauses, ${seconds(pace.until - now)}`, 'wait']
  if (pace.slow) return ['reads slowly', 'wait']
  return [mode === 'opening' ? 'waiting' : 'reading', 'good']
}

function sentence(mode, state, away, pace, now) {
  if (mode === 'over') return 'The stream has ended. The gateway keeps the end, and what was not acknowledged, for a while.'
  if (state?.end && mode === 'away') return 'The call was cancelled. What the buffer holds can still be fetched: come back.'
  if (state?.end) return 'The stream has ended at the gateway. This page has yet to take what is left.'
  if (away && state?.full) return 'Nobody takes anything. The buffer is full, so the provider waits, until keep-alive has passed.'
  if (away) return 'Nobody takes anything. The answer goes on into the buffer.'
  if (state?.full) return 'The buffer is full: nothing is read from the provider until half of it is acknowledged.'
  if (pace.halted || pace.until > now) return 'This page takes nothing. The buffer fills, and the provider does not notice.'
  if (pace.slow) return 'The provider is faster than this page: the buffer takes the difference.'
  if (state && state.bytes > state.buffer / 4) return 'The buffer drains: this page catches up.'
  return 'Both keep up. Events leave the buffer when this page has acknowledged them.'
}

const seconds = (ms) => (ms < 100_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`)
