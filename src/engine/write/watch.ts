// Observing every write to a collection, whoever makes it. While nobody observes, nothing is gathered and writes cost
// no more.

import type { Document, Key } from '../../value/index.ts'
import { type Batch, Outcome } from '../batch.ts'
import type { CollectionState } from '../state.ts'

/** What happened to one document: fresh copies, undefined where there was, or is, none. */
export interface DocumentChange {
  readonly key: Key
  readonly old: Document | undefined
  readonly new: Document | undefined
}

export interface Watcher {
  /**
   * Documents changed by one batch, in its order, each as it was written. The changes are final when this is called, in
   * the same stretch as the write. A document that moves to another partition is reported as removed from one and new
   * in the other. Those of a dropped partition are not reported.
   */
  changed(changes: readonly DocumentChange[]): void
  /** The collection was dropped, or its database is closing; no more calls follow. */
  dropped(): void
}

/** Called with the changes of one batch, when all batches of its write are final. */
export type WriteListener = (changes: readonly DocumentChange[]) => void

/** Starts observing; returns a function that stops it. */
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

/**
 * Ends what waits for a collection that is dropped, or whose database closes: watchers, and inserts that wait for their
 * source, which may never yield again.
 */
export function endWaiting(state: CollectionState): void {
  for (const one of state.watchers) heard(() => one.dropped())
  for (const end of state.sources) end()
}

/** Exceptions of a listener do not reach the writer. */
function heard(tell: () => void): void {
  try {
    tell()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** The changes of a batch; called while the old documents can still be read. */
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
