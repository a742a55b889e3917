// groupBy and distinct: documents grouped by their value at a path.

import { GROUP_NONE, GroupTable } from '../../core/derived/index.ts'
import { performance } from '../../core/index.ts'
import { compareSorted } from '../../query/filters.ts'
import type { CompiledFilter, Constant } from '../../query/index.ts'
import type { Value } from '../../value/index.ts'
import { setField } from '../merge.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import type { Accumulator } from './accumulate.ts'
import { type AggregateRequest, accumulatorOf, type GroupRow } from './aggregate.ts'
import { FIELDS_CHUNK, FieldReader } from './fields.ts'
import { type ValueIdentity, valueIdentity } from './identity.ts'
import { MatchScan } from './match.ts'
import { Sorter } from './order.ts'
import { planOf } from './plan.ts'

interface Group {
  /** Undefined for documents without the field. */
  key: Constant | undefined
  count: number
  /** For the aggregates that have a path, in their order. */
  readonly accumulators: readonly Accumulator[]
}

/**
 * The core's table of one partition, and the group here for each of its groups: several may be one, such as those of 5
 * and 5n.
 */
interface CoreGroups {
  readonly table: GroupTable
  readonly groups: Group[]
}

/** The core handles the common case, scalar keys with numbers to aggregate; the rest is done here, value by value. */
class Grouping {
  readonly #aggregates: readonly AggregateRequest[]
  /** The key first, then the fields that the aggregates read. */
  readonly #fields: FieldReader
  readonly #groups = new Map<ValueIdentity, Group>()
  readonly #tables = new Map<Partition, CoreGroups | undefined>()
  /** For each of the current documents. */
  readonly #found: Group[] = []

  constructor(path: string, aggregates: readonly AggregateRequest[]) {
    this.#aggregates = aggregates.filter((aggregate) => aggregate.path !== undefined)
    this.#fields = new FieldReader([path, ...this.#aggregates.map((aggregate) => aggregate.path!)])
  }

  add(partition: Partition, addresses: Uint32Array, count: number): void {
    const core = this.#coreOf(partition)
    this.#fields.fillField(partition, addresses, count, 0)
    const others = core === undefined ? count : core.table.takeKeys(count)
    if (core !== undefined) this.#takeNew(core)
    if (others > 0) this.#findOthers(core, count)
    for (let field = 0; field < this.#aggregates.length; field++) {
      this.#fields.fillField(partition, addresses, count, field + 1)
      const left = core === undefined ? 0 : core.table.takeNumbers(field, count)
      for (let i = 0; i < left; i++) this.#addLeft(core!, field, core!.table.leftRow(i))
      if (others > 0) this.#addOthers(core, field, count)
    }
  }

  #coreOf(partition: Partition): CoreGroups | undefined {
    if (!this.#tables.has(partition)) {
      const table = GroupTable.open(partition.store.memory, this.#aggregates.length)
      this.#tables.set(partition, table === undefined ? undefined : { table, groups: [] })
    }
    return this.#tables.get(partition)
  }

  #takeNew({ table, groups }: CoreGroups): void {
    for (let number = groups.length; number < table.groups; number++) {
      groups.push(this.#groupOf(this.#fields.value(table.firstRow(number), 0)))
    }
  }

  /** Finds the groups of rows that have none in the core. */
  #findOthers(core: CoreGroups | undefined, count: number): void {
    for (let row = 0; row < count; row++) {
      if (core !== undefined && core.table.groupOf(row) !== GROUP_NONE) continue
      const group = this.#groupOf(this.#fields.value(row, 0))
      group.count++
      this.#found[row] = group
    }
  }

  #addOthers(core: CoreGroups | undefined, field: number, count: number): void {
    for (let row = 0; row < count; row++) {
      if (core === undefined || core.table.groupOf(row) === GROUP_NONE) this.#addTo(this.#found[row]!, field, row)
    }
  }

  #addLeft({ table, groups }: CoreGroups, field: number, row: number): void {
    this.#addTo(groups[table.groupOf(row)]!, field, row)
  }

  #addTo({ accumulators }: Group, field: number, row: number): void {
    const value = this.#fields.value(row, field + 1)
    if (value !== undefined) accumulators[field]!.add(value)
  }

  #groupOf(key: Constant | undefined): Group {
    const identity = valueIdentity(key)
    let group = this.#groups.get(identity)
    if (group === undefined) {
      const accumulators = this.#aggregates.map(({ operator }) => accumulatorOf(operator as '$sum'))
      group = { key, count: 0, accumulators }
      this.#groups.set(identity, group)
    } else if (typeof group.key === 'bigint' && typeof key === 'number') {
      // 5 and 5n share a group, whichever came first.
      group.key = key
    }
    return group
  }

  /** The groups, in no particular order. */
  finish(): Group[] {
    for (const core of this.#tables.values()) {
      core?.groups.forEach((group, number) => {
        group.count += core.table.count(number)
        group.accumulators.forEach((accumulator, field) => {
          accumulator.addSum(core.table.sum(number, field))
        })
      })
    }
    return [...this.#groups.values()]
  }

  /** Releases the core's memory. */
  close(): void {
    for (const core of this.#tables.values()) core?.table.close()
    this.#tables.clear()
  }
}

async function groupAll(
  state: CollectionState,
  filter: CompiledFilter,
  path: string,
  aggregates: readonly AggregateRequest[],
): Promise<Group[]> {
  // A partition may be created meanwhile.
  while (!state.parts.every((part) => part.isDerived)) {
    await state.prepare(true)
    for (const { store } of state.parts) await store.derive()
  }
  const refusal = state.refuseRead()
  if (refusal !== null) throw refusal
  const scan = new MatchScan(state, planOf(state, filter), state.parts)
  const grouping = new Grouping(path, aggregates)
  try {
    const addresses = new Uint32Array(FIELDS_CHUNK)
    let began = performance.now()
    for (;;) {
      const count = scan.read(addresses)
      if (count < 0) return await inOrder(grouping.finish())
      if (count > 0) grouping.add(scan.partition, addresses, count)
      if (performance.now() - began < SLICE_MS) continue
      await pause()
      const refusal = state.refuseRead()
      if (refusal !== null) throw refusal
      began = performance.now()
    }
  } finally {
    grouping.close()
  }
}

/** Number of groups sorted in one step, less than one run of the sorter. */
const ORDER_CHUNK = 1_024

/** By key, in the order of `sort`, in steps: there may be as many groups as documents. */
async function inOrder(groups: readonly Group[]): Promise<Group[]> {
  const sorter = new Sorter<Group>((a, b) => compareSorted(a.key, b.key), Infinity)
  const ordered: Group[] = []
  let began = performance.now()
  for (let done = 0; ordered.length < groups.length; ) {
    if (done < groups.length) {
      for (const group of groups.slice(done, done + ORDER_CHUNK)) sorter.add(group)
      done += ORDER_CHUNK
      if (done >= groups.length) sorter.finish()
    } else {
      for (let i = ORDER_CHUNK; i > 0; i--) {
        const group = sorter.take()
        if (group === undefined) break
        ordered.push(group)
      }
    }
    if (performance.now() - began < SLICE_MS) continue
    await pause()
    began = performance.now()
  }
  return ordered
}

/** The rows of groupBy. */
export async function groupBy(
  state: CollectionState,
  filter: CompiledFilter,
  path: string,
  aggregates: readonly AggregateRequest[],
): Promise<GroupRow[]> {
  const groups = await groupAll(state, filter, path, aggregates)
  const rows: GroupRow[] = []
  let began = performance.now()
  for (const group of groups) {
    if (rows.push(rowOf(group, aggregates)) % ORDER_CHUNK !== 0 || performance.now() - began < SLICE_MS) continue
    await pause()
    began = performance.now()
  }
  return rows
}

function rowOf({ key, count, accumulators }: Group, aggregates: readonly AggregateRequest[]): GroupRow {
  const row: Record<string, unknown> = { key, count }
  let next = 0
  for (const { name, path } of aggregates) {
    setField(row, name, path === undefined ? count : accumulators[next++]!.result())
  }
  return row as unknown as GroupRow
}

/** The distinct values at a path. */
export async function distinctValues(state: CollectionState, filter: CompiledFilter, path: string): Promise<Value[]> {
  const groups = await groupAll(state, filter, path, [])
  return groups.filter(({ key }) => key !== undefined).map(({ key }) => key as Value)
}
