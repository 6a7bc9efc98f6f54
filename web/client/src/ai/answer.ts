import type { FinishReason, UIMessage, UIMessageChunk } from 'ai'
import { isCall, toolName } from './request.js'

/** A piece of an answer: text, reasoning, or a tool's call with its input as the model wrote it. */
type Piece = { kind: 'text' | 'reasoning'; text: string } | { kind: 'tool'; id: string; name: string; text: string; index: number }

/** An answer as far as it has come. It can be stored as JSON. */
export interface Answer {
  /** The message's id. */
  id: string
  /** What the message had before, where the answer goes on with one. */
  before: UIMessage['parts']
  pieces: Piece[]
  finish?: FinishReason
}

const finishReasons: { [reason: string]: FinishReason } = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
}

/**
 * Puts what a chunk of the Chat Completions API brings into the answer, and yields what `useChat` is to be told
 * of it.
 */
export function* take(answer: Answer, chunk: any): Generator<UIMessageChunk> {
  // Others than the first are answers of their own, which a chat has no place for.
  const choice = chunk?.choices?.find(({ index = 0 }) => index === 0)
  const { content, refusal, reasoning_content, reasoning, tool_calls } = choice?.delta ?? {}
  yield* append(answer, 'reasoning', reasoning_content ?? reasoning)
  yield* append(answer, 'text', content)
  yield* append(answer, 'text', refusal)
  for (const [at, call] of (tool_calls ?? []).entries()) yield* callTool(answer, call.index ?? at, call)
  if (choice?.finish_reason) answer.finish = finishReasons[choice.finish_reason] ?? 'other'
}

function* append({ pieces }: Answer, kind: 'text' | 'reasoning', text: unknown): Generator<UIMessageChunk> {
  if (typeof text !== 'string' || !text) return
  let last = pieces.at(-1)
  if (last?.kind !== kind) {
    yield* close(pieces)
    pieces.push((last = { kind, text: '' }))
    yield { type: `${kind}-start`, id: name(pieces) }
  }
  last.text += text
  yield { type: `${kind}-delta`, id: name(pieces), delta: text }
}

function* callTool({ pieces }: Answer, index: number, call: any): Generator<UIMessageChunk> {
  let piece = pieces.find((piece) => piece.kind === 'tool' && piece.index === index)
  if (piece?.kind !== 'tool') {
    yield* close(pieces)
    piece = { kind: 'tool', id: call.id ?? `call-${index}`, name: call.function?.name ?? '', text: '', index }
    pieces.push(piece)
    yield { type: 'tool-input-start', toolCallId: piece.id, toolName: piece.name }
  }
  const text = call.function?.arguments
  if (!text) return
  piece.text += text
  yield { type: 'tool-input-delta', toolCallId: piece.id, inputTextDelta: text }
}

/** Names the last piece. */
const name = (pieces: Piece[]) => `${pieces.length}`

/** Ends the last piece, if it is text. A tool's call ends with the answer: only then is it known to be whole. */
function* close(pieces: Piece[]): Generator<UIMessageChunk> {
  const last = pieces.at(-1)
  if (last && last.kind !== 'tool') yield { type: `${last.kind}-end`, id: name(pieces) }
}

/** What is said first. */
export function* begin({ id }: Answer): Generator<UIMessageChunk> {
  yield { type: 'start', messageId: id }
  yield { type: 'start-step' }
}

/** What is said at the end of a whole answer. */
export function* end({ pieces, finish }: Answer): Generator<UIMessageChunk> {
  yield* close(pieces)
  for (const piece of pieces) {
    if (piece.kind !== 'tool') continue
    const call = { toolCallId: piece.id, toolName: piece.name }
    try {
      yield { type: 'tool-input-available', ...call, input: JSON.parse(piece.text || '{}') }
    } catch {
      yield { type: 'tool-input-error', ...call, input: piece.text, errorText: 'The input of the tool is no JSON.' }
    }
  }
  yield { type: 'finish-step' }
  yield { type: 'finish', finishReason: finish ?? 'other' }
}

/** What was said so far, for a page that knows nothing of it. The last piece stays open. */
export function* again(answer: Answer): Generator<UIMessageChunk> {
  yield { type: 'start', messageId: answer.id }
  yield* earlier(answer.before)
  yield { type: 'start-step' }
  const pieces: Piece[] = []
  for (const piece of answer.pieces) {
    if (piece.kind === 'tool') {
      const call = { index: piece.index, id: piece.id, function: { name: piece.name, arguments: piece.text } }
      yield* callTool({ ...answer, pieces }, piece.index, call)
    } else yield* append({ ...answer, pieces }, piece.kind, piece.text)
  }
}

/** The message's earlier steps. Their tools have run: their calls are not made again. */
function* earlier(parts: UIMessage['parts']): Generator<UIMessageChunk> {
  for (const [n, part] of parts.entries()) {
    const id = `before-${n}`
    if (part.type === 'step-start') yield { type: 'start-step' }
    else if (part.type === 'text' || part.type === 'reasoning') {
      yield { type: `${part.type}-start`, id }
      yield { type: `${part.type}-delta`, id, delta: part.text }
      yield { type: `${part.type}-end`, id }
    } else if (isCall(part)) {
      const { toolCallId, input, output, errorText } = part
      yield { type: 'tool-input-start', toolCallId, toolName: toolName(part), dynamic: part.type === 'dynamic-tool' }
      yield { type: 'tool-input-delta', toolCallId, inputTextDelta: JSON.stringify(input ?? {}) }
      if (part.state === 'output-available') yield { type: 'tool-output-available', toolCallId, output }
      if (part.state === 'output-error') yield { type: 'tool-output-error', toolCallId, errorText: errorText ?? '' }
    } else yield part as UIMessageChunk // files, sources and data are told as they stand
  }
}
