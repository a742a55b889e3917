// Terms that reduce a sequence to one value, and groups.

import {
  asArray,
  asBool,
  asNumber,
  compare,
  type Datum,
  equal,
  finite as finiteNumber,
  isObject,
  plain as plainOf,
  Time,
} from '../datum.ts'
import { Failure, fail, failMissing } from '../errors.ts'
import { type Call, derive, NOTHING, plainFirst, toFunc, toStream } from '../evaluate.ts'
import { failGroups, limitedGroups } from '../groups.ts'
import { filterTest, isObjectTerm } from '../matching.ts'
import type { Operations } from '../registry.ts'
import {
  asDatum,
  Func,
  Grouped,
  type Pull,
  pullArray,
  Row,
  Selection,
  Special,
  Stream,
  TableSlice,
  type Val,
  wrongKind,
} from '../values.ts'
import { countSlice, openSlice } from './reading.ts'
import { finiteOf, goThrough } from './turns.ts'

/**
 * Visits each row with the function's answer, and then answers; rows for which that does not exist, or is null where
 * not allowed, are left out.
 */
function eachWith<V>(call: Call, visit: (value: Datum, row: Datum) => void, answer: () => V): V {
  const func = call.count === 2 ? toFunc(call.val(1), 'field') : undefined
  const visitRow = (row: Datum) => {
    try {
      visit(func === undefined ? row : asDatum(func.call([row])), row)
    } catch (error) {
      if (!(error instanceof Failure) || !error.isMissing) throw error
    }
  }
  return goThrough(call, finiteOf(call.first), visitRow, answer)
}

function requireNoIndex(call: Call): void {
  if (call.optionNode('index') === undefined) return
  if (call.count === 2) fail(`Cannot provide both a function and an index to ${call.name}.`)
  fail(`Cannot call ${call.name} on an index.`)
}

/** The sum of the function's answers, and the number of rows summed. */
function added(call: Call): { total: number; rows: number } {
  requireNoIndex(call)
  let total = 0
  let rows = 0
  const add = (value: Datum) => {
    total += asNumber(value)
    rows++
  }
  return eachWith(call, add, () => ({ total, rows }))
}

function nothingTo(call: Call, what: string, name: string): Val {
  if (call.isOfGroup) return NOTHING
  return failMissing(
    `Cannot take the ${what} of an empty stream.  (If you passed \`${name}\` a field name, it may be that no elements of the stream had that field.)`,
  )
}

function extreme(call: Call, sign: 1 | -1): Val {
  const index = call.textOption('index')
  const value = call.first
  if (index !== undefined && call.count === 2) fail(`Cannot provide both a function and an index to ${call.name}.`)
  if (call.count === 1 && (index !== undefined || value instanceof TableSlice)) {
    if (!(value instanceof TableSlice) || (index !== undefined && !value.isWhole)) return wrongKind('TABLE', value)
    const { table } = value
    const slice = { ...value.slice, index: index ?? value.slice.index, order: sign < 0 ? 'asc' : 'desc' } as const
    const first = openSlice(slice)()
    if (first === undefined) fail(`\`${call.name}\` found no entries in the specified index.`)
    const row = new Row(table, isObject(first) ? first[table.primaryKey] : null, () => first)
    row.slice = slice
    return row
  }
  let best: { by: Datum; row: Datum } | undefined
  const compete = (by: Datum, row: Datum) => {
    if (best === undefined || compare(by, best.by) * sign > 0) best = { by, row }
  }
  const found = eachWith(call, compete, () => best)
  return found === undefined ? nothingTo(call, call.name, call.name) : found.row
}

function count(call: Call): Val {
  const value = plainFirst(call)
  if (call.count === 1) {
    if (!(value instanceof Special)) {
      if (typeof value === 'string') return [...value].length
      if (value instanceof Uint8Array) return value.length
      if (Array.isArray(value)) return value.length
      if (value instanceof Time) return Object.keys(plainOf(value)).length
      if (isObject(value)) return Object.keys(value).length
    }
    const source = value instanceof Selection ? value.source : value
    const counted =
      source instanceof TableSlice ? countSlice(source.slice) : source instanceof Stream ? source.count?.() : undefined
    if (counted !== undefined) return counted
  }
  const wanted = call.count === 2 ? call.val(1) : undefined
  const test = wanted === undefined ? undefined : countTest(wanted)
  let total = 0
  const visit = (row: Datum) => {
    if (test === undefined || test(row)) total++
  }
  return goThrough(call, finiteOf(call.first), visit, () => total)
}

/** What is counted: a filter, to the server. */
function countTest(wanted: Val): (row: Datum) => boolean {
  if (wanted instanceof Func) return (row) => filterTest(wanted, row, isObjectTerm(wanted), () => false)
  const value = asDatum(wanted)
  return (row) => equal(row, value)
}

function reduce(call: Call): Val {
  const func = call.func(1)
  let value: Datum | undefined
  const visit = (row: Datum) => {
    value = value === undefined ? row : asDatum(func.call([value, row]))
  }
  const reduced = goThrough(call, finiteOf(call.first), visit, () => value)
  return reduced === undefined ? failMissing('Cannot reduce over an empty stream.') : reduced
}

function fold(call: Call): Val {
  const func = call.func(2)
  const emitting = call.option('emit')
  const ending = call.option('final_emit')
  const value = call.first
  let state = call.datum(1)
  if (emitting === undefined) {
    if (ending !== undefined) fail('The `final_emit` optarg of `fold` takes the `emit` optarg as well.')
    const visit = (row: Datum) => {
      state = asDatum(func.call([state, row]))
    }
    return goThrough(call, finiteOf(value), visit, () => state)
  }
  const emit = toFunc(emitting)
  const final = ending === undefined ? undefined : toFunc(ending)
  // A feed that has nothing yet has not ended.
  const isLive = value instanceof Stream && value.feed !== undefined
  const make = (pull: Pull): Pull => {
    let inner: Pull = () => undefined
    let isOver = false
    return () => {
      for (;;) {
        const item = inner()
        if (item !== undefined) return item
        if (isOver) return undefined
        const row = pull()
        if (row === undefined) {
          if (isLive && value.isOver?.() !== true) return undefined
          isOver = true
          if (final === undefined) return undefined
          inner = pullArray(asArray(asDatum(final.call([state]))))
          continue
        }
        const next = asDatum(func.call([state, row]))
        inner = pullArray(asArray(asDatum(emit.call([state, row, next]))))
        state = next
      }
    }
  }
  return derive(call, value, make, false)
}

function contains(call: Call): Val {
  const wanted: (Datum | Func)[] = []
  for (let i = 1; i < call.count; i++) {
    const value = call.val(i)
    wanted.push(value instanceof Func ? value : asDatum(value))
  }
  const visit = (item: Datum) => {
    // Each row stands for one of the wanted values, and for one of the functions.
    const value = wanted.findIndex((one) => !(one instanceof Func) && equal(one, item))
    if (value >= 0) wanted.splice(value, 1)
    const func = wanted.findIndex((one) => one instanceof Func && asBool(asDatum(one.call([item]))))
    if (func >= 0) wanted.splice(func, 1)
    return wanted.length === 0
  }
  return goThrough(call, toStream(call.first), visit, () => wanted.length === 0)
}

function group(call: Call): Val {
  const { first } = call
  if (first instanceof Grouped) fail('Cannot call `group` on the output of `group` (did you mean to `ungroup`?).')
  const funcs: Func[] = []
  for (let i = 1; i < call.count; i++) funcs.push(call.func(i, 'field'))
  const index = call.textOption('index')
  const value = call.first
  const indexKeys: Datum[] = []
  let stream: Stream
  if (index === undefined) stream = finiteOf(value)
  else {
    if (!(value instanceof TableSlice) || !value.isWhole) return wrongKind('TABLE', value)
    stream = new Stream(openSlice({ ...value.slice, index, order: 'asc' }, indexKeys))
  }
  if (funcs.length === 0 && index === undefined) fail('Cannot group by nothing.')
  const isMulti = call.boolOption('multi')
  const groups: { key: Datum; rows: Datum[] }[] = []
  const short = new Map<string | number, Datum[]>()
  const rowsOf = (key: Datum): Datum[] => {
    const isShort = typeof key === 'string' || typeof key === 'number'
    let rows = isShort ? short.get(key) : find(groups, key)
    if (rows === undefined) {
      rows = []
      if (isShort) short.set(key, rows)
      insertSorted(groups, { key, rows })
    }
    return rows
  }
  const visit = (item: Datum) => {
    const parts = funcs.map((func) => partOf(func, item))
    if (index !== undefined) parts.push(indexKeys.at(-1)!)
    indexKeys.length = 0
    for (const key of keysOf(parts, isMulti, call.query.arrayLimit)) rowsOf(key).push(item)
  }
  const pairs = () => groups.map(({ key, rows }) => [key, rows] as const)
  return new Grouped(goThrough(call, stream, visit, pairs), true)
}

interface Group {
  key: Datum
  rows: Datum[]
}

function placeOf(groups: readonly Group[], key: Datum): number {
  let low = 0
  let high = groups.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(groups[middle].key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function find(groups: readonly Group[], key: Datum): Datum[] | undefined {
  const found = groups[placeOf(groups, key)]
  return found !== undefined && equal(found.key, key) ? found.rows : undefined
}

function insertSorted(groups: Group[], group: Group): void {
  groups.splice(placeOf(groups, group.key), 0, group)
}

function partOf(func: Func, row: Datum): Datum {
  try {
    return asDatum(func.call([row]))
  } catch (error) {
    if (error instanceof Failure && error.isMissing) return null
    throw error
  }
}

/** The groups of a row: one, or with `multi`, one for each way to pick one element from every part that is an array. */
function keysOf(parts: readonly Datum[], isMulti: boolean, limit: number): Datum[] {
  if (!isMulti) return [parts.length === 1 ? parts[0] : [...parts]]
  let keys: Datum[][] = [[]]
  for (const part of parts) {
    // An empty array stands for null.
    const choices = Array.isArray(part) ? (part.length === 0 ? [null] : part) : [part]
    if (keys.length * choices.length > limit) failGroups(limit)
    keys = keys.flatMap((key) => choices.map((choice) => [...key, choice]))
  }
  return keys.map((key) => (parts.length === 1 ? key[0] : key))
}

export const aggregateTerms: Operations = {
  count,
  reduce,
  fold,
  contains,
  group,
  sum(call) {
    const { total, rows } = added(call)
    return rows === 0 && call.isOfGroup ? NOTHING : finiteNumber(total)
  },
  avg(call) {
    const { total, rows } = added(call)
    return rows === 0 ? nothingTo(call, 'average', 'avg') : finiteNumber(total / rows)
  },
  min: (call) => extreme(call, -1),
  max: (call) => extreme(call, 1),
  ungroup(call) {
    const { first } = call
    if (!(first instanceof Grouped)) return wrongKind('GROUPED_DATA', first)
    const { entries } = limitedGroups(first, call.query.arrayLimit)
    return entries.map(([key, reduction]) => ({ group: key, reduction }))
  },
}
