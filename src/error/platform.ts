/**
 * Whether the platform ran out of something: of stack, or of room for a string that long. V8 and JavaScriptCore throw a RangeError,
 * SpiderMonkey an InternalError.
 */
export function isExhausted(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === 'InternalError')
}
