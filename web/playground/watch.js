/** How often the gateway is asked, in milliseconds. */
export const interval = 200

/**
 * Asks the gateway for a stream's state, over requests of its own: what happens while this page's line is cut
 * is seen, too. show is called with each state, and undefined once the gateway has forgotten the stream.
 */
export function watch(id, headers, show) {
  let over = false
  let last = false
  const ask = async () => {
    const began = Date.now()
    const final = last
    try {
      const response = await fetch(`/v1/streams/${id}`, { headers, cache: 'no-store' })
      if (over) return
      if (response.ok) {
        const state = await response.json()
        if (over) return
        show(state)
        over = final
      } else if (response.status === 404) {
        over = true
        show(undefined)
      }
    } catch {
      // The gateway is gone for a moment, or for good: the client says so.
    }
    if (!over) setTimeout(ask, Math.max(0, interval - (Date.now() - began)))
  }
  ask()
  return {
    /** Asks once more, and no more. */
    finish: () => (last = true),
    stop: () => (over = true),
  }
}
