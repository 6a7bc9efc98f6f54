import type { Answer } from './gateway.js'

/** A chunk of the Chat Completions API. */
export function chunk(delta: object, finish_reason: string | null = null): { data: string } {
  return {
    data: JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason }],
    }),
  }
}

/** A chat answer of n words. */
export function chat(n: number, more: Partial<Answer> = {}): Answer {
  const words = Array.from({ length: n }, (_, k) => chunk({ content: `w${k} ` }))
  return { events: [chunk({ role: 'assistant', content: '' }), ...words, chunk({}, 'stop')], ...more }
}

/** The text of that answer. */
export const text = (n: number) => Array.from({ length: n }, (_, k) => `w${k} `).join('')
