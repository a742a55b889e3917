// Terms that read a whole sequence for one value. Over a large table that takes long, so the event loop turns meanwhile.
//
// The query is suspended and the value kept; evaluated anew, the term finds it. That changes no answer: the query
// writes nothing and nothing in it is random, and the other queries wait for it. Whoever else writes meanwhile (through
// another interface) makes it start again, in one stretch: so what it answers was true at one moment.

import { pause, performance, SLICE_MS } from '../../../engine/index.ts'
import { isAnew } from '../check.ts'
import type { Datum } from '../datum.ts'
import { type Call, finite, toStream, waiting } from '../evaluate.ts'
import type { Node } from '../node.ts'
import { type Query, Suspension } from '../query.ts'
import type { Store } from '../store.ts'
import { KINDS, T } from '../terms.ts'
import type { Pull, Stream, Val } from '../values.ts'

/** Rows between two looks at the clock. */
const ROWS = 32

interface Kept {
  /** That of all tables; see `versionOf`. */
  readonly version: number
  /** What terms have answered, or thrown. */
  readonly answers: Map<Node, { readonly value?: unknown; readonly error?: unknown }>
  /** Whether a term is under way: those within it run in one stretch. */
  isBusy: boolean
}

/** By query, once it has taken turns; null when it may not take any more. */
const KEPT = new WeakMap<Query, Kept | null>()

/** Whether the query of a term only reads, and reads the same when it is evaluated again. */
const STEADY = new WeakMap<Node, boolean>()

/** Thrown by a filter when time is up. */
const TIME_UP = {}

/** A sequence that must end. */
export function finiteOf(value: Val): Stream {
  const stream = toStream(value)
  finite(stream)
  return stream
}

/**
 * Visits the values of a sequence, until a visit returns true, and answers with `answer()`.
 */
export function goThrough<V>(call: Call, stream: Stream, visit: (row: Datum) => unknown, answer: () => V): V {
  const { query, node } = call
  const mayTurn = call.scope === null && !call.isOfGroup && stream.feed === undefined && !query.isAnswered
  if (mayTurn && query.root !== undefined) {
    const kept = keptOf(query)?.answers.get(node)
    if (kept !== undefined) {
      if (kept.error !== undefined) throw kept.error
      return kept.value as V
    }
  }
  const pull = waiting(stream)
  if (!mayTurn || !isSteady(query) || KEPT.get(query) === null || KEPT.get(query)?.isBusy) {
    for (let row = pull(); row !== undefined && visit(row) !== true; row = pull());
    return answer()
  }
  const goOn = () => visitSome(stream, pull, visit)
  if (!goOn()) query.hold(inTurns(query, node, goOn, answer))
  return answer()
}

/** Visits values for the length of a slice. Returns true at the end, or when a visit returns true. */
export function visitSome(stream: Stream, pull: Pull, visit: (row: Datum) => unknown): boolean {
  const until = performance.now() + SLICE_MS
  let rows = 0
  const isOver = () => ++rows % ROWS === 0 && performance.now() > until
  watch(stream, () => {
    if (isOver()) throw TIME_UP
  })
  try {
    for (let row = pull(); row !== undefined && visit(row) !== true; row = pull()) if (isOver()) return false
    return true
  } catch (error) {
    if (error !== TIME_UP) throw error
    return false
  } finally {
    watch(stream, undefined)
  }
}

/** Filters report the rows they leave out. */
function watch({ slice, steps }: Stream, isLeft: (() => void) | undefined): void {
  // Between a slice and its steps there is nothing that would lose a row.
  if (slice !== undefined) for (const step of steps) step.isLeft = isLeft
}

async function inTurns(query: Query, node: Node, goOn: () => boolean, answer: () => unknown) {
  const version = versionOf(query.store)
  const kept: Kept = KEPT.get(query) ?? { version, answers: new Map(), isBusy: false }
  KEPT.set(query, kept)
  kept.isBusy = true
  try {
    do {
      await pause()
      if (versionOf(query.store) !== version) return
    } while (!goOn())
    kept.answers.set(node, { value: answer() })
  } catch (error) {
    if (error instanceof Suspension) KEPT.set(query, null)
    else kept.answers.set(node, { error })
  } finally {
    kept.isBusy = false
  }
}

/** What a query keeps; where something was written since, nothing. */
function keptOf(query: Query): Kept | null | undefined {
  const kept = KEPT.get(query)
  if (!kept || kept.version === versionOf(query.store)) return kept
  KEPT.set(query, null)
  return null
}

/** Changes with every write to a table. */
function versionOf({ labelled }: Store): number {
  let version = 0
  for (const { direct } of labelled.values()) version += direct.version
  return version
}

function isSteady({ root }: Query): boolean {
  if (root === undefined) return false
  let is = STEADY.get(root)
  if (is === undefined) {
    is = isReading(root) && !isAnew(root)
    STEADY.set(root, is)
  }
  return is
}

function isReading({ type, args, optargs }: Node): boolean {
  if (type === T.DATUM) return true
  // An object of terms is of none.
  const kind = KINDS[type]
  if (kind?.traits.includes('w') || kind?.name === 'changes') return false
  return args.every(isReading) && Object.values(optargs).every(isReading)
}
