/**
 * Whether the platform ran out of stack, or of room for so long a string. V8 and JavaScriptCore throw a RangeError,
 * SpiderMonkey an InternalError.
 */
export function isExhausted(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === 'InternalError')
}
