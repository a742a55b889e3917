// Text and sparse indexes being made, restored and dropped. Their content follows from the documents alone: an opening that finds none in a
// snapshot makes them anew.

import type { InvertedDefinition } from '../../catalog/index.ts'
import { performance } from '../../core/index.ts'
import { isExhausted, LimitError } from '../../error/index.ts'
import type { Progress } from '../file/medium.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'

/** Makes the indexes of a partition that was just opened what the catalog says, and brings them up to date. */
export async function restoreInverted(
  partition: Partition,
  definitions: readonly InvertedDefinition[],
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<void> {
  const { inverted } = partition
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
    // The documents are there all the same; a search will say what is wrong. A text may be more than the platform takes.
    if (!(error instanceof LimitError || isExhausted(error))) throw error
  }
}

/** Makes the indexes of all partitions those of `definitions`, complete; others may write meanwhile. On an error they are what they were. */
export async function changeInverted(
  state: CollectionState,
  definitions: readonly InvertedDefinition[],
): Promise<void> {
  try {
    for (const part of state.parts) await part.derive()
    for (const part of state.parts) part.inverted.adopt(definitions)
    await completeInverted(state)
  } catch (error) {
    keepInverted(state)
    throw error
  }
}

/** Looks at everything that was written and not looked at yet, letting others run now and then. */
export async function completeInverted(state: CollectionState): Promise<void> {
  for (;;) {
    const deadline = performance.now() + SLICE_MS
    if (state.parts.every((part) => part.inverted.settle(deadline))) return
    await pause()
    const refusal = state.refuseWrite()
    if (refusal !== null) throw refusal
  }
}

/** Drops what the catalog does not list; where deriving has failed there is nothing. */
export function keepInverted(state: CollectionState): void {
  for (const part of state.parts) part.inverted?.adopt(state.definition.inverted)
}
