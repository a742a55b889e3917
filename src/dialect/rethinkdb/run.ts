// `term.run(connection[, options][, callback])`.

import { ReqlDriverError } from './errors.ts'
import type { Node } from './node.ts'
import { guarded } from './promise.ts'

export type Callback<T> = (error: Error | null, value?: T) => void

/** A promise like the driver's, which also reports to a callback if there is one. */
export function withCallback<T>(promise: Promise<T>, callback: Callback<T> | undefined | null): Promise<T> {
  const answer = guarded(promise)
  if (typeof callback === 'function') answer.nodeify(callback)
  return answer
}

/** Runs queries; both kinds of connections are runners. */
export interface Runner {
  readonly open: boolean
  start(node: Node, options: Record<string, unknown>): Promise<unknown>
}

export const RUNNER: unique symbol = Symbol('runner') as never

function runnerOf(connection: unknown): Runner | undefined {
  return typeof connection === 'object' && connection !== null && RUNNER in connection
    ? (connection as unknown as Runner)
    : undefined
}

/** The run options of most queries. */
export const NO_RUN_OPTIONS: Record<string, unknown> = {}

export function run(node: Node, connection: unknown, options?: unknown, callback?: unknown): Promise<unknown> {
  if (runnerOf(connection) !== undefined) {
    if (typeof options === 'function') {
      if (callback !== undefined) {
        return withCallback(
          Promise.reject(
            new ReqlDriverError('Second argument to `run` cannot be a function if a third argument is provided.'),
          ),
          options as Callback<unknown>,
        )
      }
      callback = options
      options = {}
    }
  } else if (Object.prototype.toString.call(connection) === '[object Object]') {
    // The legacy form run({ connection, ...options }, callback).
    const { connection: inner, ...rest } = connection as Record<string, unknown>
    callback = options
    options = rest
    connection = inner
  }
  if (callback !== undefined && callback !== null && typeof callback !== 'function') {
    return guarded(
      Promise.reject(
        new ReqlDriverError(
          'If provided, the callback must be a function. Please use `run(connection[, options][, callback])',
        ),
      ),
    )
  }
  const runner = runnerOf(connection)
  const answer =
    runner === undefined
      ? Promise.reject(new ReqlDriverError('First argument to `run` must be an open connection.'))
      : runner.start(node, (options ?? NO_RUN_OPTIONS) as Record<string, unknown>)
  return withCallback(answer, callback as Callback<unknown> | undefined)
}
