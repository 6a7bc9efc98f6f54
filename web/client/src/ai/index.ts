export { createChatTransport } from './transport.js'
export { toChatRequest } from './request.js'
export type { ChatRequest, ChatTransportOptions, ChatStorage } from './transport.js'
