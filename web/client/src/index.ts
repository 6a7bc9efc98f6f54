export { createClient } from './client.js'
export { TidegateError } from './error.js'
export type { ApiError, Reason } from './error.js'
export type {
  Api,
  Backoff,
  Client,
  ClientOptions,
  End,
  Opened,
  OpenOptions,
  Saved,
  Stream,
  StreamEvent,
  Usage,
  WebSocketClass,
  WebSocketLike,
} from './api.js'
