// What every method resolves to. Errors of the database are answers, never rejections.

/** A record, as `get` and `query` answer it. */
export interface EpsillaQueryResult {
  [field: string]: string | number | boolean | number[] | object
}

/** The answer of a call; also a pair: `const [statusCode, body] = await db.upsert(...)`. */
export interface EpsillaResponse<R = EpsillaQueryResult[] | string[]> {
  statusCode: number
  message: string
  result?: R
}

/** An answer on its way up: what a method resolves to when something is wrong. */
export class Refusal extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** What a request names must be a text: others are never taken for the text that they turn into. */
export function requireText(value: unknown, what: string, status = 400): asserts value is string {
  if (value === undefined || value === null) throw new Refusal(status, `${what} is missing in your payload.`)
  if (typeof value !== 'string') throw new Refusal(status, `${what} must be a string, got ${shown(value)}.`)
}

/** The pair of the Python client. Not enumerable, so that the answer compares and prints as its three fields. */
const PAIR: PropertyDescriptor = {
  value(this: EpsillaResponse) {
    return [this.statusCode, this][Symbol.iterator]()
  },
}

export function reply<R>(statusCode: number, message: string, result?: R): EpsillaResponse<R> {
  const response: EpsillaResponse<R> = result === undefined ? { statusCode, message } : { statusCode, message, result }
  return Object.defineProperty(response, Symbol.iterator, PAIR)
}

/** What a call throws, as its answer. */
function answerOf(error: unknown): EpsillaResponse<never> {
  if (error instanceof Refusal) return reply(error.statusCode, error.message)
  return reply(500, error instanceof Error ? error.message : String(error))
}

/** Runs a call with what it needs, which may answer at once; what it throws becomes its answer. */
export function answer<R, G = undefined>(
  run: (given: G) => EpsillaResponse<R> | Promise<EpsillaResponse<R>>,
  given?: G,
): Promise<EpsillaResponse<R>> {
  try {
    const response = run(given as G)
    return response instanceof Promise ? response.catch(answerOf) : Promise.resolve(response)
  } catch (error) {
    return Promise.resolve(answerOf(error))
  }
}
