/** What the reasons of a stream's end mean, in one sentence each. */
const meanings = {
  complete: 'The answer is whole: the provider’s own end marker was seen.',
  cancelled: 'Cancelled here, and at the provider at once.',
  slow_consumer: 'The buffer stayed full for longer than keep-alive: the provider’s call was cancelled.',
  abandoned: 'Nobody came back within keep-alive: the provider’s call was cancelled.',
  upstream_error: 'The provider failed. What came before was delivered.',
  upstream_truncated: 'The provider’s answer was cut off. What came before was delivered.',
  upstream_stalled: 'The provider fell silent for too long.',
  too_large: 'One event was larger than the gateway takes.',
  limit: 'A limit of the gateway was reached.',
  shutdown: 'The gateway was shut down.',
  refused: 'The call was refused.',
  superseded: 'Another tab has taken over this stream.',
  unreachable: 'The gateway cannot be reached.',
}

/** One sentence about an end. */
export function meaning(reason, error) {
  const told = meanings[reason] ?? error?.message ?? 'The stream has ended.'
  if (reason !== 'refused' || !error) return told
  const status = error.status ? ` (${error.status})` : ''
  return `Refused${status}: ${error.message}`
}
