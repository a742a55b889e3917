// Checks documents against the schema of their collection.

import type { FieldDefinition } from '../catalog/index.ts'
import { TypeMismatchError } from '../error/index.ts'
import { parsePath, typeOf, valueAt } from '../query/filters.ts'
import type { Constant } from '../query/index.ts'

/**
 * Makes a check that throws a TypeMismatchError, naming the field, for a document that does not comply.
 *
 * @param primaryKey - a missing key counts as a string, since one will be generated.
 */
export function schemaCheck(schema: readonly FieldDefinition[], primaryKey: string): (document: object) => void {
  const fields = schema.map((field) => ({ ...field, steps: parsePath(field.path), known: new Set(field.types) }))
  return (document) => {
    for (const { path, steps, types, known, required } of fields) {
      let value = valueAt(document as Constant, steps)
      if (path === primaryKey) value ??= ''
      if (value === undefined) {
        if (!required) continue
        throw new TypeMismatchError(`field "${path}" is missing, and the schema requires it: ${wanted(types)}`, {
          details: { field: path, types },
        })
      }
      const type = typeOf(value)
      if (known.has(type)) continue
      const generated = path === primaryKey && value === '' ? '; a key is generated as a string' : ''
      throw new TypeMismatchError(
        `field "${path}" is ${wanted(types)} by the schema, got ${wanted([type])}${generated}`,
        {
          details: { field: path, types, got: type },
        },
      )
    }
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  bigint: 'a bigint',
  boolean: 'a boolean',
  null: 'null',
  date: 'a Date',
  binary: 'a Uint8Array or another typed array',
  array: 'an array',
  object: 'an object',
}

function wanted(types: readonly string[]): string {
  return types.map((type) => NOUNS[type]).join(' or ')
}
