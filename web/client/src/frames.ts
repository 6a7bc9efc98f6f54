/** A message of the gateway's. */
export interface Received {
  [name: string]: any
  t: string
  s: number
}

/**
 * Splits a text frame, which is one message or an array of messages. An event's data becomes its text, exactly
 * as the provider sent it.
 */
export function* messages(frame: string): Generator<Received> {
  // Strings are skipped whole: braces inside them do not count.
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/g
  let depth = 0
  let start = 0
  for (let token; (token = tokens.exec(frame)); ) {
    if (token[0] === '{' && !depth++) start = token.index
    if (token[0] === '}' && !--depth) {
      const raw = frame.slice(start, token.index)
      const message = JSON.parse(raw + '}')
      // Data is the last member, and a quote inside a string has a backslash before it: the first `"data":`
      // is the member's name.
      if ('data' in message) message.text = raw.slice(raw.indexOf('"data":') + 7)
      yield message
    }
  }
}
