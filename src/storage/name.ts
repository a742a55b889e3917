// Checks that every backend makes before it touches a medium, so that mistakes show in memory as they would on disk.

import { UsageError } from '../error/index.ts'
import { pathOf } from './failure.ts'

const NAME_CHARS_MAX = 200 // File systems allow 255 bytes; the rest is for names that a backend derives.
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]*$/

/**
 * Refuses a file name that is not plain: letters, digits, dot, hyphen, starting with a letter or digit, at most 200.
 */
export function requirePlainName(name: string): void {
  if (name.length > NAME_CHARS_MAX || !PLAIN_NAME.test(name)) {
    throw new UsageError(
      `${JSON.stringify(name)} is not a file name: 1 to ${NAME_CHARS_MAX} letters, digits, dots and hyphens are`,
      { details: { name } },
    )
  }
}

/** Refuses `operation` on a directory that is open read-only. */
export function requireWritable(
  directory: { readonly path: string; readonly isReadOnly: boolean },
  operation: string,
  name: string,
): void {
  if (directory.isReadOnly) throw readOnlyError(directory.path, operation, name)
}

export function readOnlyError(directory: string, operation: string, name: string): UsageError {
  return new UsageError(`${operation} of ${pathOf(directory, name)} refused: the directory is open read-only`, {
    details: { operation, file: name, directory },
  })
}
