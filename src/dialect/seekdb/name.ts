// Names of collections and databases, checked as the driver does.

import { SeekdbValueError } from './errors.ts'

const COLLECTION_NAME_UNITS_MAX = 512
const DATABASE_NAME_UNITS_MAX = 128

/** @throws SeekdbValueError unless `name` can name a collection. */
export function validateCollectionName(name: unknown): asserts name is string {
  if (typeof name !== 'string') {
    throw new SeekdbValueError(`Collection name must be a string, got ${typeof name}`)
  }
  if (name === '') throw new SeekdbValueError('Collection name must not be empty')
  if (name.length > COLLECTION_NAME_UNITS_MAX) {
    throw new SeekdbValueError(
      `Collection name too long: ${name.length} characters; maximum allowed is ${COLLECTION_NAME_UNITS_MAX}`,
    )
  }
  if (!/^[A-Za-z0-9_]+$/.test(name)) {
    throw new SeekdbValueError(
      'Collection name contains invalid characters. Only letters, digits, and underscore are allowed: [a-zA-Z0-9_]',
    )
  }
}

/** @throws SeekdbValueError unless `name` can name a database. */
export function requireDatabaseName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new SeekdbValueError('Database name must be a non-empty string')
  }
  if (name.length > DATABASE_NAME_UNITS_MAX) {
    throw new SeekdbValueError(
      `Database name too long: ${name.length} characters; maximum allowed is ${DATABASE_NAME_UNITS_MAX}`,
    )
  }
}
