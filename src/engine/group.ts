// groupBy and distinct: documents put together by what they hold at a path.

import { type CompiledFilter, type Constant, compareSorted } from '../query/index.ts'
import type { Value } from '../value/index.ts'
import type { Accumulator } from './accumulate.ts'
import { type AggregateRequest, accumulatorOf, type GroupRow } from './aggregate.ts'
import { FieldReader } from './fields.ts'
import { type ValueIdentity, valueIdentity } from './identity.ts'
import { MatchScan } from './match.ts'
import { setField } from './merge.ts'
import type { Partition } from './partition.ts'
import { pause, SLICE_MS } from './pause.ts'
import { planOf } from './plan.ts'
import type { CollectionState } from './state.ts'

interface Group {
  /** Undefined for documents without the field. */
  key: Constant | undefined
  count: number
  /** Of the aggregates that have a path, in their order. */
  readonly accumulators: readonly Accumulator[]
}

const CHUNK = 256

class Grouping {
  readonly #aggregates: readonly AggregateRequest[]
  /** The key first, then what the aggregates read. */
  readonly #fields: FieldReader
  readonly #groups = new Map<ValueIdentity, Group>()

  constructor(path: string, aggregates: readonly AggregateRequest[]) {
    this.#aggregates = aggregates.filter((aggregate) => aggregate.path !== undefined)
    this.#fields = new FieldReader([path, ...this.#aggregates.map((aggregate) => aggregate.path!)])
  }

  add(partition: Partition, addresses: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) this.#addValues(this.#fields.read(partition, addresses[i]!))
  }

  #addValues(values: readonly (Constant | undefined)[]): void {
    const { accumulators } = this.#groupOf(values[0])
    for (let i = 0; i < accumulators.length; i++) {
      const value = values[i + 1]
      if (value !== undefined) accumulators[i]!.add(value)
    }
  }

  #groupOf(key: Constant | undefined): Group {
    const identity = valueIdentity(key)
    let group = this.#groups.get(identity)
    if (group === undefined) {
      const accumulators = this.#aggregates.map(({ operator }) => accumulatorOf(operator as '$sum'))
      group = { key, count: 0, accumulators }
      this.#groups.set(identity, group)
    } else if (typeof group.key === 'bigint' && typeof key === 'number') {
      // One group for both kinds of a number, whichever came first.
      group.key = key
    }
    group.count++
    return group
  }

  /** The groups by key, in the order of `sort`. */
  sorted(): Group[] {
    return [...this.#groups.values()].sort((a, b) => compareSorted(a.key, b.key))
  }
}

async function groupAll(
  state: CollectionState,
  filter: CompiledFilter,
  path: string,
  aggregates: readonly AggregateRequest[],
): Promise<Group[]> {
  const scan = new MatchScan(state, planOf(state, filter), state.parts)
  const grouping = new Grouping(path, aggregates)
  const addresses = new Uint32Array(CHUNK)
  let began = performance.now()
  for (;;) {
    const count = scan.read(addresses)
    if (count < 0) return grouping.sorted()
    grouping.add(scan.partition, addresses, count)
    if (performance.now() - began < SLICE_MS) continue
    await pause()
    const refusal = state.refuseRead()
    if (refusal !== null) throw refusal
    began = performance.now()
  }
}

/** The rows of groupBy. */
export async function groupBy(
  state: CollectionState,
  filter: CompiledFilter,
  path: string,
  aggregates: readonly AggregateRequest[],
): Promise<GroupRow[]> {
  const groups = await groupAll(state, filter, path, aggregates)
  return groups.map(({ key, count, accumulators }) => {
    const row: Record<string, unknown> = { key, count }
    let next = 0
    for (const { name, path } of aggregates) {
      setField(row, name, path === undefined ? count : accumulators[next++]!.result())
    }
    return row as unknown as GroupRow
  })
}

/** The values at a path, each once. */
export async function distinctValues(state: CollectionState, filter: CompiledFilter, path: string): Promise<Value[]> {
  const groups = await groupAll(state, filter, path, [])
  return groups.flatMap(({ key }) => (key === undefined ? [] : [key as Value]))
}
