// What every method resolves to. Errors of the database are answers, never rejections.

/** A record as `get` and `query` return it. */
export interface EpsillaQueryResult {
  [field: string]: string | number | boolean | number[] | object
}

/** The answer of a call; it is also a pair: `const [statusCode, body] = await db.upsert(...)`. */
export interface EpsillaResponse<R = EpsillaQueryResult[] | string[]> {
  statusCode: number
  message: string
  result?: R
  /** Never there; the official client declares it. */
  time?: number
}

/** Thrown inside a call when something is wrong; the method resolves to the answer it carries. */
export class Refusal extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** A value as it appears in messages. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Requires a text where a request names something: other values are never converted to one. */
export function requireText(value: unknown, what: string, status = 400): asserts value is string {
  if (value === undefined || value === null) throw new Refusal(status, `${what} is missing in your payload.`)
  if (typeof value !== 'string') throw new Refusal(status, `${what} must be a string, got ${shown(value)}.`)
}

/** The Python client's pair. Not enumerable, so that an answer compares and prints as its three fields. */
const PAIR: PropertyDescriptor = {
  value(this: EpsillaResponse) {
    return [this.statusCode, this][Symbol.iterator]()
  },
}

export function reply<R>(statusCode: number, message: string, result?: R): EpsillaResponse<R> {
  const response: EpsillaResponse<R> = result === undefined ? { statusCode, message } : { statusCode, message, result }
  return Object.defineProperty(response, Symbol.iterator, PAIR)
}

/** The answer for what a call has thrown. */
function answerOf(error: unknown): EpsillaResponse<never> {
  if (error instanceof Refusal) return reply(error.statusCode, error.message)
  return reply(500, error instanceof Error ? error.message : String(error))
}

/** Runs a call, which may answer at once, with what it needs; what it throws becomes its answer. */
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
