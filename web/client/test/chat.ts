import { AbstractChat, type ChatInit, type ChatState, type ChatStatus, type UIMessage } from 'ai'

/** What `useChat` keeps its state in, without React. */
class State implements ChatState<UIMessage> {
  status: ChatStatus = 'ready'
  error: Error | undefined
  messages: UIMessage[]

  constructor(messages: UIMessage[] = []) {
    this.messages = messages
  }

  /** What waits for a change. */
  listeners: (() => void)[] = []

  pushMessage = (message: UIMessage) => {
    this.messages.push(message)
    this.changed()
  }
  popMessage = () => void this.messages.pop()
  replaceMessage = (index: number, message: UIMessage) => {
    this.messages[index] = structuredClone(message)
    this.changed()
  }
  changed(): void {
    for (const listener of this.listeners.splice(0)) listener()
  }
  snapshot = <T>(value: T): T => structuredClone(value)
}

/** The AI SDK's chat, as `useChat` uses it. */
export class Chat extends AbstractChat<UIMessage> {
  constructor({ messages, ...init }: ChatInit<UIMessage>) {
    super({ ...init, state: new State(messages) })
  }

  /** Waits until the chat shows something in the answer to its nth question. */
  async shows(what: string | RegExp, question = 1): Promise<void> {
    const { listeners } = this.state as State
    while (this.messages.length !== 2 * question || !this.text.match(what)) {
      await new Promise<void>((resolve) => listeners.push(resolve))
    }
  }

  /** The text of the last message. */
  get text(): string {
    return (this.lastMessage?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
  }
}

/** A tab's storage. */
export class Tab {
  readonly kept = new Map<string, string>()
  getItem = (key: string) => this.kept.get(key) ?? null
  setItem = (key: string, value: string) => void this.kept.set(key, value)
  removeItem = (key: string) => void this.kept.delete(key)
}
