// Queries that compute over their rows: `count(*)`, `sum(price)` and so on among the output fields, by group or over
// all rows.

import type { Filter } from '../../engine/index.ts'
import type { Entry } from './catalog.ts'
import { DataType } from './enums.ts'
import { invalid } from './errors.ts'
import { type Order, orderOf, rowComparer } from './order.ts'
import { filler } from './paths.ts'
import { type RowWindow, within } from './read.ts'
import { put, type Row } from './rows.ts'
import { isIntegerType, isText } from './schema.ts'
import { type Measure, measureOf, type Operation, type Source, sourceOf } from './search/measures.ts'
import type { QueryReq } from './types/index.ts'
import { decoderOf, type LongForm } from './values.ts'

const MEASURE = /^\s*(count|sum|avg|min|max)\s*\(\s*(\*|\w+)\s*\)\s*$/i

/** An output field of such a query. */
interface Output {
  readonly name: string
  /** Undefined for a field to group by. */
  readonly operation: Operation | undefined
  readonly source: Source
}

interface Found {
  /** The stored values of the fields to group by. */
  readonly row: Row
  readonly measures: readonly (Measure | undefined)[]
}

/** The rows of the answer, one for each group; a single row without groups. */
export async function groupedRows(
  entry: Entry,
  data: QueryReq,
  filter: Filter | undefined,
  partitions: readonly string[] | undefined,
  { limit, offset }: RowWindow,
  long: LongForm,
): Promise<Row[]> {
  const names = data.group_by_fields ?? []
  for (const name of names) requireGroupable(entry, name)
  const outputs = outputsOf(entry, names, data.output_fields ?? [])
  const orders = orderOf(entry, data.order_by_fields ?? data.order_by)
  for (const { name } of orders) {
    if (!names.includes(name)) throw invalid(`groups are ordered by their fields, ${name} is none of them`)
  }
  const sources = outputs.flatMap(({ source }) => (source.field === undefined ? [] : [source.field.name]))
  const select = [...new Set([entry.schema.primary.name, ...names, ...sources])]
  const groups = new Map<string, Found>()
  if (names.length === 0) groups.set('', groupOf({}, outputs, long))
  const fill = filler(entry.schema)
  for await (const stored of entry.rows.find({ ...within(filter, partitions), select })) {
    const row = fill(stored as Row)
    const key = names.length === 0 ? '' : identityOf(names.map((name) => row[name]))
    let group = groups.get(key)
    if (group === undefined) {
      group = groupOf(Object.fromEntries(names.map((name) => [name, row[name]])), outputs, long)
      groups.set(key, group)
    }
    outputs.forEach(({ source: { field } }, i) => {
      group.measures[i]?.add(field === undefined ? true : row[field.name])
    })
  }
  const compare = groupComparer(entry, names, orders)
  return [...groups.values()]
    .sort((a, b) => compare(a.row, b.row))
    .slice(offset, limit === undefined ? undefined : offset + limit)
    .map((group) => answerOf(entry, group, outputs, long))
}

function requireGroupable({ schema }: Entry, name: string): void {
  const field = schema.byName.get(name)
  if (field === undefined) throw invalid(`group by field ${name} not exist`)
  if (isIntegerType(field.type) || isText(field.type) || field.type === DataType.Timestamptz) return
  throw invalid(`group by field ${name} of type ${DataType[field.type]} is not supported`)
}

function outputsOf(entry: Entry, groups: readonly string[], given: readonly string[]): Output[] {
  return given.map((name) => {
    const [, operation, of] = MEASURE.exec(name) ?? []
    if (operation !== undefined) {
      const lower = operation.toLowerCase() as Operation
      return { name, operation: lower, source: sourceOf(entry, lower, of!) }
    }
    if (!groups.includes(name)) {
      throw invalid(`output field ${name} is neither grouped by nor computed: count, sum, avg, min or max of a field`)
    }
    return { name, operation: undefined, source: { field: entry.schema.byName.get(name) } }
  })
}

/** A text that is the same for equal values. */
export function identityOf(values: readonly unknown[]): string {
  return JSON.stringify(values.map((value) => [typeof value, value === undefined ? null : String(value)]))
}

function groupOf(row: Row, outputs: readonly Output[], long: LongForm): Found {
  const measures = outputs.map(({ operation, source }) =>
    operation === undefined ? undefined : measureOf(operation, source, long),
  )
  return { row, measures }
}

/** Groups are ordered as requested, then by their values. */
function groupComparer(entry: Entry, names: readonly string[], orders: readonly Order[]): (a: Row, b: Row) => number {
  const rest = names.map((name) => ({ name, place: [name], isDescending: false }))
  return rowComparer(entry, [...orders, ...rest])
}

function answerOf(entry: Entry, { row, measures }: Found, outputs: readonly Output[], long: LongForm): Row {
  const answer: Row = {}
  outputs.forEach(({ name }, i) => {
    const own = row[name]
    const value =
      measures[i] !== undefined
        ? measures[i].result()
        : own === undefined || own === null
          ? null
          : decoderOf(entry.schema.byName.get(name)!, long)(own)
    put(answer, name, value ?? null)
  })
  return answer
}
