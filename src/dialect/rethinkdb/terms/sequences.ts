// Terms that turn sequences into sequences.

import { asBool, asInteger, type Datum, equal, typeName } from '../datum.ts'
import { fail } from '../errors.ts'
import {
  type Call,
  concatenated,
  derive,
  evaluate,
  finite,
  plainFirst,
  selectionOf,
  toFunc,
  toStream,
  waiting,
  withStep,
} from '../evaluate.ts'
import { filterTest, isObjectTerm } from '../matching.ts'
import { feedPart } from '../parts.ts'
import { Planned } from '../planned.ts'
import { predicateOf } from '../predicate.ts'
import type { Operations } from '../registry.ts'
import {
  asDatum,
  collect,
  Func,
  type Pull,
  Row,
  Selection,
  Special,
  type Step,
  Stream,
  TableSlice,
  type Val,
} from '../values.ts'
import { between } from './between.ts'

function map(call: Call): Val {
  const sources: Val[] = []
  for (let i = 0; i < call.count - 1; i++) sources.push(call.val(i))
  const streams = sources.map((value) => toStream(value))
  const func = call.func(call.count - 1)
  if (func.arity > 0 && func.arity !== sources.length) {
    const were = sources.length === 1 ? ' was' : 's were'
    fail(
      `The function passed to \`map\` expects ${func.arity} argument${func.arity === 1 ? '' : 's'}, but ${sources.length} sequence${were} found.`,
    )
  }
  if (sources.length === 1) {
    const apply = (item: Datum) => asDatum(func.call([item]))
    return withStep(call, sources[0], { kind: 'map', apply, isFixed: func.isFixed })
  }
  // Values already read are kept for the next call: a feed may have nothing yet.
  let items: Datum[] = []
  const pull: Pull = () => {
    while (items.length < streams.length) {
      const item = streams[items.length].pull()
      if (item === undefined) return undefined
      items.push(item)
    }
    const row = items
    items = []
    return asDatum(func.call(row))
  }
  if (sources.every(Array.isArray)) return collect(pull, call.query)
  const mapped = new Stream(
    pull,
    streams.every((stream) => stream.isInfinite),
  )
  const feeds = streams.filter((stream) => stream.feed !== undefined)
  if (feeds.length > 0) {
    // Waits for the stream that has nothing, whatever the others have; a sequence that has nothing has ended.
    const lacking = () => streams[items.length]
    const feed = feeds.length === 1 ? feeds[0].feed! : feedPart.now!.unionFeed(streams)
    mapped.feed = {
      className: feed.className,
      poll: () => feed.poll(),
      wait: (wake) => lacking().feed?.wait(wake),
      close: () => feed.close(),
    }
    mapped.isOver = () => lacking().feed === undefined || lacking().isOver?.() === true
  }
  return mapped
}

function concatMap(call: Call): Val {
  const func = call.func(1)
  const expand = (value: Datum) => toStream(func.call([value])).pull
  const result = derive(call, call.first, (pull) => concatenated(pull, expand), false)
  if (result instanceof Stream) result.unfollowable = 'concat_map'
  return result
}

function filter(call: Call): Val {
  const value = call.first
  const predicate = call.val(1, true)
  const func = toFunc(predicate, 'constant')
  // A pattern matches field by field; a function's answer must be true.
  const isPattern = !(predicate instanceof Func) || isObjectTerm(func)
  const otherwise = () => {
    const node = call.optionNode('default')
    if (node === undefined) return false
    const answer = evaluate(node, call.scope, call.query)
    return asBool(asDatum(answer instanceof Func ? answer.call([]) : answer))
  }
  const test = (row: Datum) => {
    const isKept = filterTest(func, row, isPattern, otherwise)
    if (!isKept) step.isLeft?.()
    return isKept
  }
  const step: Step = { kind: 'filter', apply: (row) => (test(row) ? row : undefined), isFixed: func.isFixed }
  const planned = plannedFilter(call, value, predicate instanceof Func ? func : asDatum(predicate), isPattern, test)
  return planned === undefined ? withStep(call, value, step, true) : planned(step)
}

/** The filter run by the engine, if possible. */
function plannedFilter(
  call: Call,
  value: Val,
  predicate: Func | Datum,
  isPattern: boolean,
  test: (row: Datum) => boolean,
): ((step: Step) => Selection) | undefined {
  const source = value instanceof Selection ? value.source : value
  const isWhole = source instanceof TableSlice && source.isWhole
  const before = source instanceof Stream ? source.planned : undefined
  if (!isWhole && before === undefined) return undefined
  const compiled = predicateOf(predicate, isPattern, call.optionNode('default'), call.query)
  if (compiled === undefined) return undefined
  const { table } = value as TableSlice | Selection
  const planned = before === undefined ? new Planned(table, compiled, test) : before.and(compiled, test)
  if (planned === undefined) return undefined
  call.query.readOn(table, planned)
  return (step) => {
    let pull: Pull | undefined
    const stream = new Stream(() => {
      pull ??= planned.open()
      return pull()
    })
    stream.planned = planned
    stream.count = () => planned.count()
    stream.slice = (source as TableSlice | Stream).slice
    stream.steps = source instanceof Stream ? [...source.steps, step] : [step]
    return new Selection(table, stream)
  }
}

function sliceStream(pull: Pull, from: number, to: number, counter = { at: 0 }): Pull {
  return () => {
    while (counter.at < from) {
      if (pull() === undefined) return undefined
      counter.at++
    }
    if (counter.at >= to) return undefined
    const value = pull()
    if (value !== undefined) counter.at++
    return value
  }
}

function slice(call: Call): Val {
  const value = plainFirst(call)
  const left = call.integer(1)
  const right = call.count === 3 ? call.integer(2) : -1
  const isLeftOpen = call.isOpen('left_bound')
  const isRightOpen = call.count === 3 ? call.isOpen('right_bound') : false
  if (!(value instanceof Special)) {
    if (value instanceof Uint8Array) return value.slice(...range(value.length))
    if (typeof value === 'string') {
      const characters = [...value]
      return characters.slice(...range(characters.length)).join('')
    }
    if (Array.isArray(value)) return value.slice(...range(value.length))
    fail(`Expected ARRAY, BINARY, or STRING, but found ${typeName(value)}.`)
  }
  if (left < 0) fail('Cannot use a negative left index on a stream.')
  if (right < -1) fail('Cannot use a right index < -1 on a stream.')
  if (right === -1 && isRightOpen) fail('Cannot slice to an open right index of -1 on a stream.')
  const from = left + (isLeftOpen ? 1 : 0)
  const to = right === -1 ? Infinity : right + (isRightOpen ? 0 : 1)
  return sliced(call, value, from, to)

  function range(size: number): [number, number] {
    const place = (index: number, opens: boolean): number => {
      const at = index < 0 ? size + index : index
      return at < 0 ? 0 : at + (opens ? 1 : 0)
    }
    return [place(left, isLeftOpen), place(right, !isRightOpen)]
  }
}

function sliced(call: Call, value: Val, from: number, to: number): Val {
  const counter = { at: 0 }
  const result = derive(call, value, (pull) => sliceStream(pull, from, to, counter), true)
  const source = value instanceof Selection ? value.source : value
  const stream = result instanceof Selection ? result.source : result
  if (stream instanceof Stream) {
    const infinite = source instanceof Stream && source.isInfinite
    // A finite slice ends, however long its source is; feeds go on until they are closed.
    const ended = new Stream(stream.pull, infinite && to === Infinity)
    ended.unfollowable = 'limit'
    if (source instanceof Stream && source.feed !== undefined) {
      ended.feed = source.feed
      ended.isOver = () => counter.at >= to || (source.isOver?.() ?? false)
    }
    // What changes can follow: the first rows of an indexed order.
    const origin: Partial<Stream> | undefined =
      source instanceof TableSlice || source instanceof Stream ? source : undefined
    if (from === 0 && origin !== undefined && origin.limit === undefined) {
      const { slice, steps = [], unfollowable, parts } = origin
      if (parts !== undefined) ended.unfollowable = unfollowable ?? 'slice'
      else if (slice !== undefined) {
        ended.slice = slice
        ended.steps = steps
        ended.limit = to
        ended.unfollowable = unfollowable ?? (slice.order === undefined ? 'unordered' : undefined)
      }
    }
    return result instanceof Selection ? new Selection(result.table, ended) : ended
  }
  return result
}

function range(call: Call): Val {
  if (call.count === 0) {
    let n = 0
    return new Stream(() => n++, true)
  }
  let at = call.count === 1 ? 0 : call.integer(0)
  const end = asInteger(call.datum(call.count - 1))
  return new Stream(() => (at < end ? at++ : undefined))
}

function sample(call: Call): Val {
  const value = call.first
  const count = call.integer(1)
  if (count < 0) fail(`Number of items to sample must be non-negative, got \`${count}\`.`)
  const rows: Datum[] = []
  const pull = finite(toStream(value))
  let seen = 0
  for (let row = pull(); row !== undefined; row = pull()) {
    seen++
    const at = rows.length < count ? rows.length : Math.floor(Math.random() * seen)
    if (at < count) rows[at] = row
  }
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[rows[i], rows[j]] = [rows[j], rows[i]]
  }
  const selection = selectionOf(value)
  return selection === undefined ? rows : new Selection(selection.table, rows)
}

function isEmpty(call: Call): Val {
  return waiting(toStream(call.first))() === undefined
}

function offsetsOf(call: Call): Val {
  const wanted = call.val(1)
  const isMatch =
    wanted instanceof Func
      ? (row: Datum) => filterTest(wanted, row, isObjectTerm(wanted), () => false)
      : (row: Datum) => equal(row, asDatum(wanted))
  const make = (pull: Pull): Pull => {
    let at = -1
    return () => {
      for (let row = pull(); row !== undefined; row = pull()) {
        at++
        if (isMatch(row)) return at
      }
      return undefined
    }
  }
  return derive(call, call.first, make, false)
}

export { countByKey, openByKey } from '../engine-index.ts'
export { boundsFilter } from './between.ts'

export const terms: Operations = {
  between,
  map,
  concatMap,
  filter,
  slice,
  skip(call) {
    const count = call.integer(1)
    const value = plainFirst(call)
    if (Array.isArray(value)) return value.slice(count < 0 ? Math.max(0, value.length + count) : count)
    if (!(value instanceof Special)) {
      if (value instanceof Uint8Array) return value.slice(count)
      if (typeof value === 'string') return [...value].slice(count).join('')
      return fail(`Expected ARRAY, BINARY, or STRING, but found ${typeName(value)}.`)
    }
    if (count < 0) fail('Cannot use a negative left index on a stream.')
    return sliced(call, value, count, Infinity)
  },
  limit(call) {
    const value = call.first
    if (!(value instanceof Special) || value instanceof Row) toStream(value)
    const count = call.shortInteger(1)
    if (count < 0) fail(`LIMIT takes a non-negative argument (got ${count})`)
    return Array.isArray(value) ? value.slice(0, count) : sliced(call, value, 0, count)
  },
  range,
  sample,
  isEmpty,
  offsetsOf,
}
