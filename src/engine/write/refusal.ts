// Documents refused one by one: which errors belong to a single document, and how they are reported.

import { DataError, HostError, LimitError, StateError, UsageError } from '../../error/index.ts'
import { isError } from '../../value/index.ts'
import { describeKey } from '../key.ts'
import type { CollectionState } from '../state.ts'

/** Position of a document that was passed alone. */
export const ALONE = -1

/**
 * Rethrows `error` unless it concerns one document only. A problem of the partition (memory is full, an earlier write
 * failed, the core trapped) ends the call; anything thrown while the caller's object was read belongs to that document.
 */
export function requireOwn(error: unknown): void {
  if (error instanceof StateError || error instanceof HostError || error instanceof DataError) throw error
  if (isMemoryFull(error)) throw error
  if (error instanceof WebAssembly.RuntimeError) throw error
  if (error instanceof Error && error.message.startsWith('quiverdb core: ')) throw error
}

/** Whether the error says that a partition has no memory left. */
export function isMemoryFull(error: unknown): boolean {
  return error instanceof LimitError && error.details.limit === 'memory'
}

/** The text for a refused document in `firstError` and `changes`. */
export function refusalText(state: CollectionState, error: unknown, position: number): string {
  return `collection "${state.name}": ${reasonOf(error)}${place(position)}`
}

/** The same for a taken key. */
export function duplicateText(state: CollectionState, key: unknown, position: number): string {
  return `collection "${state.name}" already has a document with ${state.primaryKey} ${describeKey(key)}${place(position)}`
}

/** The error for a document whose primary key would change. */
export function changedKey(state: CollectionState, from: unknown, to: unknown): UsageError {
  return new UsageError(
    `primary key "${state.primaryKey}" cannot change from ${describeKey(from)} to ${describeKey(to)}; ` +
      'insert the document under its new key and delete the old one',
    { details: { field: state.primaryKey } },
  )
}

export function reasonOf(error: unknown): string {
  if (isError(error)) return error.message
  try {
    return String(error)
  } catch {
    return 'something was thrown that has no text'
  }
}

function place(position: number): string {
  return position === ALONE ? '' : ` (position ${position} of the batch)`
}
