// The field types of a collection: the option `schema`, checked and completed.

import { LimitError, TypeMismatchError, UsageError, unknownOption } from '../error/index.ts'
import { shown } from './shown.ts'

/** The types a field may have: the words of the filter operator `$type`. */
export const FIELD_TYPES = [
  'string',
  'number',
  'bigint',
  'boolean',
  'null',
  'date',
  'binary',
  'array',
  'object',
] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/** A type, several types, or either with `required`. A field is optional unless `required` is true. */
export type FieldSchema =
  | FieldType
  | readonly FieldType[]
  | { readonly type: FieldType | readonly FieldType[]; readonly required?: boolean | undefined }

/**
 * The types of some fields, by path: `{ title: 'string', 'author.name': ['string', 'null'] }`. Other fields are
 * unrestricted.
 */
export type Schema = Readonly<Record<string, FieldSchema>>

/** One field of a schema. */
export interface FieldDefinition {
  /** Dotted path. */
  readonly path: string
  readonly types: readonly FieldType[]
  readonly required: boolean
}

const SCHEMA_FIELDS_MAX = 1_000
const OPTIONS = ['type', 'required']

/** @param vectors - names of the vector fields, whose types are declared elsewhere. */
export function schemaDefinition(schema: unknown, vectors: readonly string[]): readonly FieldDefinition[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new TypeMismatchError(`schema of createCollection is an object, { field: type }, got ${shown(schema)}`)
  }
  const paths = Object.keys(schema)
  if (paths.length > SCHEMA_FIELDS_MAX) {
    throw new LimitError(`a schema has at most ${SCHEMA_FIELDS_MAX} fields, got ${paths.length}`, {
      details: { limit: SCHEMA_FIELDS_MAX, got: paths.length },
    })
  }
  return paths.map((path) => {
    if (path === '') throw new UsageError('a field in the schema of createCollection needs a name')
    if (vectors.includes(path)) {
      throw new UsageError(`field "${path}" is declared under vectors, which say what it holds; leave it out of schema`)
    }
    return fieldDefinition(path, (schema as Record<string, unknown>)[path])
  })
}

function fieldDefinition(path: string, given: unknown): FieldDefinition {
  const where = `of field "${path}" in the schema of createCollection`
  if (typeof given === 'string' || Array.isArray(given)) {
    return { path, types: fieldTypes(given, where), required: false }
  }
  if (typeof given !== 'object' || given === null) {
    throw new TypeMismatchError(`the type ${where} is a word or { type, required }, got ${shown(given)}`)
  }
  for (const name of Object.keys(given)) if (!OPTIONS.includes(name)) throw unknownOption(name, OPTIONS, where)
  const { type, required = false } = given as { type?: unknown; required?: unknown }
  if (typeof required !== 'boolean') {
    throw new TypeMismatchError(`required ${where} is true or false, got ${shown(required)}`)
  }
  return { path, types: fieldTypes(type, where), required }
}

function fieldTypes(given: unknown, where: string): readonly FieldType[] {
  const types: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (types.length === 0) throw new UsageError(`the type ${where} is an empty list; name at least one type`)
  for (const type of types) {
    if (FIELD_TYPES.includes(type as FieldType)) continue
    throw new UsageError(`the type ${where} is one of ${FIELD_TYPES.join(', ')}, got ${shown(type)}`)
  }
  return [...new Set(types as FieldType[])]
}

/** Whether a value from the catalog's JSON is the definition of a schema field. */
export function isFieldDefinition(value: unknown): value is FieldDefinition {
  const item = value as Partial<FieldDefinition>
  if (typeof item.path !== 'string' || item.path === '' || typeof item.required !== 'boolean') return false
  return Array.isArray(item.types) && item.types.length > 0 && item.types.every((type) => FIELD_TYPES.includes(type))
}
