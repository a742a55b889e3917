// The documents that match a filter, found one step at a time. What reads, counts, alters, groups or searches by filter runs this.
//
// There is no snapshot. Documents come partition by partition, each from where the plan finds them; one that exists throughout and
// matches throughout is met exactly once, whatever is written between the steps. One that is inserted meanwhile, or changes so that
// it begins or ceases to match, may be met or not; one that moves to another partition counts as removed and inserted. However much is
// written between the steps, there are not more of them than slots when it began.

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
  /** Where the addresses of the last step are; its number among the collection's. */
  partition!: Partition
  part = -1
  readonly #state: CollectionState
  readonly #plan: Plan
  readonly #parts: readonly Partition[]
  /** How many slots each has as the query begins. */
  readonly #ends: readonly number[]
  readonly #check: ResidualCheck | undefined
  /** The collection's partitions when the last step was made. */
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

  /** Documents looked at so far. */
  get examined(): number {
    return this.#examinedBefore + (this.#candidates?.examined ?? 0)
  }

  /**
   * One step: fills `addresses` with matches, all of one partition and good until the next write.
   *
   * @param mayBeUnread - they are for `readMany` of the partition alone.
   * @returns how many, or -1 when there are no more. None does not mean that there are no more.
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
      // One that was dropped since the query began has no documents any more.
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

/** What JavaScript decides about a document that a filter's program let through. */
class ResidualCheck {
  /** For callers that need them for nothing else; few, because each is decoded. */
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

/** Counts matches, letting others run now and then; stops at `enough`. */
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
