export { createClient } from './client.js';
export { TidegateError } from './error.js';
export type { ApiError, Reason } from './error.js';
export type { Backoff, Client, ClientOptions, Opened, OpenOptions, Saved, Stream, StreamEvent, WebSocketClass, WebSocketLike, } from './api.js';
