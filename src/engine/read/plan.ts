// Which documents a query looks at; this is the only place where that is decided.

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
   * Writes may change which documents come next, for example when they change the field of the index that is walked. A
   * write by filter then gathers all its matches before it begins.
   */
  readonly isMovedByWrites: boolean
  /** The documents of a partition come in the requested order. */
  readonly isOrdered?: boolean
  /**
   * The documents of a partition that the plan examines and that pass the program of the filter. `part` is the
   * partition's number, `end` its number of slots when the query began.
   */
  open(partition: Partition, part: number, end: number): Candidates
}

/** The plan for a filter, in the current state. */
export function planOf(
  state: CollectionState,
  filter: CompiledFilter,
  parts: readonly Partition[] = state.parts,
): Plan {
  // If this part is not loaded there is no index.
  const derived = derivedPart.now
  return (
    keyPlan(state, filter) ??
    derived?.textPlan(state, filter, parts) ??
    derived?.indexPlan(state, filter, parts) ??
    scanPlan(filter)
  )
}

/** The same for sorted documents, of which the first `wanted` are requested. */
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

/** Up to this many keys are always looked up. */
const KEYS_ALWAYS = 1_000
/** A look-up costs about as much as scanning this many documents. */
const KEYS_SCANNED = 8

function keyPlan(state: CollectionState, filter: CompiledFilter): Plan | undefined {
  // The filter might fail on documents with other keys, and a failure would count as a match.
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
  /** The filter has no other conditions. */
  readonly isWhole: boolean
}

/** The values that the key of every match must be among; undefined where the filter does not restrict the key. */
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

/** Values that are not valid keys are dropped: no document has them. */
function distinctKeys(values: readonly Constant[]): Key[] {
  const keys = new Map<KeyIdentity, Key>()
  for (const value of values) {
    const identity = keyIdentity(value)
    if (identity !== undefined && !keys.has(identity)) keys.set(identity, value as Key)
  }
  return [...keys.values()]
}
