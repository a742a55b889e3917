// Terms that order sequences: orderBy, union, distinct.

import { asText, compare, type Datum, equal } from '../datum.ts'
import { Failure, fail } from '../errors.ts'
import { type Call, evaluate, selectionOf, toFunc, toStream } from '../evaluate.ts'
import { feedPart } from '../parts.ts'
import type { Operations } from '../registry.ts'
import { T } from '../terms.ts'
import { asDatum, collect, type Func, type Pull, Selection, Stream, TableSlice, type Val } from '../values.ts'
import { openSlice, requireIndex } from './reading.ts'
import { DatumSet } from './sets.ts'
import { finiteOf, goThrough } from './turns.ts'

/** What is compared of each row, and whether in descending order. */
interface Comparison {
  readonly func: Func
  readonly direction: 1 | -1
}

type Keys = readonly (Datum | undefined)[]

/** What `orderBy` compares. */
function comparisons(call: Call, from: number): Comparison[] {
  const list: Comparison[] = []
  for (let i = from; i < call.count; i++) {
    const direction = call.args[i].type === T.DESC ? -1 : 1
    list.push({ func: call.func(i, 'field'), direction })
  }
  return list
}

function keysOf(row: Datum, list: readonly Comparison[]): Keys {
  return list.map(({ func }) => {
    try {
      return asDatum(func.call([row]))
    } catch (error) {
      if (error instanceof Failure && error.isMissing) return undefined
      throw error
    }
  })
}

/** Missing keys come first. */
function compareKeys(a: Keys, b: Keys, list: readonly Comparison[]): number {
  for (let i = 0; i < list.length; i++) {
    const [x, y] = [a[i], b[i]]
    const order = x === undefined ? (y === undefined ? 0 : -1) : y === undefined ? 1 : compare(x, y)
    if (order !== 0) return order * list[i].direction
  }
  return 0
}

function sorted(rows: readonly Datum[], list: readonly Comparison[]): Datum[] {
  const keyed = rows.map((row) => ({ row, keys: keysOf(row, list) }))
  keyed.sort((a, b) => compareKeys(a.keys, b.keys, list))
  return keyed.map(({ row }) => row)
}

function orderBy(call: Call): Val {
  const value = call.first
  const list = comparisons(call, 1)
  const indexNode = call.optionNode('index')
  if (indexNode === undefined) {
    if (list.length === 0) fail('Must specify something to order by.')
    const rows = sorted(rowsOf(call, value), list)
    const selection = selectionOf(value)
    return selection === undefined ? rows : new Selection(selection.table, rows)
  }
  // An empty array needs no ordering.
  if (Array.isArray(value) && value.length === 0) return value
  const index = asText(call.datumOption('index') as Datum)
  if (!(value instanceof TableSlice)) {
    return fail(
      'Indexed order_by can only be performed on a TABLE or TABLE_SLICE. Make sure order_by comes before any transformations (such as map) or filters.',
    )
  }
  const { slice: old, table } = value
  if (old.order !== undefined) fail('Cannot perform multiple indexed ORDER_BYs on the same table.')
  if (old.index !== undefined && old.index !== index) {
    fail(`Cannot order by index \`${index}\` after calling BETWEEN on index \`${old.index}\`.`)
  }
  const order = indexNode.type === T.DESC ? 'desc' : 'asc'
  const ordered = new TableSlice({ ...old, table, index, order })
  // Errors about the index are thrown before anything is read.
  requireIndex(ordered.slice)
  if (list.length === 0) return ordered
  return new Selection(table, new Stream(tieBroken(call, ordered, list)))
}

/** All values of a sequence that must end, within the array limit. */
function rowsOf(call: Call, value: Val): readonly Datum[] {
  if (Array.isArray(value)) return value
  const rows: Datum[] = []
  const visit = (row: Datum) => {
    if (rows.push(row) > call.query.arrayLimit) call.query.arrayTooLarge()
  }
  return goThrough(call, finiteOf(value), visit, () => rows)
}

/** Rows in index order; rows with equal keys, by the further comparisons. */
function tieBroken(call: Call, ordered: TableSlice, list: readonly Comparison[]): Pull {
  let run: Datum[] | undefined
  let at = 0
  return () => {
    if (run === undefined) {
      const keys: Datum[] = []
      const next = openSlice(ordered.slice, keys)
      const rows = collect(next, call.query)
      run = []
      for (let i = 0; i < rows.length; ) {
        let end = i + 1
        while (end < rows.length && equal(keys[end], keys[i])) end++
        for (const row of sorted(rows.slice(i, end), list)) run.push(row)
        i = end
      }
    }
    return run[at++]
  }
}

function union(call: Call): Val {
  const values: Val[] = []
  for (let i = 0; i < call.count; i++) values.push(call.val(i))
  const interleave = call.optionNode('interleave')
  const streams = values.map((value) => toStream(value))
  let pull: Pull
  const setting = interleave === undefined ? true : interleaveOf(call)
  if (streams.some((one) => one.feed !== undefined)) return unionOfFeeds(streams)
  if (typeof setting === 'boolean') {
    let at = 0
    pull = () => {
      for (; at < streams.length; at++) {
        const value = streams[at].pull()
        if (value !== undefined) return value
      }
      return undefined
    }
  } else pull = merged(streams, setting)
  if (values.length > 0 && values.every(Array.isArray)) return collect(pull, call.query)
  const stream = new Stream(
    pull,
    streams.some((one) => one.isInfinite),
  )
  stream.parts = streams
  return stream
}

/** A feed that has nothing yet has not ended: every feed is polled each time. */
function unionOfFeeds(streams: readonly Stream[]): Stream {
  const feed = feedPart.now!.unionFeed(streams)
  const stream = new Stream(
    () => feed.poll(),
    streams.some((one) => one.isInfinite),
  )
  stream.feed = feed
  stream.parts = streams
  stream.isOver = () => streams.every((one) => one.feed === undefined || one.isOver?.() === true)
  return stream
}

function interleaveOf(call: Call): boolean | Comparison[] {
  const node = call.optionNode('interleave')!
  const items = node.type === T.MAKE_ARRAY ? node.args : [node]
  const list: Comparison[] = []
  for (const item of items) {
    const value = evaluate(item, call.scope, call.query)
    if (typeof value === 'boolean' && items.length === 1) return value
    if (Array.isArray(value)) {
      for (const one of value) list.push({ func: toFunc(one, 'field'), direction: 1 })
    } else list.push({ func: toFunc(value, 'field'), direction: item.type === T.DESC ? -1 : 1 })
  }
  return list
}

/** Merges sorted streams into one sorted stream. */
function merged(streams: readonly Stream[], list: readonly Comparison[]): Pull {
  interface Head {
    row: Datum
    keys: Keys
  }
  let heads: (Head | undefined)[] | undefined
  const next = (i: number): Head | undefined => {
    const row = streams[i].pull()
    if (row === undefined) return undefined
    const keys = keysOf(row, list)
    const last = heads?.[i]
    if (last !== undefined && compareKeys(last.keys, keys, list) > 0) {
      fail('The streams given as arguments are not ordered by given ordering.')
    }
    return { row, keys }
  }
  return () => {
    heads ??= streams.map((_, i) => next(i))
    let best = -1
    for (let i = 0; i < heads.length; i++) {
      const head = heads[i]
      if (head !== undefined && (best < 0 || compareKeys(head.keys, heads[best]!.keys, list) < 0)) best = i
    }
    if (best < 0) return undefined
    const { row } = heads[best]!
    heads[best] = next(best)
    return row
  }
}

function distinct(call: Call): Val {
  const value = call.first
  const index = call.textOption('index')
  if (index !== undefined && !(value instanceof TableSlice)) fail('Can only perform an indexed distinct on a TABLE.')
  if (value instanceof TableSlice && (index !== undefined || value.slice.index === undefined)) {
    if (index === undefined) return new Stream(toStream(value).pull)
    const slice = { ...value.slice, index, order: value.slice.order ?? 'asc' } as const
    const keys: Datum[] = []
    const pull = openSlice(slice, keys)
    let last: Datum | undefined
    return new Stream(() => {
      for (let row = pull(); row !== undefined; row = pull()) {
        const key = keys[keys.length - 1]
        keys.length = 0
        if (last !== undefined && equal(last, key)) continue
        last = key
        return key
      }
      return undefined
    })
  }
  const set = new DatumSet()
  const visit = (row: Datum) => {
    set.add(row)
    if (set.size > call.query.arrayLimit) call.query.arrayTooLarge()
  }
  return goThrough(call, finiteOf(value), visit, () => set.sorted())
}

export const orderTerms: Operations = { orderBy, union, distinct }
