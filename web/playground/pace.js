/** How many events a slow reader takes in a second. */
export const slowRate = 12

/** When this page takes the next event. It reads, pauses, reads slowly, or has stopped. */
export class Pace {
  slow = false
  halted = false
  /** Whether another tab is about to go on after the last event that this one took. */
  held = false
  /** Until when it pauses. */
  until = 0
  #wake = new Set()

  pause(ms) {
    this.until = Date.now() + ms
  }

  hold(held) {
    this.held = held
    this.#changed()
  }

  toggleSlow() {
    this.slow = !this.slow
    this.#changed()
  }

  toggleHalt() {
    this.halted = !this.halted
    this.#changed()
  }

  /** Reads on as fast as it can. */
  reset() {
    this.until = 0
    this.slow = this.halted = this.held = false
    this.#changed()
  }

  /** Resolves when the next event may be taken. */
  async turn() {
    if (this.slow) await this.#wait(1000 / slowRate)
    for (;;) {
      const left = this.until - Date.now()
      if (this.halted || this.held) await this.#wait()
      else if (left > 0) await this.#wait(left)
      else return
    }
  }

  #changed() {
    for (const wake of this.#wake) wake()
  }

  /** Waits so long, or for ever, or until something changes. */
  #wait(ms) {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => wake(), ms)
      const wake = () => {
        clearTimeout(timer)
        this.#wake.delete(wake)
        resolve()
      }
      this.#wake.add(wake)
    })
  }
}
