import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import type { Client, Saved, Stream } from '../api.js'
import { again, begin, end, take, type Answer } from './answer.js'
import { toChatRequest } from './request.js'

/** Where unfinished answers are kept; a page's `sessionStorage` is one. */
export interface ChatStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** What `useChat` asks for. */
export interface ChatRequest<M extends UIMessage> {
  chatId: string
  messages: M[]
  trigger: 'submit-message' | 'regenerate-message'
  /** What the application has given `sendMessage` as `body`. */
  body: object | undefined
}

/** What a transport is made from. */
export interface ChatTransportOptions<M extends UIMessage> {
  /** The client of the gateway. Several transports may share it. */
  client: Client
  /** The model, by the name that the gateway knows it by. */
  model: string
  /**
   * Makes the request of the Chat Completions API. By default it has the model, the messages as `toChatRequest`
   * makes them, and what the application has given as `body`: tools, a temperature.
   */
  request?: (chat: ChatRequest<M>) => object | Promise<object>
  /**
   * Where unfinished answers are kept, so that they go on after a reload: `sessionStorage` by default. Null keeps
   * none; what can't be kept, as the storage is full, does not go on either.
   */
  storage?: ChatStorage | null
}

/** What is kept of an unfinished answer. */
interface Kept extends Answer {
  saved: Saved
}

/**
 * A transport for the Vercel AI SDK's `useChat` (version 7 of `ai`), from the page straight to the gateway: paced
 * by the page, unharmed by broken connections, and with `resume: true` by reloads. It speaks the gateway's Chat
 * Completions API with the client's credentials; `headers` of a message are not used.
 *
 * `stop()` cancels the model call. A chat's answer is kept under its id: pages that show the same chat at the same
 * time resume the same answer, and the newest one gets it.
 */
export function createChatTransport<M extends UIMessage = UIMessage>(options: ChatTransportOptions<M>): ChatTransport<M> {
  const { client, model, storage = ofTab() } = options
  const request = options.request ?? (({ messages, body }) => ({ model, messages: toChatRequest(messages), ...body }))
  const key = (chatId: string) => `tidegate:${chatId}`
  /** The newest reader of each chat. What an older one still gets is the newest one's to tell. */
  const readers = new Map<string, object>()

  const forget = (chatId: string) => storage?.removeItem(key(chatId))
  /** Nobody wants the answer any more. */
  const drop = (chatId: string, stream: Stream) => {
    readers.delete(chatId)
    forget(chatId)
    stream.cancel()
  }
  const keep = (chatId: string, kept: Partial<Kept>) => {
    try {
      if (kept.saved) storage?.setItem(key(chatId), JSON.stringify(kept))
    } catch {
      // Half an answer with the position of another half would be worse than none.
      forget(chatId)
    }
  }
  const kept = (chatId: string): Kept | undefined => {
    try {
      return JSON.parse(storage?.getItem(key(chatId)) ?? '') as Kept
    } catch {
      return undefined
    }
  }

  const read = (chatId: string, stream: Stream, answer: Answer, first: Iterable<UIMessageChunk>): ReadableStream<UIMessageChunk> => {
    const reader = {}
    readers.set(chatId, reader)
    const newest = () => readers.get(chatId) === reader
    return new ReadableStream<UIMessageChunk>(
      {
        start(controller) {
          for (const chunk of first) controller.enqueue(chunk)
        },
        async pull(controller) {
          try {
            for (let told = false; !told; ) {
              const event = await stream.next()
              if (!newest()) return controller.close()
              const chunks = [...(event ? take(answer, event.data) : end(answer))]
              if (event) keep(chatId, { ...answer, saved: stream.save()! })
              else forget(chatId)
              for (const chunk of chunks) controller.enqueue(chunk)
              if (!event) {
                readers.delete(chatId)
                controller.close()
              }
              told = !event || chunks.length > 0
            }
          } catch (error) {
            if (newest() && !resumable(error)) forget(chatId)
            throw error
          }
        },
        cancel() {
          if (newest()) drop(chatId, stream)
        },
      },
      { highWaterMark: 0 },
    )
  }

  return {
    // An answer that goes on is told from its beginning: the page may know nothing of it.
    resumeStreamIsReplay: true,

    async sendMessages({ chatId, messages, trigger, body, abortSignal }) {
      forget(chatId)
      const asked = await request({ chatId, messages, trigger, body })
      const last = messages.at(-1)
      const goesOn = last?.role === 'assistant' && trigger === 'submit-message'
      const answer: Answer = { id: goesOn ? last.id : newId(), before: goesOn ? last.parts : [], pieces: [] }
      const stream = client.open({ api: 'chat.completions', body: { ...asked, stream: true }, ...(abortSignal && { signal: abortSignal }) })
      await stream.opened
      keep(chatId, { ...answer, saved: stream.save()! })
      return read(chatId, stream, answer, begin(answer))
    },

    async reconnectToStream({ chatId, abortSignal }) {
      const was = kept(chatId)
      if (!was) return null
      const { saved, ...answer } = was
      const stream = client.resume(saved)
      const body = read(chatId, stream, answer, again(answer))
      const reader = readers.get(chatId)
      // The SDK aborts a resume for the next one, too, as when a component is mounted twice: that one has begun
      // by the time of the microtask, and goes on with the same stream.
      const abort = () =>
        queueMicrotask(() => {
          if (readers.get(chatId) === reader) drop(chatId, stream)
        })
      if (abortSignal?.aborted) abort()
      abortSignal?.addEventListener('abort', abort, { once: true })
      return body
    },
  }
}

/** Whether the answer may still be had after a reader has failed. */
function resumable(error: unknown): boolean {
  return ['closed', 'superseded', 'unreachable'].includes((error as { reason: string }).reason)
}

/** The tab's own storage, which survives reloads; undefined where there is none, or the page may not use it. */
function ofTab(): ChatStorage | undefined {
  try {
    return globalThis.sessionStorage
  } catch {
    return undefined
  }
}

/** An id for a message. Pages without TLS have no `randomUUID`. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
