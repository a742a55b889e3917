// `changes`: changes of a document, of a range of a table, of the first rows of an index. Writes notify their table,
// and the table its feeds.

import { clearTimeout, performance, setTimeout, TIMER_MS_MAX } from '../../../engine/index.ts'
import { asInteger, type Datum, equal, type Fields, field, isObject, Time, typeName } from '../datum.ts'
import { Failure, fail, failLimit, ReqlOpFailedError, ReqlRuntimeError } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import { unionFeed } from '../feeds.ts'
import { adminPart } from '../parts.ts'
import type { Query, Watched } from '../query.ts'
import type { Operations } from '../registry.ts'
import type { Followed, Listener, RowChange } from '../store.ts'
import {
  type Feed,
  Grouped,
  type Pull,
  pullArray,
  Row,
  Selection,
  type Slice,
  type Step,
  Stream,
  TableSlice,
  type Val,
  type Virtual,
  VirtualTable,
  wrongKind,
} from '../values.ts'
import { Backlog, Queue } from './backlog.ts'
import { indexOf, isWithin, openSlice } from './reading.ts'

/** The options of a `changes` term. */
interface Options {
  readonly query: Query
  readonly hasInitial: boolean
  readonly hasStates: boolean
  readonly hasTypes: boolean
  readonly hasOffsets: boolean
  /** Merges unread changes of a document into one; seconds to gather them, or false. */
  readonly squash: number | false
  readonly queueSize: number
}

function optionsOf(call: Call): Options {
  const given = call.datumOption('squash')
  const squash = given === undefined ? false : given
  if (typeof squash === 'number' && squash < 0) {
    fail('Expected BOOL or a positive NUMBER but found a negative NUMBER.')
  }
  if (typeof squash !== 'number' && typeof squash !== 'boolean') {
    fail(`Expected BOOL or NUMBER but found ${typeName(squash)}.`)
  }
  const size = call.datumOption('changefeed_queue_size')
  const queueSize = size === undefined ? 100_000 : call.blame('changefeed_queue_size', asInteger, size)
  if (queueSize < 1) fail(`Illegal changefeed queue size \`${queueSize}\`.  (Must be >= 1.)`)
  return {
    query: call.query,
    hasInitial: call.boolOption('include_initial'),
    hasStates: call.boolOption('include_states'),
    hasTypes: call.boolOption('include_types'),
    hasOffsets: call.boolOption('include_offsets'),
    squash: squash === true ? 0 : squash,
    queueSize,
  }
}

/** A copy that shares nothing with what a caller may still hold. */
function copy<D extends Datum>(value: D): D {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copy) as D
  if (!isObject(value) || (value as unknown) instanceof Time) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)])) as D
}

/** A queue of what a feed will report. */
class TableFeed implements Feed, Watched {
  readonly className: Feed['className']
  readonly #table: Followed
  readonly #options: Options
  #ready = new Queue<Fields>()
  #pending = new Backlog()
  #skipped = 0
  /** A feed has one reader; what it waited with before has been woken, maybe by another feed of a union. */
  #waker: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #error: unknown
  #isClosed = false
  #since = 0
  readonly #listener: Listener

  constructor(
    table: Followed,
    className: Feed['className'],
    options: Options,
    listen: (feed: TableFeed, changes: readonly RowChange[]) => void,
  ) {
    this.className = className
    this.#table = table
    this.#options = options
    const hear = (tell: () => void) => {
      try {
        tell()
      } catch (error) {
        this.#error = error
      }
      this.#wake()
    }
    this.#listener = {
      changed: (changes) => hear(() => listen(this, changes)),
      dropped: () =>
        hear(() => {
          // The database is closing.
          if (table.isGone === false) throw new Failure(ReqlRuntimeError, 'Connection is closed.')
          throw new Failure(ReqlOpFailedError, 'Changefeed aborted (table unavailable).')
        }),
    }
    table.listen(this.#listener)
    const { query } = options
    const { end } = query
    query.end = () => {
      this.close()
      end?.()
    }
    // A query that waits for it ends with its connection.
    query.watch?.(this)
  }

  /** Reports the initial rows and states, as far as the options ask for them. */
  begin(initial: () => Iterable<{ row: Datum; extra?: Fields }>): void {
    const { hasInitial, hasStates } = this.#options
    if (hasStates && hasInitial) this.#state('initializing')
    if (hasInitial) {
      for (const { row, extra } of initial()) {
        this.#ready.push(this.#typed({ new_val: copy(row), ...extra }, 'initial'))
      }
    }
    if (hasStates) this.#state('ready')
  }

  #state(state: string): void {
    this.#ready.push(this.#typed({ state }, 'state'))
  }

  #typed(change: Fields, type: string): Fields {
    return this.#options.hasTypes ? { ...change, type } : change
  }

  /** Adds a change, unless nothing changed. */
  add(key: Datum | undefined, old: Datum, next: Datum, extra?: Fields): void {
    if (extra === undefined && equal(old, next)) return
    const { squash, queueSize } = this.#options
    const merged = squash === false ? undefined : key
    const told = copy(next)
    if (merged !== undefined && this.#pending.merge(merged, told)) return
    if (this.#pending.size === 0) this.#since = performance.now()
    this.#pending.add(merged, copy(old), told, extra)
    if (this.#pending.size <= queueSize) return
    this.#pending.shift()
    this.#skipped++
  }

  get #isGathering(): boolean {
    const { squash } = this.#options
    return squash !== false && squash > 0 && performance.now() - this.#since < squash * 1000
  }

  poll(): Datum | undefined {
    const ready = this.#ready.shift()
    if (ready !== undefined) return ready
    if (this.#error !== undefined) throw this.#error
    if (this.#pending.size === 0 || this.#isGathering) return undefined
    if (this.#skipped > 0) {
      const error = `Changefeed cache over array size limit, skipped ${this.#skipped} elements.`
      this.#skipped = 0
      return { error }
    }
    const { old, new: next, extra } = this.#pending.shift()!
    const type = old === null ? 'add' : next === null ? 'remove' : 'change'
    return this.#typed({ new_val: next, old_val: old, ...extra }, type)
  }

  wait(wake: () => void): void {
    if (this.#ready.size > 0 || this.#error !== undefined) {
      wake()
      return
    }
    this.#waker = wake
    if (this.#pending.size > 0) this.#wake()
  }

  #wake(): void {
    const wake = this.#waker
    if (wake === undefined) return
    const { squash } = this.#options
    const left = squash === false ? 0 : this.#since + squash * 1000 - performance.now()
    if (left > 0 && this.#error === undefined) {
      this.#timer ??= setTimeout(() => this.#expire(), Math.min(left + 1, TIMER_MS_MAX))
      return
    }
    this.#stopTimer()
    this.#waker = undefined
    wake()
  }

  #expire(): void {
    this.#timer = undefined
    this.#wake()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  get isOver(): boolean {
    return this.#isClosed
  }

  abort(): void {
    this.close()
  }

  close(): void {
    this.#isClosed = true
    // A connection keeps feeds that have ended for a while.
    this.#ready = new Queue()
    this.#pending = new Backlog()
    this.#stopTimer()
    this.#waker = undefined
    this.#table.unlisten(this.#listener)
  }
}

function streamOf(feed: Feed): Stream {
  const stream = new Stream(() => feed.poll(), true)
  stream.feed = feed
  return stream
}

function refuseOffsets(options: Options, of: string): void {
  if (options.hasOffsets) fail(`Cannot include offsets for ${of} subs.`)
}

/** One document by its key. */
function pointFeed(row: Row, table: Followed, options: Options): Stream {
  refuseOffsets(options, 'point')
  const feed = new TableFeed(table, 'AtomFeed', options, (own, changes) => {
    for (const change of changes) if (equal(change.key as Datum, row.key)) own.add(row.key, change.old, change.new)
  })
  feed.begin(() => [{ row: row.value }])
  return streamOf(feed)
}

/** The table that tells of changes of a document. */
function followedBy(row: Row): Followed {
  return row.virtual ?? adminPart.now?.configTable(row) ?? row.table
}

function applySteps(row: Datum, steps: readonly Step[]): Datum {
  let value: Datum | undefined = row
  if (row === null) return null
  for (const step of steps) {
    value = step.apply(value)
    if (value === undefined) return null
  }
  return value
}

/** Like `applySteps`, for a running feed: rows for which a step fails are left out, as an index does. */
function followSteps(row: Datum, steps: readonly Step[]): Datum {
  try {
    return applySteps(row, steps)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

/** The keys of a row that lie in the slice of an index; each as often as `getAll` names it. */
function keysIn(slice: Slice, row: Datum): Datum[] {
  if (row === null) return []
  const { table, bounds, keys: wanted, holds } = slice
  const name = slice.index
  const isPrimary = name === undefined || name === table.primaryKey
  const keys = isPrimary ? [field(row as Fields, table.primaryKey) as Datum] : (indexOf(table, name)?.keysOf(row) ?? [])
  if (wanted !== undefined) return keys.flatMap((key) => wanted.filter((one) => equal(one, key)))
  return keys.filter((key) => {
    if (holds !== undefined) return holds(key)
    if (bounds === undefined) return true
    return isWithin(key, bounds)
  })
}

/** Rows of a table; through an index with many keys, a row may occur several `times`. */
function rowsFeed(
  table: Followed,
  open: () => Pull,
  times: (row: Datum) => number,
  steps: readonly Step[],
  options: Options,
): Stream {
  refuseOffsets(options, 'range')
  const feed = new TableFeed(table, 'Feed', options, (own, changes) => {
    for (const { key, old, new: next } of changes) {
      const before = times(old)
      const after = times(next)
      for (let i = 0; i < Math.max(before, after); i++) {
        const was = i < before ? followSteps(old, steps) : null
        const is = i < after ? followSteps(next, steps) : null
        own.add(key as Datum, was, is)
      }
    }
  })
  feed.begin(function* () {
    const pull = open()
    for (let row = pull(); row !== undefined; row = pull()) {
      const value = applySteps(row, steps)
      if (value !== null) yield { row: value }
    }
  })
  return streamOf(feed)
}

function rangeFeed(slice: Slice, steps: readonly Step[], options: Options): Stream {
  const open = slice.open ?? (() => openSlice(slice))
  return rowsFeed(slice.table, open, (row) => keysIn(slice, row).length, steps, options)
}

function virtualFeed(virtual: Virtual, steps: readonly Step[], options: Options): Stream {
  return rowsFeed(
    virtual,
    () => pullArray(virtual.rows()),
    (row) => (row === null ? 0 : 1),
    steps,
    options,
  )
}

/** The first rows in an order. */
function limitFeed(slice: Slice, steps: readonly Step[], limit: number, options: Options): Stream {
  const { query } = options
  if (limit > query.arrayLimit) {
    failLimit(
      `Array size limit \`${query.arrayLimit}\` exceeded.  (\`.limit(X).changes()\` is illegal if X is larger than the array size limit.)`,
    )
  }
  const { primaryKey } = slice.table
  const isMulti = slice.index !== undefined && indexOf(slice.table, slice.index)?.info.multi === true
  const first = (apply = followSteps): { key: Datum; row: Datum }[] => {
    const rows: { key: Datum; row: Datum }[] = []
    const pull = openSlice(slice)
    for (let row = pull(); row !== undefined && rows.length < limit; row = pull()) {
      const value = apply(row, steps)
      if (value === null) continue
      const key = (row as Fields)[primaryKey]
      // A document may occur several times.
      const again = isMulti ? rows.filter((one) => equal((one.key as Datum[])[0], key)).length : 0
      rows.push({ key: [key, again], row: copy(value) })
    }
    return rows
  }
  let current = first(applySteps)
  const offset = (name: string, at: number): Fields => (options.hasOffsets ? { [name]: at < 0 ? null : at } : {})
  const feed = new TableFeed(slice.table, 'OrderByLimitFeed', options, (own) => {
    const next = first()
    const at = (rows: { key: Datum }[], key: Datum) => rows.findIndex((one) => equal(one.key, key))
    const gone = current.filter(({ key }) => at(next, key) < 0)
    const come = next.filter(({ key }) => at(current, key) < 0)
    for (const { key, row } of next) {
      const before = at(current, key)
      if (before >= 0 && !equal(current[before].row, row)) {
        own.add(undefined, current[before].row, row, {
          ...offset('old_offset', before),
          ...offset('new_offset', at(next, key)),
        })
      }
    }
    for (let i = 0; i < Math.max(gone.length, come.length); i++) {
      const extra = {
        ...offset('old_offset', i < gone.length ? at(current, gone[i].key) : -1),
        ...offset('new_offset', i < come.length ? at(next, come[i].key) : -1),
      }
      own.add(undefined, gone[i]?.row ?? null, come[i]?.row ?? null, extra)
    }
    current = next
  })
  feed.begin(() => current.map(({ row }, i) => ({ row, extra: offset('new_offset', i) })))
  return streamOf(feed)
}

function requireFollowable(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind === 'zip') fail('Cannot call `changes` after `zip`.')
    if (!step.isFixed) fail('Cannot call `changes` after a non-deterministic function.')
  }
}

/** `after`: what is done to the rows of the union that this is a part of. */
function follow(value: Val, options: Options, after: readonly Step[] = []): Stream {
  if (value instanceof Grouped) fail('Cannot call `changes` after `group`.')
  if (value instanceof TableSlice) {
    // The order of a whole index has no effect on its changes.
    return rangeFeed(value.slice, after, options)
  }
  if (value instanceof VirtualTable) return virtualFeed(value.virtual, after, options)
  const source = value instanceof Selection ? value.source : value
  if (!(source instanceof Stream)) {
    if (Array.isArray(source)) fail('Cannot call `changes` on an eager stream.')
    return wrongKind('SELECTION', value)
  }
  if (source.feed !== undefined) fail('Cannot call `changes` on an eager stream.')
  if (source.unfollowable === 'slice') fail('Cannot call `changes` on a slice of a union.')
  if (source.unfollowable === 'unordered') fail('Cannot get changes on the first elements of an unordered stream.')
  if (source.unfollowable === 'concat_map') fail('Cannot call `changes` after `concat_map`.')
  const steps = [...source.steps, ...after]
  if (source.parts !== undefined && source.unfollowable === undefined) {
    requireFollowable(steps)
    const streams = source.parts.map((part) => follow(part, options, steps))
    return streams.length === 1 ? streams[0] : streamOf(unionFeed(streams))
  }
  if (source.virtual !== undefined && source.unfollowable === undefined) {
    requireFollowable(steps)
    return virtualFeed(source.virtual, steps, options)
  }
  if (source.slice === undefined || source.unfollowable !== undefined) {
    fail('Cannot call `changes` on an eager stream.')
  }
  requireFollowable(steps)
  return source.limit === undefined
    ? rangeFeed(source.slice, steps, options)
    : limitFeed(source.slice, steps, source.limit, options)
}

export { feedOf, unionFeed } from '../feeds.ts'

export const terms: Operations = {
  changes(call) {
    const { first, query } = call
    const options = optionsOf(call)
    const told: Datum[] = []
    // A query that waits for its own feed is evaluated again: the feed stays, and repeats what it has reported.
    const live = query.once(() => {
      if (!(first instanceof Row)) return follow(first, options)
      if (first.slice !== undefined) return limitFeed(first.slice, [], 1, options)
      return pointFeed(first, followedBy(first), options)
    })
    const history = query.once(() => told)
    let at = 0
    const stream = new Stream(() => {
      if (at < history.length) return history[at++]
      const change = live.pull()
      if (change !== undefined && !query.isAnswered) {
        history.push(change)
        at++
      }
      return change
    }, true)
    stream.feed = live.feed
    return stream
  },
}
