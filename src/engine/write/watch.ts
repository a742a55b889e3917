// Hearing of every write to a collection, whoever makes it. Nothing is gathered, and writes cost what they did, while nobody listens.

import type { Document, Key } from '../../value/index.ts'
import { type Batch, Outcome } from '../batch.ts'
import type { CollectionState } from '../state.ts'

/** What became of one document: fresh copies, undefined where there was, or is, none. */
export interface DocumentChange {
  readonly key: Key
  readonly old: Document | undefined
  readonly new: Document | undefined
}

export interface Watcher {
  /**
   * Documents that one batch has changed, in its order, each as it was written: they stand when this is called, in the same stretch as the
   * write. A document that moves to another partition is gone from the one and new in the other. Those of a partition that is dropped are
   * not told.
   */
  changed(changes: readonly DocumentChange[]): void
  /** The collection was dropped; nothing comes after it. */
  dropped(): void
}

/** Called with what a batch has changed, when all batches of its write stand. */
export type WriteListener = (changes: readonly DocumentChange[]) => void

/** Begins to tell of writes; answers what ends that. */
export function watch(state: CollectionState, watcher: Watcher): () => void {
  state.watchers.add(watcher)
  if (state.watchers.size === 1) {
    state.setListener((changes) => {
      for (const one of state.watchers) heard(() => one.changed(changes))
    })
  }
  return () => {
    if (state.watchers.delete(watcher) && state.watchers.size === 0) state.setListener(null)
  }
}

export function tellDropped(state: CollectionState): void {
  for (const one of state.watchers) heard(() => one.dropped())
}

/** Ends the inserts that wait for their source, which may never say another word. */
export function endSources(state: CollectionState): void {
  for (const end of state.sources) end()
}

/** What a listener throws is not the writer's. */
function heard(tell: () => void): void {
  try {
    tell()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** What a batch changes; asked for while the documents before it can still be read. */
export function changesOf(batch: Batch): DocumentChange[] {
  const changes: DocumentChange[] = []
  const { partition } = batch
  for (let operation = 0; operation < batch.operations; operation++) {
    const outcome = batch.outcome(operation)
    const [hasOld, hasNew] = [
      outcome === Outcome.Replaced || outcome === Outcome.Deleted,
      outcome === Outcome.Inserted || outcome === Outcome.Replaced,
    ]
    if (!hasOld && !hasNew) continue
    const [from, to] = [batch.oldAddress(operation), batch.newAddress(operation)]
    changes.push({
      key: partition.readKey(hasNew ? to : from),
      old: hasOld ? partition.read(from) : undefined,
      new: hasNew ? partition.read(to) : undefined,
    })
  }
  return changes
}
