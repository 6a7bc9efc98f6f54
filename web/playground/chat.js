const talk = document.getElementById('talk')

/** An event whose text is longer is shown as its size. */
const longest = 500

/** The conversation: what is shown, and what is sent along with the next question. */
export class Chat {
  /** @type {{role: string, content: string, note?: string, bad?: boolean}[]} */
  messages = []
  #text // of the answer that comes in

  constructor() {
    this.#greet()
  }

  /** Shows what was said before. */
  restore(messages) {
    this.messages = []
    talk.replaceChildren()
    for (const m of messages) {
      this.add(m.role, m.content)
      if (m.note) this.note(m.note, m.bad)
    }
    if (!messages.length) this.#greet()
  }

  add(role, content) {
    talk.querySelector('.hello')?.remove()
    const message = { role, content: '' }
    this.messages.push(message)
    const bubble = document.createElement('div')
    bubble.className = `bubble ${role}`
    this.#text = document.createElement('div')
    bubble.append(this.#text)
    talk.append(bubble)
    this.#show(content, content.length)
    talk.scrollTop = talk.scrollHeight
  }

  /** Adds to the newest message. It follows the end, unless somebody scrolled up. */
  append(text) {
    if (text) this.#show(text, longest)
  }

  #show(text, most) {
    this.messages.at(-1).content += text
    const follow = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60
    if (text.length > most) {
      const chip = document.createElement('span')
      chip.className = 'chip'
      chip.textContent = `${text.length.toLocaleString('en')} characters`
      this.#text.append(chip)
    } else if (this.#text.lastChild?.nodeType === Node.TEXT_NODE) {
      this.#text.lastChild.appendData(text)
    } else {
      this.#text.append(text)
    }
    if (follow) talk.scrollTop = talk.scrollHeight
  }

  /** Says under the newest message how it ended. */
  note(text, bad = false) {
    const message = this.messages.at(-1)
    Object.assign(message, { note: text, bad })
    const note = document.createElement('p')
    note.className = bad ? 'note bad' : 'note'
    note.textContent = text
    this.#text.parentElement.querySelector('.note')?.remove()
    this.#text.parentElement.append(note)
    talk.scrollTop = talk.scrollHeight
  }

  /** The newest message again goes on. */
  unnote() {
    const message = this.messages.at(-1)
    delete message?.note
    delete message?.bad
    this.#text?.parentElement.querySelector('.note')?.remove()
  }

  /** What the model is told: answers that failed before their first word are left out. */
  history() {
    return this.messages.filter((m) => m.content).map(({ role, content }) => ({ role, content }))
  }

  #greet() {
    talk.append(document.getElementById('hello').content.cloneNode(true))
  }
}
