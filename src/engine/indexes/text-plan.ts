// Runs filters by words (words.ts) through a text index. The index yields candidates; the function of the node still
// checks each of them.

import type { TextIndexDefinition } from '../../catalog/index.ts'
import { performance } from '../../core/index.ts'
import { LimitError } from '../../error/index.ts'
import { parsePath } from '../../query/filters.ts'
import type {
  CompiledFilter,
  FilterNode,
  FilterProgram,
  Operand,
  PathStep,
  TestNode,
  WordsHint,
} from '../../query/index.ts'
import type { Partition } from '../partition.ts'
import { SLICE_MS } from '../pause.ts'
import { type Candidates, ScanCandidates } from '../read/candidates.ts'
import type { Plan } from '../read/plan.ts'
import type { CollectionState } from '../state.ts'

/** If the words are in a larger share of the documents, a scan is faster. */
const SHARE_MAX = 0.5

/** The plan that uses a text index, where one fits the words of the filter and few enough documents have them. */
export function textPlan(
  state: CollectionState,
  filter: CompiledFilter,
  parts: readonly Partition[],
): Plan | undefined {
  const texts = state.definition.inverted.filter((index): index is TextIndexDefinition => index.type === 'text')
  if (texts.length === 0 || filter.isNever || filter.isFailMatch) return undefined
  for (const { operand, words } of wordTests(filter.tree)) {
    const index = texts.find((one) => isOn(one, operand) && isSame(one.analyzer, words!.analyzer))
    if (index === undefined) continue
    const documents = parts.reduce((sum, part) => sum + part.count, 0)
    if (unlessFull(() => entriesOf(parts, index, words!), Infinity) > documents * SHARE_MAX) continue
    return {
      kind: 'index',
      index: index.name,
      filter,
      // The candidate slots are fixed when a partition is opened.
      isMovedByWrites: false,
      open: (partition, _part, end) =>
        unlessFull(() => candidatesOf(state, partition, index, words!, filter), undefined) ??
        new ScanCandidates(partition, filter, end),
    }
  }
  return undefined
}

/** The word tests that every match passes. */
function wordTests(node: FilterNode): TestNode[] {
  if (node.kind === 'and') return node.of.flatMap(wordTests)
  return node.kind === 'test' && node.words !== undefined ? [node] : []
}

function isOn({ fields }: TextIndexDefinition, operand: Operand): boolean {
  return (
    fields.length === 1 && operand.kind === 'path' && isSame(parsePath(fields[0]!).map(plain), operand.steps.map(plain))
  )
}

function plain({ name, index }: PathStep): unknown {
  return [name, index]
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** An upper bound of the number of documents with one of the words. */
function entriesOf(parts: readonly Partition[], { id }: TextIndexDefinition, { tokens }: WordsHint): number {
  if (tokens.length === 0) return 0
  let sum = 0
  for (const part of parts) {
    const { counts } = part.store.inverted.terms(part.inverted.of(id).handle, tokens)
    for (const count of counts) sum += count
  }
  return sum
}

/**
 * Undefined where the index is far behind, or was dropped since the query began: then the texts are checked one by one.
 */
function candidatesOf(
  state: CollectionState,
  partition: Partition,
  { id }: TextIndexDefinition,
  { tokens, least }: WordsHint,
  filter: CompiledFilter,
): Candidates | undefined {
  if (!state.definition.inverted.some((index) => index.id === id)) return undefined
  const part = partition.inverted.of(id)
  if (!part.settle(performance.now() + SLICE_MS)) return undefined
  const { inverted } = partition.store
  const terms = tokens.length === 0 ? new Uint32Array() : inverted.terms(part.handle, tokens).terms
  const { bitmap } = inverted.match(part.handle, terms, least)
  return new BitmapCandidates(partition, bitmap, filter.program)
}

/** A partition without memory for its index is searched without it. */
function unlessFull<R>(run: () => R, otherwise: R): R {
  try {
    return run()
  } catch (error) {
    if (error instanceof LimitError) return otherwise
    throw error
  }
}

/** Bytes of a bitmap processed in one step. */
const BYTES_STEP = 65_536

/** The documents of the slots in a bitmap, in slot order. */
class BitmapCandidates implements Candidates {
  readonly #partition: Partition
  readonly #bitmap: Uint8Array
  readonly #program: FilterProgram | undefined
  #slot = 0
  examined = 0

  constructor(partition: Partition, bitmap: Uint8Array, program: FilterProgram | undefined) {
    this.#partition = partition
    this.#bitmap = bitmap
    this.#program = program
  }

  get isDone(): boolean {
    return this.#slot >= this.#bitmap.length * 8
  }

  next(addresses: Uint32Array): number {
    return this.#walk(addresses.length, (address, count) => {
      addresses[count] = address
    })
  }

  count(): number {
    return this.#walk(Infinity, () => {})
  }

  #walk(most: number, take: (address: number, count: number) => void): number {
    const { store } = this.#partition
    const end = Math.min(this.#bitmap.length * 8, this.#slot + BYTES_STEP * 8)
    let count = 0
    while (this.#slot < end && count < most) {
      const byte = this.#bitmap[this.#slot >>> 3]!
      if (byte === 0) {
        this.#slot = (this.#slot | 7) + 1
        continue
      }
      const slot = this.#slot++
      if (((byte >> (slot & 7)) & 1) === 0) continue
      const address = store.inverted.addressOf(slot)
      if (address === 0) continue
      this.examined++
      if (this.#program === undefined || store.filters.matches(this.#program, address)) take(address, count++)
    }
    return count
  }
}
