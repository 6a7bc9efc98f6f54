// A page of somebody else's: React, and the AI SDK's useChat, unmodified, with the client's transport. StrictMode
// mounts the component twice, as it does while applications are made.
import { useChat } from '@ai-sdk/react'
import { createElement, StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { createChatTransport } from '../../../web/client/dist/ai.js'
import { createClient } from '../../../web/client/dist/tidegate.js'

const given = new URLSearchParams(location.search)
const client = createClient({ url: given.get('gateway'), transport: given.get('transport') })
const transport = createChatTransport({ client, model: given.get('model') })
const kept = JSON.parse(sessionStorage.getItem('messages') ?? '[]')

let finished = 0
const onFinish = () => (document.body.dataset.finished = ++finished)

function Page() {
  const { messages, sendMessage, status, stop, error } = useChat({ id: 'chat', messages: kept, transport, resume: true, onFinish })
  useEffect(() => {
    sessionStorage.setItem('messages', JSON.stringify(messages))
    document.body.dataset.status = status
    document.body.dataset.done = 'loaded'
  })
  const text = ({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return [
    // Above what grows, so that they stay where they are.
    createElement('button', { key: 'ask', id: 'ask', onClick: () => sendMessage({ text: 'hello' }) }, 'ask'),
    createElement('button', { key: 'stop', id: 'stop', onClick: stop }, 'stop'),
    createElement('p', { key: 'error', id: 'error' }, error?.message),
    ...messages.map((message) => createElement('p', { key: message.id, className: message.role }, text(message))),
  ]
}

createRoot(document.getElementById('root')).render(createElement(StrictMode, null, createElement(Page)))
