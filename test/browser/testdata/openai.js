// A page of somebody else's, on an origin of its own: the unmodified SDK, with
// the client's fetch.
import OpenAI from 'openai'
import { createClient } from '../../../web/client/dist/tidegate.js'

const given = new URLSearchParams(location.search)
const gateway = given.get('gateway')
const client = createClient({ url: gateway, transport: given.get('transport'), protocol: 'bin' })
const openai = new OpenAI({ apiKey: 'none', baseURL: `${gateway}/v1`, fetch: client.fetch, dangerouslyAllowBrowser: true, maxRetries: 0 })

/** Streams a chat. It stops after so many pieces, if that is given. */
window.chat = async (model, stopAfter) => {
  const said = { text: '', finish: '', error: '', pieces: 0 }
  try {
    const stream = await openai.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'hello' }] })
    for await (const chunk of stream) {
      said.text += chunk.choices[0]?.delta?.content ?? ''
      said.finish = chunk.choices[0]?.finish_reason ?? said.finish
      if (++said.pieces === stopAfter) break
    }
  } catch (error) {
    said.error = `${error.constructor.name}: ${error.message}`
  }
  return said
}

/** Reads nothing for as long as the stream is held. */
window.hold = async (model) => {
  const stream = await openai.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'hello' }] })
  const iterator = stream[Symbol.asyncIterator]()
  let text = (await iterator.next()).value.choices[0]?.delta?.content ?? ''
  window.goOn = async () => {
    for (let next; !(next = await iterator.next()).done; ) text += next.value.choices[0]?.delta?.content ?? ''
    return text
  }
}

document.body.dataset.done = 'loaded'
