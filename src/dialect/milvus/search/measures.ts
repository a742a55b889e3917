// Measures over the rows of a group: count, sum, avg, min, max.

import type { Entry } from '../catalog.ts'
import { DataType } from '../enums.ts'
import { invalid } from '../errors.ts'
import { compareKeys, type Key } from '../read.ts'
import { type Field, isIntegerType } from '../schema.ts'
import { type LongForm, narrow } from '../values.ts'

export type Operation = 'count' | 'sum' | 'avg' | 'min' | 'max'

/** Computes over values given one at a time; skips null and undefined. */
export interface Measure {
  add(value: unknown): void
  /** In the SDK's form; undefined if there were no values. */
  result(): unknown
}

/** What a measure is computed from. */
export interface Source {
  /** Undefined for whole rows and for scores. */
  readonly field: Field | undefined
}

const NUMBERS = new Set([
  DataType.Int8,
  DataType.Int16,
  DataType.Int32,
  DataType.Int64,
  DataType.Float,
  DataType.Double,
])
const ORDERED = new Set([...NUMBERS, DataType.VarChar, DataType.Text, DataType.Timestamptz])

/** The field that a measure is computed from; throws if there is none, or if it does not fit. */
export function sourceOf(entry: Entry, operation: Operation, name: string): Source {
  if (name === '*') {
    if (operation === 'count') return { field: undefined }
    throw invalid(`${operation} needs a field; * is for count`)
  }
  const field = entry.schema.byName.get(name)
  if (field === undefined) throw invalid(`field ${name} not exist`)
  const isFit =
    operation === 'count'
      ? field.type !== DataType.JSON
      : (operation === 'sum' || operation === 'avg' ? NUMBERS : ORDERED).has(field.type)
  if (!isFit) throw invalid(`${operation} is not supported on field ${name} of type ${DataType[field.type]}`)
  return { field }
}

export function measureOf(operation: Operation, { field }: Source, long: LongForm): Measure {
  const isInt = field !== undefined && isIntegerType(field.type)
  switch (operation) {
    case 'count': {
      let count = 0
      return { add: (value) => void (isThere(value) && count++), result: () => long(count) }
    }
    case 'sum':
    case 'avg': {
      const sum = isInt ? intSum() : floatSum()
      return operation === 'sum' ? { add: sum.add, result: () => sum.sum(long) } : { add: sum.add, result: sum.average }
    }
    default: {
      const sign = operation === 'min' ? 1 : -1
      const shown =
        field?.type === DataType.Int64 ? (value: unknown) => long(value as number) : (value: unknown) => value
      let best: unknown
      return {
        add: (value) => {
          if (isThere(value) && (best === undefined || sign * compareKeys(value as Key, best as Key) < 0)) best = value
        },
        result: () => (best === undefined ? undefined : shown(best)),
      }
    }
  }
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

function intSum() {
  let total = 0n
  let count = 0
  return {
    add: (value: unknown) => {
      if (!isThere(value)) return
      total += BigInt(value as number)
      count++
    },
    sum: (long: LongForm) => (count === 0 ? undefined : long(narrow(total))),
    average: () => (count === 0 ? undefined : Number(total) / count),
  }
}

function floatSum() {
  let total = 0
  let count = 0
  return {
    add: (value: unknown) => {
      if (!isThere(value)) return
      total += Number(value)
      count++
    },
    sum: () => (count === 0 ? undefined : total),
    average: () => (count === 0 ? undefined : total / count),
  }
}
