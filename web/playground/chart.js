import { interval } from './watch.js'

const svg = document.getElementById('chart')
const area = svg.querySelector('.area')
const line = svg.querySelector('.line')
const shade = svg.querySelector('.paused')
const width = 300
const height = 64
const points = 30_000 / interval

/** The buffer's last half minute. */
export class Chart {
  #samples = []

  clear() {
    this.#samples = []
    this.#draw()
  }

  /** Adds a sample: how full the buffer is, 0 to 1, and whether the provider is paused. */
  add(level, paused) {
    this.#samples.push({ level, paused })
    if (this.#samples.length > points) this.#samples.shift()
    this.#draw()
  }

  #draw() {
    const step = width / (points - 1)
    const from = width - (this.#samples.length - 1) * step
    const at = this.#samples.map(({ level }, i) => `${(from + i * step).toFixed(1)} ${(height - 1 - Math.min(1, level) * (height - 6)).toFixed(1)}`)
    line.setAttribute('d', at.length ? 'M' + at.join('L') : '')
    area.setAttribute('d', at.length ? `M${from} ${height}L${at.join('L')}L${width} ${height}Z` : '')
    const rects = []
    this.#samples.forEach(({ paused }, i) => {
      if (!paused) return
      const rect = document.createElementNS(svg.namespaceURI, 'rect')
      const x = Math.max(0, from + (i - 1) * step)
      rect.setAttribute('x', x.toFixed(1))
      rect.setAttribute('width', (step + 0.2).toFixed(1))
      rect.setAttribute('height', height)
      rects.push(rect)
    })
    shade.replaceChildren(...rects)
  }
}
