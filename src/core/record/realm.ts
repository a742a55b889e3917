// Recognizes the platform's kinds of objects from any realm: under Jest, in vm contexts and across frames `instanceof`
// misses many of them (`fs.statSync().mtime`, results of `structuredClone`). They are recognized by an internal slot,
// which cannot be forged.

const Native = Date
const { getTime } = Date.prototype
const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')!.get!

/** Whether this is a Date. As fast as `instanceof` where that holds; otherwise it takes some tens of nanoseconds. */
export function isDate(value: unknown): value is Date {
  // A test may have replaced Date since.
  return value instanceof Native || isForeign(value, 'Date', getTime)
}

/** Whether this is a regular expression. */
export function isRegExp(value: unknown): value is RegExp {
  return value instanceof RegExp || isForeign(value, 'RegExp', sourceOf)
}

/** Whether this is an error. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || tagOf(value) === '[object Error]'
}

/** Checks the tag first, because testing for a missing slot throws. */
function isForeign(value: unknown, name: string, read: () => unknown): boolean {
  if (typeof value !== 'object' || value === null || tagOf(value) !== `[object ${name}]`) return false
  try {
    read.call(value)
    return true
  } catch {
    return false
  }
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value)
}
