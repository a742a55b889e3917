// Partial upserts: fields that a row does not give keep their values.

import type { Entry } from './catalog.ts'
import { DataType, DEFAULT_DYNAMIC_FIELD, FieldPartialUpdateOpType } from './enums.ts'
import { Code, invalid, MilvusError, told } from './errors.ts'
import { unexpired } from './read.ts'
import { type EncodedRows, missingValue, put, type Row } from './rows.ts'
import { CAPACITY_MAX, jsonOf } from './values.ts'

/** How single fields change, by name. */
export type FieldOps = ReadonlyMap<string, FieldPartialUpdateOpType>

export function fieldOpsOf(given: unknown): FieldOps | undefined {
  if (!Array.isArray(given) || given.length === 0) return undefined
  const ops = new Map<string, FieldPartialUpdateOpType>()
  for (const one of given as ({ field_name?: string; op: string | number } | undefined)[]) {
    const { field_name: name, op } = one ?? { op: '' }
    if (!name) throw new MilvusError(Code.Parameter, 'field_ops field_name is required', { isThrown: true })
    const names = FieldPartialUpdateOpType as unknown as Record<string | number, unknown>
    const value = typeof op === 'number' ? op : names[op]
    if (typeof value !== 'number' || names[value] === undefined) {
      throw new MilvusError(Code.Parameter, `unsupported field partial update op: ${told(op)}`, { isThrown: true })
    }
    ops.set(name, value)
  }
  return ops
}

/** The whole rows that result from a partial batch. */
export async function mergedRows(entry: Entry, encoded: EncodedRows, ops: FieldOps | undefined): Promise<Row[]> {
  const { schema } = entry
  for (const [name, op] of ops ?? []) {
    const field = schema.byName.get(name)
    if (field === undefined) throw invalid(`field ${name} of field_ops not exist`)
    if (op !== FieldPartialUpdateOpType.REPLACE && field.type !== DataType.Array) {
      throw invalid(`${FieldPartialUpdateOpType[op]} is for Array fields, ${name} is ${DataType[field.type]}`)
    }
  }
  const stored = await unexpired(entry, (await entry.rows.getMany(encoded.keys as string[])) as (Row | undefined)[])
  return encoded.documents.map((row, i) => mergedRow(entry, row, stored[i], ops, encoded.documents.length))
}

function mergedRow(entry: Entry, row: Row, own: Row | undefined, ops: FieldOps | undefined, count: number): Row {
  const merged: Row = {}
  for (const field of entry.schema.fields) {
    const { name } = field
    if (field.isFunctionOutput) continue
    let value: unknown
    if (!Object.hasOwn(row, name)) value = own === undefined ? missingValue(field, count) : own[name]
    else if (row[name] === undefined) value = missingValue(field, count)
    else value = operated(row[name], own?.[name], ops?.get(name))
    if (value === undefined) continue
    const max = Number(field.params['max_capacity'] ?? CAPACITY_MAX)
    if (field.type === DataType.Array && (value as unknown[]).length > max) {
      throw invalid(`the length (${(value as unknown[]).length}) of array field ${name} exceeds max capacity (${max})`)
    }
    put(merged, name, value)
  }
  const meta = {
    ...(own?.[DEFAULT_DYNAMIC_FIELD] as Row | undefined),
    ...(row[DEFAULT_DYNAMIC_FIELD] as Row | undefined),
  }
  if (Object.keys(meta).length > 0) merged[DEFAULT_DYNAMIC_FIELD] = jsonOf(meta, DEFAULT_DYNAMIC_FIELD)
  return merged
}

function operated(given: unknown, own: unknown, op: FieldPartialUpdateOpType | undefined): unknown {
  const list = Array.isArray(own) ? own : []
  if (op === FieldPartialUpdateOpType.ARRAY_APPEND) return [...list, ...(given as unknown[])]
  if (op === FieldPartialUpdateOpType.ARRAY_REMOVE) {
    const gone = new Set(given as unknown[])
    return list.filter((item) => !gone.has(item))
  }
  return given
}
