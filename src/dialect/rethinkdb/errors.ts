// The driver's error classes, and the light object that carries a failure through evaluation.

import { isExhausted, QuiverError } from '../../error/index.ts'
import { isError } from '../../value/index.ts'
import type { Node } from './node.ts'

/** A query that can print itself, with carets under the part that `frames` leads to. */
export interface Printable {
  print(frames?: readonly (number | string)[]): string
}

/**
 * Base of all errors that a query or a connection can end with. `msg` is the bare text; `message` also shows the query.
 */
export class ReqlError extends Error {
  override name: string
  readonly msg: string
  readonly frames: readonly (number | string)[] | undefined

  constructor(msg: string, query?: Printable | null, frames?: readonly (number | string)[]) {
    super(query ? withQuery(msg, query, frames) : msg)
    const { message } = this
    // As in the driver: own fields in its order, so that `JSON.stringify` and copies of an error keep its name and
    // message.
    Reflect.deleteProperty(this, 'message')
    this.name = this.constructor.name
    this.msg = msg
    this.frames = frames
    this.message = message
  }
}

function withQuery(msg: string, query: Printable, frames?: readonly (number | string)[]): string {
  try {
    return `${msg.replace(/\.$/, '')} in:\n${query.print(frames)}`
  } catch (error) {
    // A query too deeply nested to evaluate, or longer than a string may be, cannot be printed either.
    if (isExhausted(error)) return msg
    throw error
  }
}

export class ReqlDriverError extends ReqlError {}
export class ReqlAuthError extends ReqlDriverError {}
export class ReqlCompileError extends ReqlError {}
export class ReqlDriverCompileError extends ReqlCompileError {}
export class ReqlServerCompileError extends ReqlCompileError {}
export class ReqlTimeoutError extends ReqlError {}
export class ReqlRuntimeError extends ReqlError {}
export class ReqlQueryLogicError extends ReqlRuntimeError {}
export class ReqlNonExistenceError extends ReqlQueryLogicError {}
export class ReqlResourceLimitError extends ReqlRuntimeError {}
export class ReqlUserError extends ReqlRuntimeError {}
export class ReqlInternalError extends ReqlRuntimeError {}
export class ReqlPermissionError extends ReqlRuntimeError {}
export class ReqlAvailabilityError extends ReqlRuntimeError {}
export class ReqlOpFailedError extends ReqlAvailabilityError {}
export class ReqlOpIndeterminateError extends ReqlAvailabilityError {}

export const CLASSES = {
  ReqlError,
  ReqlDriverError,
  ReqlAuthError,
  ReqlCompileError,
  ReqlDriverCompileError,
  ReqlServerCompileError,
  ReqlTimeoutError,
  ReqlRuntimeError,
  ReqlQueryLogicError,
  ReqlNonExistenceError,
  ReqlResourceLimitError,
  ReqlUserError,
  ReqlInternalError,
  ReqlPermissionError,
  ReqlAvailabilityError,
  ReqlOpFailedError,
  ReqlOpIndeterminateError,
}
// Bundlers rename classes; `name` is part of the contract.
for (const [name, type] of Object.entries(CLASSES)) {
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(type, 'name', { value: name })
}

/** What `r.Error` holds; the old names are aliases. */
export const ERRORS = {
  ...CLASSES,
  RqlDriverError: ReqlDriverError,
  RqlClientError: ReqlDriverError,
  RqlRuntimeError: ReqlRuntimeError,
  RqlServerError: ReqlRuntimeError,
  RqlCompileError: ReqlCompileError,
}

/** The text about too many or too few arguments. */
export function arityText(min: number, max: number, got: number): string {
  const expected =
    min === max
      ? `${min} argument${min === 1 ? '' : 's'}`
      : max === Infinity
        ? `${min} or more arguments`
        : `between ${min} and ${max} arguments`
  return `Expected ${expected} but found ${got}.`
}

/** Throws the driver's error for a method called with too many or too few arguments. */
export function requireCount(args: readonly unknown[], min: number, max = min): void {
  if (args.length < min || args.length > max) throw new ReqlDriverCompileError(arityText(min, max, args.length))
}

/** A failure inside a query: cheap to throw, because `default` and `filter` swallow many of them. */
export class Failure {
  readonly type: typeof ReqlError
  readonly text: string
  /** `r.error()` without a text: an ordinary error outside of `default` and `filter`. */
  readonly isEmpty: boolean
  /** The term that failed; set by the innermost evaluation it passes through. */
  node: unknown = undefined
  /** The value that was of the wrong kind: the first argument is blamed for it rather than the term, if it was that. */
  readonly about: unknown

  constructor(type: typeof ReqlError, text: string, isEmpty = false, about?: unknown) {
    this.type = type
    this.text = text
    this.isEmpty = isEmpty
    this.about = about
  }

  get isMissing(): boolean {
    return this.type === ReqlNonExistenceError
  }
}

/** Ends a query with a ReqlQueryLogicError. */
export function fail(text: string): never {
  throw new Failure(ReqlQueryLogicError, text)
}

/** Ends a query with a ReqlNonExistenceError, which `default` catches. */
export function failMissing(text: string): never {
  throw new Failure(ReqlNonExistenceError, text)
}

export function failOperation(text: string): never {
  throw new Failure(ReqlOpFailedError, text)
}

export function failLimit(text: string): never {
  throw new Failure(ReqlResourceLimitError, text)
}

/** In V8 and JavaScriptCore; in SpiderMonkey. */
const STACK_WORDS = /call stack|recursion/i
/** In V8; in SpiderMonkey; in JavaScriptCore. */
const STRING_WORDS = /string length|allocation size|out of memory/i

/** The error as the caller of a query gets it. */
export function told(error: unknown, node: Node): unknown {
  if (error instanceof Failure) return new error.type(error.text, node, node.pathTo(error.node) ?? [])
  const words = isExhausted(error) ? (error as Error).message : ''
  if (STACK_WORDS.test(words)) return new ReqlResourceLimitError('The query nests too deeply.', node, [])
  if (STRING_WORDS.test(words)) {
    return new ReqlResourceLimitError(
      'A string of the query would be longer than strings of JavaScript can be.',
      node,
      [],
    )
  }
  if (error instanceof QuiverError) {
    const wrapped = new ReqlOpFailedError(error.message, node, [])
    wrapped.cause = error
    return wrapped
  }
  return isError(error) ? error : new ReqlRuntimeError(String(error), node, [])
}
