// Turns an error that came from another thread back into an instance of its class.

import type { ErrorDetails, ErrorOptions, QuiverError } from './errors.ts'
import * as errors from './errors.ts'

type ErrorClass = new (message: string, options?: ErrorOptions) => QuiverError

/** All classes but the base, which takes its code as an argument. */
const CLASSES = Object.values(errors).filter((type) => type !== errors.QuiverError) as unknown as ErrorClass[]

let byCode: Map<string, ErrorClass> | undefined

/** The error with this code, or undefined when the code is not one of ours. */
export function reviveError(
  code: string | undefined,
  message: string,
  details: ErrorDetails,
  cause?: unknown,
): QuiverError | undefined {
  if (code === undefined) return undefined
  byCode ??= new Map(CLASSES.map((type) => [new type('').code, type]))
  const type = byCode.get(code)
  return type === undefined ? undefined : new type(message, { details, ...(cause === undefined ? {} : { cause }) })
}
