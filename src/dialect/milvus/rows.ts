// Rows on their way in: every row of a batch is checked and encoded before any is written. The caller's objects stay as they are.

import type { Entry } from './catalog.ts'
import { newId } from './catalog.ts'
import { DataType, DEFAULT_DYNAMIC_FIELD } from './enums.ts'
import { invalid, wrongCall } from './errors.ts'
import type { Field, Schema } from './schema.ts'
import type { InsertTransformers } from './types/index.ts'
import { type Encode, encoderOf, jsonOf, narrow } from './values.ts'

export type Row = Record<string, unknown>

/** A field with what it takes to store it. */
interface Column {
  readonly field: Field
  readonly name: string
  readonly encode: Encode
  readonly isSkipped: boolean
}

/** How the rows of one schema are encoded; made once for each schema. */
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
      encode: encoderOf(field),
      isSkipped: field.isFunctionOutput,
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
  /** Keys may be given although the collection makes them. */
  readonly takesAutoID: boolean
  readonly transformers: InsertTransformers | undefined
}

/** Rows in the form they are stored. */
export interface EncodedRows {
  readonly documents: Row[]
  readonly keys: (number | bigint | string)[]
  /** Keys that an upsert with generated keys replaces. */
  readonly replaced: (number | bigint | string)[]
  /** Of a partial batch: the fields that some row gave. */
  readonly given: ReadonlySet<string>
}

/** Sets a field whatever its name is. */
export function put(object: Row, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else object[name] = value
}

/** Checks and encodes a batch. Throws what the SDK throws, or the error whose status is returned. */
export function encodeRows(entry: Entry, rows: readonly unknown[], rules: RowRules): EncodedRows {
  const { schema } = entry
  const plan = planOf(schema)
  const values = new Array<unknown>(plan.columns.length)
  const encoded = {
    documents: new Array<Row>(rows.length),
    keys: new Array<number | bigint | string>(rows.length),
    replaced: [] as (number | bigint | string)[],
    given: new Set<string>(),
  }
  // What the SDK finds before it sends comes first, for all rows.
  for (let i = 0; i < rows.length; i++) checkNames(rows[i], i, schema, plan, rules)
  if (rules.kind === 'partial')
    for (const row of rows) for (const name of Object.keys(row as Row)) encoded.given.add(name)
  for (let i = 0; i < rows.length; i++) {
    values.fill(undefined)
    const meta = readRow(rows[i] as Row, schema, plan, values)
    encodeRow(i, rows.length, plan, values, meta, rules, encoded)
  }
  return encoded
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
    // A key set to undefined is as good as absent.
    if (isRefused && !(column !== undefined && (row as Row)[name] === undefined)) {
      throw wrongCall('INSERT_CHECK_WRONG_FIELD', ` ${position}`)
    }
  }
}

/** Sorts the values of a row by column; answers its dynamic part. */
function readRow(row: Row, schema: Schema, plan: Plan, values: unknown[]): Row | undefined {
  let meta: Row | undefined
  for (const name of Object.keys(row)) {
    const value = row[name]
    const index = plan.positions.get(name)
    if (index !== undefined) values[index] = value
    else if (name === DEFAULT_DYNAMIC_FIELD) {
      if (value === undefined || value === null) continue
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
    } else if (value !== undefined) {
      meta ??= {}
      put(meta, name, value)
    }
  }
  return meta
}

function encodeRow(
  position: number,
  count: number,
  plan: Plan,
  values: readonly unknown[],
  meta: Row | undefined,
  rules: RowRules,
  encoded: EncodedRows,
): void {
  const { columns, primary } = plan
  const document: Row = {}
  for (let i = 0; i < columns.length; i++) {
    const { field, name, encode, isSkipped } = columns[i]!
    if (isSkipped) continue
    const value = values[i]
    if (i === primary) {
      const key = keyOf(field, encode, value, position, count, rules, encoded)
      put(document, name, key)
      encoded.keys[position] = key
    } else if (value === undefined || value === null) {
      if (rules.kind === 'partial') {
        // Columns travel as one: what some row of the batch gives becomes null, or the default, where a row does not.
        if (encoded.given.has(name)) put(document, name, undefined)
        continue
      }
      const filled = missingValue(field, count)
      if (filled !== undefined) put(document, name, filled)
    } else put(document, name, encode(value, position, rules.transformers))
  }
  if (meta !== undefined) document[DEFAULT_DYNAMIC_FIELD] = jsonOf(meta, DEFAULT_DYNAMIC_FIELD)
  encoded.documents[position] = document
}

/** What is stored where a row gives nothing: the default, or undefined for null. */
export function missingValue(field: Field, count: number): unknown {
  if (field.defaultValue !== undefined) return field.defaultValue
  if (field.nullable) return undefined
  throw invalid(`the num_rows (0) of field (${field.name}) is not equal to passed num_rows (${count})`, count, 0)
}

function keyOf(
  field: Field,
  encode: Encode,
  value: unknown,
  position: number,
  count: number,
  rules: RowRules,
  encoded: EncodedRows,
): number | bigint | string {
  const isGiven = value !== undefined && value !== null
  if (field.autoID && !rules.takesAutoID) {
    if (rules.kind === 'insert' && isGiven) {
      throw invalid(`no primary key is taken where autoID is on: field ${field.name} of row ${position}`)
    }
    if (rules.kind !== 'insert') {
      if (!isGiven) throw invalid(`must assign primary key ${field.name} when upsert, row ${position}`)
      encoded.replaced.push(encode(value, position) as number | bigint | string)
      if (rules.kind === 'partial') return encoded.replaced.at(-1)!
    }
    const made = newId()
    return field.type === DataType.Int64 ? narrow(made) : String(made)
  }
  if (!isGiven) {
    if (rules.kind !== 'insert') throw invalid(`must assign primary key ${field.name} when upsert, row ${position}`)
    throw invalid(`the num_rows (0) of field (${field.name}) is not equal to passed num_rows (${count})`, count, 0)
  }
  return encode(value, position) as number | bigint | string
}
