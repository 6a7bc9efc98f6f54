/** Random numbers that are the same for the same seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A number from 0 up to and without 1. */
  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from 0 up to and without n. */
  int(n: number): number {
    return Math.floor(this.float() * n)
  }

  /** True with the given probability. */
  chance(p: number): boolean {
    return this.float() < p
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]!
  }
}
