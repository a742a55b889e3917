// Creating, restoring and dropping text and sparse indexes. Their content is derived from the documents alone: if a
// snapshot has none, opening rebuilds them.

import type { CollectionDefinition, InvertedDefinition } from '../../catalog/index.ts'
import { performance } from '../../core/index.ts'
import { isExhausted, LimitError } from '../../error/index.ts'
import { type AnalyzerDefinition, loadAnalyzers } from '../../text/index.ts'
import type { Progress } from '../file/medium.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import { reserveId, type SaveDefinition } from './indexes.ts'

/** Brings the indexes of a freshly opened partition in line with the catalog and up to date. */
export async function restoreInverted(
  partition: Partition,
  definitions: readonly InvertedDefinition[],
  onProgress: ((progress: Progress) => void) | undefined,
  isTight: boolean,
): Promise<void> {
  const { inverted } = partition
  await loadAnalyzers(analyzersOf(definitions))
  try {
    inverted.adopt(definitions)
    const total = inverted.marked
    if (total === 0) return
    while (!inverted.settle(performance.now() + SLICE_MS)) {
      onProgress?.({ phase: 'index', done: total - inverted.marked, total })
      await pause()
    }
    onProgress?.({ phase: 'index', done: total, total })
  } catch (error) {
    // The documents are unaffected, and a search will report the error. A text may exceed what the platform can handle.
    if (!(isTight && error instanceof LimitError) && !isExhausted(error)) throw error
  }
}

/**
 * Makes the text and sparse indexes of `definition` those of all partitions, complete, and saves it; others may write
 * meanwhile. On an error they are as before.
 */
export async function changeInverted(
  state: CollectionState,
  definition: CollectionDefinition,
  save: SaveDefinition,
): Promise<void> {
  await reserveId(state, definition, save)
  try {
    await loadAnalyzers(analyzersOf(definition.inverted))
    for (const part of state.parts) await part.derive()
    for (const part of state.parts) part.inverted.adopt(definition.inverted)
    await completeInverted(state)
    await save(definition)
  } catch (error) {
    keepInverted(state)
    throw error
  }
}

function analyzersOf(definitions: readonly InvertedDefinition[]): AnalyzerDefinition[] {
  return definitions.flatMap((definition) => (definition.type === 'text' ? definition.analyzer : []))
}

/** Indexes everything written but not yet indexed, letting others run from time to time. */
export async function completeInverted(state: CollectionState): Promise<void> {
  for (;;) {
    const deadline = performance.now() + SLICE_MS
    if (state.parts.every((part) => part.inverted.settle(deadline))) return
    await pause()
    const refusal = state.refuseWrite()
    if (refusal !== null) throw refusal
  }
}

/** Drops what the catalog does not list; where deriving has failed there is nothing to drop. */
export function keepInverted(state: CollectionState): void {
  for (const part of state.parts) part.inverted?.adopt(state.definition.inverted)
}
