const list = document.getElementById('log')
const most = 60

/** Writes down what happened, the newest first. */
export class Log {
  #began = Date.now()

  /** Counts the time from now. */
  restart() {
    this.#began = Date.now()
  }

  say(text, kind = '') {
    const item = document.createElement('li')
    if (kind) item.className = kind
    const time = document.createElement('time')
    time.textContent = `${((Date.now() - this.#began) / 1000).toFixed(1)} s`
    item.append(time, text)
    list.prepend(item)
    while (list.children.length > most) list.lastChild.remove()
  }
}
