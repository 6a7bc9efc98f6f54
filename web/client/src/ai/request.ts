import type { UIMessage } from 'ai'

type Part = UIMessage['parts'][number]
/** A call of a tool, in the form that all parts of tools have in common. */
type Call = { type: string; toolName?: string; toolCallId: string; state: string; input?: unknown; output?: unknown; errorText?: string }

/**
 * The messages of a chat as OpenAI's Chat Completions API wants them: text, images and files, and tools' calls
 * with their results. Calls without a result, reasoning and data parts are left out.
 */
export function toChatRequest(messages: UIMessage[]): object[] {
  return messages.flatMap(({ role, parts }) =>
    role === 'assistant' ? steps(parts).flatMap(answered) : [{ role, content: content(parts) }],
  )
}

/** Cuts an assistant's message into its steps: each is an answer of the model's. */
function steps(parts: Part[]): Part[][] {
  const all: Part[][] = [[]]
  for (const part of parts) {
    if (part.type === 'step-start') all.push([])
    else all.at(-1)!.push(part)
  }
  return all
}

/** One answer, and the results of the tools that it called. */
function answered(parts: Part[]): object[] {
  const calls = parts.filter(isCall).filter(({ state }) => state.startsWith('output-'))
  const text = said(parts)
  if (!text && !calls.length) return []
  const answer = { role: 'assistant', content: text || null }
  if (!calls.length) return [answer]
  const tool_calls = calls.map((call) => ({
    id: call.toolCallId,
    type: 'function',
    function: { name: toolName(call), arguments: JSON.stringify(call.input ?? {}) },
  }))
  const results = calls.map(({ toolCallId, output, errorText }) => ({
    role: 'tool',
    tool_call_id: toolCallId,
    content: errorText ?? (typeof output === 'string' ? output : (JSON.stringify(output) ?? '')),
  }))
  return [{ ...answer, tool_calls }, ...results]
}

/** What a user or the system says: a string, or a list where there is more than text. */
function content(parts: Part[]): string | object[] {
  if (!parts.some((part) => part.type === 'file')) return said(parts)
  return parts.flatMap((part): object[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }]
    if (part.type !== 'file') return []
    const { url, mediaType, filename } = part
    if (mediaType.startsWith('image/')) return [{ type: 'image_url', image_url: { url } }]
    return [{ type: 'file', file: { filename: filename ?? 'file', file_data: url } }]
  })
}

const said = (parts: Part[]) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** Whether a part is a tool's call. */
export function isCall(part: Part): part is Part & Call {
  return 'toolCallId' in part
}

/** The name of the tool that a part calls. */
export function toolName({ type, toolName }: Call): string {
  return toolName ?? type.slice('tool-'.length)
}
