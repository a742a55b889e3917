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

export function reply<R>(statusCode: number, message: string, result?: R): EpsillaResponse<R> {
  const response: EpsillaResponse<R> = result === undefined ? { statusCode, message } : { statusCode, message, result }
  // The pair of the Python client. Not enumerable, so that the answer compares and prints as its three fields.
  Object.defineProperty(response, Symbol.iterator, { value: () => [statusCode, response][Symbol.iterator]() })
  return response
}

/** Runs a call; what it throws becomes its answer. */
export async function answer<R>(run: () => Promise<EpsillaResponse<R>>): Promise<EpsillaResponse<R>> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof Refusal) return reply(error.statusCode, error.message)
    return reply(500, error instanceof Error ? error.message : String(error))
  }
}
