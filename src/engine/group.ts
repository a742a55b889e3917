// groupBy and distinct: documents put together by what they hold at a path.

import { type CompiledFilter, type Constant, compareSorted } from '../query/index.ts'
import type { Value } from '../value/index.ts'
import type { Accumulator } from './accumulate.ts'
import { type AggregateRequest, accumulatorOf, type GroupRow } from './aggregate.ts'
import { FIELDS_CHUNK, FieldReader } from './fields.ts'
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

/** A group whose key is a text, and the text as UTF-8. */
interface TextGroup {
  readonly hash: number
  readonly utf8: Uint8Array
  readonly group: Group
}

const RECENT = 256

class Grouping {
  readonly #aggregates: readonly AggregateRequest[]
  /** The key first, then what the aggregates read. */
  readonly #fields: FieldReader
  readonly #groups = new Map<ValueIdentity, Group>()
  /** Groups of texts by tag and hash, one for each: the texts of others with the same hash are decoded. */
  readonly #texts = new Map<number, TextGroup>()
  /** Those met last, by some bits of the hash: few groups are found without the map. */
  readonly #recent = new Array<TextGroup | undefined>(RECENT).fill(undefined)
  /** Of the documents under way. */
  readonly #found: Group[] = []

  constructor(path: string, aggregates: readonly AggregateRequest[]) {
    this.#aggregates = aggregates.filter((aggregate) => aggregate.path !== undefined)
    this.#fields = new FieldReader([path, ...this.#aggregates.map((aggregate) => aggregate.path!)])
  }

  add(partition: Partition, addresses: Uint32Array, count: number): void {
    this.#fields.fill(partition, addresses, count)
    const keys = this.#fields.columns[0]!
    const found = this.#found
    for (let i = 0; i < count; i++) {
      const group = keys.isText(i) ? this.#textGroupOf(i) : this.#groupOf(this.#fields.value(i, 0))
      group.count++
      found[i] = group
    }
    for (let field = 0; field < this.#aggregates.length; field++) this.#accumulate(field, count)
  }

  #accumulate(field: number, count: number): void {
    const cells = this.#fields.columns[field + 1]!
    const { numbers } = cells
    for (let i = 0; i < count; i++) {
      const accumulator = this.#found[i]!.accumulators[field]!
      if (cells.isNumber(i)) {
        accumulator.addNumber(numbers[i]!)
        continue
      }
      const value = this.#fields.value(i, field + 1)
      if (value !== undefined) accumulator.add(value)
    }
  }

  #textGroupOf(i: number): Group {
    const keys = this.#fields.columns[0]!
    const hash = keys.kinds[i]! | 0
    const place = (hash >>> 8) & (RECENT - 1)
    let known = this.#recent[place]
    if (known?.hash !== hash) known = this.#texts.get(hash)
    if (known !== undefined && keys.compareText(i, known.utf8) === 0) {
      this.#recent[place] = known
      return known.group
    }
    const group = this.#groupOf(keys.text(i))
    if (known === undefined) this.#texts.set(hash, { hash, utf8: keys.utf8(i), group })
    return group
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
  const addresses = new Uint32Array(FIELDS_CHUNK)
  let began = performance.now()
  for (;;) {
    const count = scan.read(addresses)
    if (count < 0) return grouping.sorted()
    if (count > 0) grouping.add(scan.partition, addresses, count)
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
