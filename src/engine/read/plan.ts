// Which documents a query looks at: decided here and nowhere else.

import type { CompiledFilter, Constant, FilterNode, FilterProgram } from '../../query/index.ts'
import type { Key } from '../../value/index.ts'
import { type KeyIdentity, keyIdentity } from '../key.ts'
import type { Partition } from '../partition.ts'
import { derivedPart } from '../parts.ts'
import { shardOf } from '../shard.ts'
import type { CollectionState } from '../state.ts'
import { type Candidates, KeyCandidates, ScanCandidates } from './candidates.ts'
import type { SortField } from './sort.ts'

/** How a filter is run. */
export interface Plan {
  readonly kind: 'scan' | 'index' | 'key'
  /** Name of the index that is used. */
  readonly index?: string
  readonly filter: CompiledFilter
  /**
   * Writes may change what comes next, as when an index is walked whose field is written. Then a write by filter gathers what
   * it will write to before it begins.
   */
  readonly isMovedByWrites: boolean
  /** The documents of a partition come in the order that was asked for. */
  readonly isOrdered?: boolean
  /**
   * The documents of a partition that are looked at and that the program of the filter lets through. `part` is its number, `end` how many
   * slots it had when the query began.
   */
  open(partition: Partition, part: number, end: number): Candidates
}

/** The plan for a filter, as things stand. */
export function planOf(
  state: CollectionState,
  filter: CompiledFilter,
  parts: readonly Partition[] = state.parts,
): Plan {
  // Without it there is no index.
  const derived = derivedPart.now
  return (
    keyPlan(state, filter) ??
    derived?.textPlan(state, filter, parts) ??
    derived?.indexPlan(state, filter, parts) ??
    scanPlan(filter)
  )
}

/** The same for documents in an order, of which the first `wanted` are asked for. */
export function sortedPlanOf(
  state: CollectionState,
  filter: CompiledFilter,
  sort: readonly SortField[],
  wanted: number,
  parts: readonly Partition[],
): Plan {
  const byKey = keyPlan(state, filter)
  const inOrder = byKey ?? derivedPart.now?.orderedPlan(state, filter, sort, wanted, parts)
  return inOrder ?? planOf(state, filter, parts)
}

function scanPlan(filter: CompiledFilter): Plan {
  return {
    kind: 'scan',
    filter,
    isMovedByWrites: false,
    open: (partition, _part, end) => new ScanCandidates(partition, filter, end),
  }
}

// --- by primary key

/** As many keys are looked up in any case. */
const KEYS_ALWAYS = 1_000
/** A look-up costs about as much as scanning this many documents. */
const KEYS_SCANNED = 8

function keyPlan(state: CollectionState, filter: CompiledFilter): Plan | undefined {
  // Elsewhere the filter might fail, and match for it.
  if (filter.isFailMatch) return undefined
  const fixed = fixedKeys(filter.tree, state.primaryKey)
  if (fixed === undefined) return undefined
  const keys = distinctKeys(fixed.values)
  if (keys.length > Math.max(KEYS_ALWAYS, state.count() / KEYS_SCANNED)) return undefined
  const program: FilterProgram | undefined = fixed.isWhole ? undefined : filter.program
  const { shards } = state
  return {
    kind: 'key',
    filter,
    isMovedByWrites: false,
    open: (partition, part) => {
      const own = shards === 1 ? keys : keys.filter((key) => shardOf(key, shards) === part % shards)
      return new KeyCandidates(partition, own, program)
    },
  }
}

interface FixedKeys {
  readonly values: readonly Constant[]
  /** There is nothing else in the filter. */
  readonly isWhole: boolean
}

/** The values that the key of every match is among; undefined where the filter does not say. */
function fixedKeys(node: FilterNode, primaryKey: string): FixedKeys | undefined {
  switch (node.kind) {
    case 'and': {
      let fewest: FixedKeys | undefined
      for (const part of node.of) {
        const fixed = fixedKeys(part, primaryKey)
        if (fixed !== undefined && fixed.values.length < (fewest?.values.length ?? Infinity)) fewest = fixed
      }
      return fewest === undefined || node.of.length === 1 ? fewest : { ...fewest, isWhole: false }
    }
    case 'or': {
      const values: Constant[] = []
      let isWhole = true
      for (const part of node.of) {
        const fixed = fixedKeys(part, primaryKey)
        if (fixed === undefined) return undefined
        for (const value of fixed.values) values.push(value)
        isWhole &&= fixed.isWhole
      }
      return node.of.length === 0 ? undefined : { values, isWhole }
    }
    case 'compare': {
      if (node.operator !== 'eq') return undefined
      const [path, value] = node.left.kind === 'path' ? [node.left, node.right] : [node.right, node.left]
      return isField(path, primaryKey) && value.kind === 'constant'
        ? { values: [value.value], isWhole: true }
        : undefined
    }
    case 'in':
      return isField(node.operand, primaryKey) ? { values: node.values, isWhole: true } : undefined
    default:
      return undefined
  }
}

function isField(
  operand: { readonly kind: string; readonly steps?: readonly { readonly name: string | null }[] },
  name: string,
) {
  return operand.kind === 'path' && operand.steps!.length === 1 && operand.steps![0]!.name === name
}

/** What is no key is nobody's. */
function distinctKeys(values: readonly Constant[]): Key[] {
  const keys = new Map<KeyIdentity, Key>()
  for (const value of values) {
    const identity = keyIdentity(value)
    if (identity !== undefined && !keys.has(identity)) keys.set(identity, value as Key)
  }
  return [...keys.values()]
}
