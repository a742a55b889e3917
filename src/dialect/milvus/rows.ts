// Rows on their way in: every row of a batch is checked and encoded before any is written. The caller's objects are not
// changed.

import type { Entry } from './catalog.ts'
import { newId } from './catalog.ts'
import { DataType, DEFAULT_DYNAMIC_FIELD } from './enums.ts'
import { invalid, wrongCall } from './errors.ts'
import type { Field, Schema } from './schema.ts'
import type { InsertTransformers } from './types/index.ts'
import { columnEncoderOf, type Encode, encoderOf, jsonOf, narrow } from './values.ts'

export type Row = Record<string, unknown>

type Key = number | bigint | string

/** A field, and what is needed to store it. */
interface Column {
  readonly field: Field
  readonly name: string
  readonly encode: Encode
  readonly isSkipped: boolean
  /** Every object has a property of this name. */
  readonly isInherited: boolean
}

/** How rows of a schema are encoded; built once per schema. */
interface Plan {
  readonly columns: readonly Column[]
  readonly positions: ReadonlyMap<string, number>
  readonly primary: number
}

const PLANS = new WeakMap<Schema, Plan>()

function planOf(schema: Schema): Plan {
  let plan = PLANS.get(schema)
  if (plan === undefined) {
    const columns = schema.fields.map((field) => ({
      field,
      name: field.name,
      encode: columnEncoderOf(field),
      isSkipped: field.isFunctionOutput,
      isInherited: field.name in Object.prototype,
    }))
    const positions = new Map(columns.map(({ name }, index) => [name, index]))
    plan = { columns, positions, primary: positions.get(schema.primary.name)! }
    PLANS.set(schema, plan)
  }
  return plan
}

/** How a batch is read. */
export interface RowRules {
  readonly kind: 'insert' | 'upsert' | 'partial'
  /** Keys may be given even though the collection generates them. */
  readonly takesAutoID: boolean
  readonly transformers: InsertTransformers | undefined
}

/** Rows in stored form. */
export interface EncodedRows {
  readonly documents: Row[]
  readonly keys: Key[]
  /** Keys that an upsert with generated keys replaces. */
  readonly replaced: Key[]
  /** For a partial batch: the fields that at least one row gave. */
  readonly given: ReadonlySet<string>
}

/** Sets a field, whatever its name. */
export function put(object: Row, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else object[name] = value
}

const NONE = new Set<string>()

/** Checks and encodes a batch. Throws what the SDK throws, or the error whose status is returned. */
export function encodeRows(entry: Entry, rows: readonly unknown[], rules: RowRules): EncodedRows {
  const { schema } = entry
  const plan = planOf(schema)
  const encoded = {
    documents: new Array<Row>(rows.length),
    keys: new Array<Key>(rows.length),
    replaced: [] as Key[],
    given: rules.kind === 'partial' ? new Set<string>() : NONE,
  }
  try {
    if (rules.kind === 'partial') {
      for (let i = 0; i < rows.length; i++) checkNames(rows[i], i, schema, plan, rules)
      for (const row of rows) for (const name of Object.keys(row as Row)) encoded.given.add(name)
    }
    for (let i = 0; i < rows.length; i++) encodeRow(rows[i], i, schema, plan, rules, encoded)
  } catch (error) {
    // First, for all rows, the checks that the SDK makes before it sends.
    for (let i = 0; i < rows.length; i++) checkNames(rows[i], i, schema, plan, rules)
    throw error
  }
  return encoded
}

/** Throws what is wrong with the vectors of rows that the engine refused. */
export function requireLanes({ schema }: Entry, rows: readonly unknown[]): void {
  for (const field of schema.vectors) {
    if (field.isFunctionOutput) continue
    const encode = encoderOf(field)
    rows.forEach((row, i) => {
      const value = (row as Row)[field.name]
      if (value !== undefined && value !== null) encode(value, i)
    })
  }
}

function checkNames(row: unknown, position: number, schema: Schema, plan: Plan, rules: RowRules): void {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw wrongCall('INSERT_CHECK_FIELD_DATA_IS_REQUIRED')
  }
  if (schema.isDynamic) return
  for (const name of Object.keys(row)) {
    const index = plan.positions.get(name)
    const column = index === undefined ? undefined : plan.columns[index]!
    const isRefused =
      column === undefined ||
      column.isSkipped ||
      (index === plan.primary && column.field.autoID && rules.kind === 'insert' && !rules.takesAutoID)
    // A key set to undefined counts as absent.
    if (isRefused && !(column !== undefined && (row as Row)[name] === undefined)) {
      throw wrongCall('INSERT_CHECK_WRONG_FIELD', ` ${position}`)
    }
  }
}

/** The values of the current row, by column. */
const stored: unknown[] = []

function encodeRow(
  given: unknown,
  position: number,
  schema: Schema,
  plan: Plan,
  rules: RowRules,
  encoded: EncodedRows,
): void {
  if (typeof given !== 'object' || given === null) throw wrongCall('INSERT_CHECK_FIELD_DATA_IS_REQUIRED')
  const row = given as Row
  const { columns, primary } = plan
  const isPlain = Object.getPrototypeOf(row) === Object.prototype
  let isAsGiven = isPlain && rules.kind !== 'partial'
  let seen = 0
  for (let i = 0; i < columns.length; i++) {
    const { field, name, encode, isSkipped, isInherited } = columns[i]!
    stored[i] = undefined
    if (isSkipped) continue
    const value = (isPlain && !isInherited) || Object.hasOwn(row, name) ? row[name] : undefined
    if (value !== undefined) seen++
    if (i === primary) {
      const key = keyOf(columns[i]!, value, position, rules, encoded)
      stored[i] = key
      encoded.keys[position] = key
    } else if (value !== undefined && value !== null) stored[i] = encode(value, position, rules.transformers)
    else if (rules.kind !== 'partial') stored[i] = missingValue(field, encoded.keys.length)
    if (stored[i] !== value) isAsGiven = false
  }
  const names = Object.keys(row)
  if (names.length === seen) {
    // The engine keeps no reference to it.
    encoded.documents[position] = isAsGiven ? row : documentOf(columns, rules, encoded)
    return
  }
  checkNames(row, position, schema, plan, rules)
  const document = documentOf(columns, rules, encoded)
  const meta = dynamicPart(row, names, schema, plan)
  if (meta !== undefined) document[DEFAULT_DYNAMIC_FIELD] = jsonOf(meta, DEFAULT_DYNAMIC_FIELD)
  encoded.documents[position] = document
}

function documentOf(columns: readonly Column[], rules: RowRules, { given }: EncodedRows): Row {
  const document: Row = {}
  for (let i = 0; i < columns.length; i++) {
    const { name, isInherited } = columns[i]!
    const value = stored[i]
    // Columns are sent whole: if some row of a partial batch gives a field, it becomes null, or the default, in rows
    // that do not.
    if (value === undefined && !(rules.kind === 'partial' && given.has(name))) continue
    if (isInherited) put(document, name, value)
    else document[name] = value
  }
  return document
}

/** The keys of a row that are no fields; undefined if there are none. */
function dynamicPart(row: Row, names: readonly string[], schema: Schema, plan: Plan): Row | undefined {
  let meta: Row | undefined
  for (const name of names) {
    if (plan.positions.has(name)) continue
    const value = row[name]
    if (value === undefined) continue
    if (name !== DEFAULT_DYNAMIC_FIELD) {
      meta ??= {}
      put(meta, name, value)
      continue
    }
    if (value === null) continue
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw invalid(`the dynamic field ${DEFAULT_DYNAMIC_FIELD} must be a JSON object`)
    }
    meta ??= {}
    for (const key of Object.keys(value)) {
      if (schema.byName.has(key)) {
        throw invalid(`dynamic field key ${key} is the name of a field; fields stand beside ${DEFAULT_DYNAMIC_FIELD}`)
      }
      if (!Object.hasOwn(meta, key)) put(meta, key, (value as Row)[key])
    }
  }
  return meta
}

/** What is stored if a row gives no value: the default, or undefined for null. */
export function missingValue(field: Field, count: number): unknown {
  if (field.defaultValue !== undefined) return field.defaultValue
  if (field.nullable) return undefined
  throw noValue(field, count)
}

function noValue(field: Field, count: number): Error {
  return invalid(`the num_rows (0) of field (${field.name}) is not equal to passed num_rows (${count})`, count, 0)
}

function keyOf(
  { field, encode }: Column,
  value: unknown,
  position: number,
  rules: RowRules,
  encoded: EncodedRows,
): Key {
  const isGiven = value !== undefined && value !== null
  const isInsert = rules.kind === 'insert'
  if (!isInsert && !isGiven) throw invalid(`must assign primary key ${field.name} when upsert, row ${position}`)
  if (!field.autoID || rules.takesAutoID) {
    if (!isGiven) throw noValue(field, encoded.keys.length)
    return encode(value, position) as Key
  }
  if (isInsert) {
    if (isGiven) throw invalid(`no primary key is taken where autoID is on: field ${field.name} of row ${position}`)
  } else {
    const replaced = encode(value, position) as Key
    encoded.replaced.push(replaced)
    if (rules.kind === 'partial') return replaced
  }
  const made = newId()
  return field.type === DataType.Int64 ? narrow(made) : String(made)
}
