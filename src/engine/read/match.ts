// The documents that match a filter, found step by step. Everything that reads, counts, alters, groups or searches by
// filter uses this.
//
// There is no snapshot. Documents come partition by partition, each in the way the plan finds them. A document that
// exists and matches throughout is met exactly once, whatever is written between the steps. One that is inserted
// meanwhile, or starts or stops matching, may be met or not; one that moves to another partition counts as removed and
// inserted. However much is written between the steps, no more documents are met than there were slots at the start.

import { performance } from '../../core/index.ts'
import type { CompiledFilter, Residual } from '../../query/index.ts'
import type { Partition, Projection } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import type { Candidates } from './candidates.ts'
import { isEverything } from './filter.ts'
import type { Plan } from './plan.ts'
import { fieldsProjection } from './projection.ts'

export class MatchScan {
  /** The partition of the addresses from the last step; `part` is its index in the collection. */
  partition!: Partition
  part = -1
  readonly #state: CollectionState
  readonly #plan: Plan
  readonly #parts: readonly Partition[]
  /** The number of slots in each partition when the query began. */
  readonly #ends: readonly number[]
  readonly #check: ResidualCheck | undefined
  /** The collection's partitions at the last step. */
  #known: readonly Partition[]
  #nextPart = 0
  #candidates: Candidates | undefined
  #examinedBefore = 0

  /** @param parts - the physical partitions to look in, in this order. */
  constructor(state: CollectionState, plan: Plan, parts: readonly Partition[]) {
    this.#state = state
    this.#known = state.parts
    this.#plan = plan
    this.#parts = plan.filter.isNever ? [] : parts
    this.#ends = this.#parts.map(({ slots }) => slots)
    this.#check = checkOf(plan.filter)
  }

  /** Documents examined so far. */
  get examined(): number {
    return this.#examinedBefore + (this.#candidates?.examined ?? 0)
  }

  /**
   * One step: fills `addresses` with matches, all from one partition and valid until the next write.
   *
   * @param mayBeUnread - the addresses may only be passed to `readMany` of the partition.
   * @returns how many, or -1 when there are no more. A result of 0 does not mean that there are no more.
   */
  read(addresses: Uint32Array, mayBeUnread = false): number {
    const candidates = this.#current()
    if (candidates === undefined) return -1
    const check = this.#check
    const count = candidates.next(addresses, mayBeUnread && check === undefined)
    if (check === undefined) return count
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (check.matches(this.partition, addresses[i]!)) addresses[kept++] = addresses[i]!
    }
    return kept
  }

  /** One step that only counts. */
  count(): number {
    if (this.#check !== undefined) return this.read(this.#check.addresses)
    return this.#current()?.count() ?? -1
  }

  #current(): Candidates | undefined {
    if (this.#state.parts !== this.#known) this.#leaveDropped()
    while (this.#candidates === undefined || this.#candidates.isDone) {
      this.#examinedBefore = this.examined
      this.#candidates = undefined
      const end = this.#ends[this.#nextPart]!
      const partition = this.#parts[this.#nextPart++]
      if (partition === undefined) return undefined
      const part = this.#state.parts.indexOf(partition)
      // A partition dropped since the query began has no documents.
      if (part < 0) continue
      this.partition = partition
      this.part = part
      this.#candidates = this.#plan.open(partition, part, end)
    }
    return this.#candidates
  }

  #leaveDropped(): void {
    this.#known = this.#state.parts
    if (this.#candidates === undefined || this.#known.includes(this.partition)) return
    this.#examinedBefore = this.examined
    this.#candidates = undefined
  }
}

/** The part of a filter that JavaScript decides, for documents that passed its program. */
class ResidualCheck {
  /** For callers that do not need the addresses themselves; few, because each document is decoded. */
  readonly addresses = new Uint32Array(64)
  readonly #residual: Residual
  readonly #projection: Projection

  constructor(residual: Residual) {
    this.#residual = residual
    this.#projection = fieldsProjection(residual.fields)
  }

  matches(partition: Partition, address: number): boolean {
    return this.#residual.matches(partition.project(address, this.#projection))
  }
}

const checks = new WeakMap<Residual, ResidualCheck>()

function checkOf({ residual }: CompiledFilter): ResidualCheck | undefined {
  if (residual === undefined) return undefined
  let check = checks.get(residual)
  if (check === undefined) {
    check = new ResidualCheck(residual)
    checks.set(residual, check)
  }
  return check
}

/** Whether the document at an address matches. */
export function matchesAt(filter: CompiledFilter, partition: Partition, address: number): boolean {
  if (filter.isNever) return false
  if (filter.program !== undefined && !partition.store.filters.matches(filter.program, address)) return false
  return checkOf(filter)?.matches(partition, address) ?? true
}

/** Counts matches, letting others run from time to time; stops at `enough`. */
export async function countMatches(
  state: CollectionState,
  plan: Plan,
  parts: readonly Partition[],
  enough = Infinity,
): Promise<{ count: number; examined: number }> {
  if (isEverything(plan.filter)) {
    const count = Math.min(
      enough,
      parts.reduce((sum, partition) => sum + partition.count, 0),
    )
    return { count, examined: count }
  }
  const scan = new MatchScan(state, plan, parts)
  let count = 0
  let began = performance.now()
  while (count < enough) {
    const found = enough === Infinity ? scan.count() : scan.read(new Uint32Array(Math.min(256, enough - count)))
    if (found < 0) break
    count += found
    if (performance.now() - began < SLICE_MS) continue
    await pause()
    const refusal = state.refuseRead()
    if (refusal !== null) throw refusal
    began = performance.now()
  }
  return { count, examined: scan.examined }
}
