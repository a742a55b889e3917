// Which names are allowed. Names never reach the file system (files.ts), so nearly all are.

import { TypeMismatchError, UsageError } from '../error/index.ts'

/** In UTF-16 code units. */
export const NAME_LENGTH_MAX = 255

/** Throws unless `name` can name a collection, a partition or an index. */
export function requireName(name: unknown, noun: 'collection' | 'partition' | 'index'): asserts name is string {
  if (typeof name !== 'string') {
    throw new TypeMismatchError(`the name of ${article(noun)} is a string, got ${name === null ? 'null' : typeof name}`)
  }
  if (name.length === 0 || name.length > NAME_LENGTH_MAX) {
    const given = name.length === 0 ? 'an empty string' : `${name.length}`
    throw new UsageError(`the name of ${article(noun)} has 1 to ${NAME_LENGTH_MAX} characters, got ${given}`, {
      details: { limit: NAME_LENGTH_MAX, got: name.length },
    })
  }
}

function article(noun: string): string {
  return noun === 'index' ? `an ${noun}` : `a ${noun}`
}
