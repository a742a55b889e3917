// The platform's own kinds of objects, whichever realm made them: under Jest, in vm contexts and across frames `instanceof` knows only
// half of them (`fs.statSync().mtime`, what `structuredClone` answers). An internal slot tells them apart, which nobody can forge.

const Native = Date
const { getTime } = Date.prototype
const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')!.get!

/** Whether this is a Date. It costs as much as `instanceof` where that holds; elsewhere some tens of nanoseconds. */
export function isDate(value: unknown): value is Date {
  // A test may have put something else in the place of Date since.
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

/** The tag is looked at first: to find the slot missing is to throw. */
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
