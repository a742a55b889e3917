// Waiting with a limit: for the flush of a write, for the next document of a source.

import { clearTimeout, performance, setTimeout, TIMER_MS_MAX } from '../core/index.ts'
import { TimeoutError } from '../error/index.ts'
import type { WriteRequest } from './options.ts'

/** Whether a request can end before its work does. */
export function mayExpire(request: WriteRequest): boolean {
  return request.deadline !== Infinity || request.signal !== undefined
}

/**
 * Throws the signal's reason or a TimeoutError when the request has expired. `what` completes "insert into ... took
 * longer than 5 ms".
 */
export function checkExpiry(request: WriteRequest, what: string): void {
  if (request.signal?.aborted) throw request.signal.reason
  if (request.deadline !== Infinity && performance.now() >= request.deadline) {
    throw timeoutError(request, what, request.outcome)
  }
}

function timeoutError(request: WriteRequest, what: string, outcome: string): TimeoutError {
  return new TimeoutError(`${what} took longer than ${request.timeoutMs} ms; ${outcome}`, {
    details: { timeoutMs: request.timeoutMs },
  })
}

/** Ends a wait when the request times out or its signal fires. */
export class Expiry {
  readonly #request: WriteRequest
  readonly #what: string
  readonly #outcome: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #reject: ((reason: unknown) => void) | undefined
  readonly #onAbort = () => this.#expire(this.#request.signal?.reason)

  constructor(request: WriteRequest, what: string, outcome: string) {
    this.#request = request
    this.#what = what
    this.#outcome = outcome
    request.signal?.addEventListener('abort', this.#onAbort)
    if (request.deadline === Infinity) return
    const left = Math.max(0, request.deadline - performance.now())
    if (left <= TIMER_MS_MAX) {
      this.#timer = setTimeout(() => this.#expire(timeoutError(request, what, outcome)), Math.ceil(left))
    }
  }

  /** Settles as `promise` does, or rejects when the request expires first. Only one wait at a time. */
  wait<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      promise.then(resolve, reject)
      if (this.#request.signal?.aborted) reject(this.#request.signal.reason)
      else if (performance.now() >= this.#request.deadline)
        reject(timeoutError(this.#request, this.#what, this.#outcome))
    })
  }

  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }

  #expire(reason: unknown): void {
    this.#reject?.(reason)
  }
}
