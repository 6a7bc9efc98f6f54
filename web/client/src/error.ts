/**
 * Why a stream did not end `complete`. The first nine are the gateway's, as its
 * documentation describes them; the others are said by this client:
 *
 * - `refused`: the gateway did not accept the call, or no longer has the stream; `status` says why
 * - `superseded`: another client has resumed the stream
 * - `unreachable`: the connection broke and could not be made again
 * - `rejected`: the gateway closed the connection and said not to come back; `code` is the close code
 * - `closed`: the application closed the client; the stream can be resumed
 */
export type Reason =
  | 'cancelled'
  | 'slow_consumer'
  | 'abandoned'
  | 'upstream_error'
  | 'upstream_truncated'
  | 'upstream_stalled'
  | 'too_large'
  | 'limit'
  | 'shutdown'
  | 'refused'
  | 'superseded'
  | 'unreachable'
  | 'rejected'
  | 'closed'

/** An error as OpenAI's API says it: what stands in a message's `error`. */
export interface ApiError {
  message?: string
  type?: string
  param?: string | null
  code?: string | null
}

/** What an iterator throws when a stream did not end `complete`. */
export class TidegateError extends Error {
  override readonly name = 'TidegateError'
  readonly reason: Reason
  /** The API error's `code`, or the reason where there is none. */
  readonly code: string
  /** The API error's `type`. */
  readonly type: string | undefined
  /** The HTTP status of a refusal. */
  readonly status: number | undefined
  /** How long the gateway asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The API error, as it came. */
  readonly error: unknown

  constructor(reason: Reason, error?: unknown, status?: number, retryAfterMs?: number) {
    const api: ApiError = typeof error === 'string' ? { message: error } : ((error as ApiError) ?? {})
    super(api.message || `tidegate: ${reason}`)
    this.reason = reason
    this.code = api.code || reason
    this.type = api.type
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.error = error
  }
}
