import { TidegateError } from './error.js'
import { encoder, parsed } from './event.js'
import type { Stream } from './api.js'
import type { Call } from './stream.js'

/**
 * The APIs that stream through the protocol, by their paths. Gemini's has the model in it, and says there that it streams;
 * some SDKs ask Anthropic's for `?beta=true`.
 */
const paths = /^v1(beta)?\/((?:chat\/)?completions|responses|messages|models\/([^?]+):streamGenerateContent(?=\?alt=sse))(\?|$)/

/** A `fetch` whose streaming model calls are opened with open; send is the real one. */
export function streamingFetch(
  base: URL,
  send: typeof fetch,
  open: (call: Call, signal?: AbortSignal) => Stream,
): typeof fetch {
  return async (input: any, init: any) => {
    // A URL, or its text, has none of a request's members.
    const url = new URL(input.url ?? input, globalThis.location?.href)
    const [, , path, model] = paths.exec(url.href.replace(base.href, '')) ?? []
    const body = path && /post/i.test(init?.method ?? input.method) && (init?.body ?? (await input.clone?.().text()))
    // What is no JSON is the gateway's to refuse.
    if (typeof body !== 'string' || !(model || parsed(body)?.stream === true)) return send(input, init)

    const beta = path === 'messages' && new Headers(init?.headers ?? input.headers).get('anthropic-beta')
    const stream = open(
      {
        api: model ? 'generateContent' : path!.replace('/', '.'),
        model: model && decodeURIComponent(model),
        ...(beta && { headers: { 'anthropic-beta': beta } }),
        body,
      },
      init?.signal ?? input.signal,
    )
    try {
      const { stream: id } = await stream.opened
      return new Response(pulled(stream, path!.endsWith('completions')), {
        headers: { 'content-type': 'text/event-stream', 'x-request-id': id, 'x-tidegate-stream': id },
      })
    } catch (error) {
      if (error instanceof TidegateError && error.status) return refusal(error)
      throw error
    }
  }
}

/**
 * A stream as the provider's API writes it. It takes an event when the reader asks for bytes and not before:
 * the event that was read is acknowledged when the next one is asked for. Where the API has a marker for its
 * end, marked says so.
 */
function pulled(stream: Stream, marked: boolean): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // A failure rejects, which errors the body: no SDK takes that for a whole answer.
        const event = await stream.next()
        const name = event?.event ? `event: ${event.event}\n` : ''
        const data = (event ? event.text : '[DONE]').replaceAll('\n', '\ndata: ')
        if (event || marked) controller.enqueue(encoder.encode(`${name}data: ${data}\n\n`))
        if (!event) controller.close()
      },
      cancel: () => stream.cancel(),
    },
    { highWaterMark: 0 },
  )
}

function refusal({ error, status, retryAfterMs }: TidegateError): Response {
  const headers: any = retryAfterMs ? { 'retry-after': Math.ceil(retryAfterMs / 1000) } : undefined
  return Response.json({ error }, { status: status!, headers })
}
