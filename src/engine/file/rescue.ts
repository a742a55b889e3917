// Documents that were moved to another partition, which lost them, so that a repair has left their move out. Replay goes
// by slot: where a later document has taken the slot of such a one, only the log still has it.

import { BLOCK_KIND, BLOCK_KIND_SHIFT, BLOCK_UNITS, KIND_DELETE, KIND_RECORD } from '../../core/index.ts'
import { LimitError } from '../../error/index.ts'
import type { Recovery } from '../../journal/index.ts'
import type { StorageFile } from '../../storage/index.ts'
import type { Document } from '../../value/index.ts'
import { PutMode } from '../batch.ts'
import { type KeyIdentity, keyIdentity } from '../key.ts'
import type { Partition } from '../partition.ts'

const PIECE_BYTES = 65_536

interface Block {
  readonly kind: number
  /** Of a record or a deletion. */
  readonly slot: number
  readonly at: number
  readonly bytes: number
}

/** The blocks in [from, to) of a log; those of a frame follow its header. */
export function* blocksOf(file: StorageFile, from: number, to: number): Generator<Block> {
  const piece = new Uint8Array(PIECE_BYTES)
  const view = new DataView(piece.buffer)
  let start = from
  let held = 0
  for (let at = from; at < to; ) {
    if (at + 8 > start + held) {
      start = at
      held = file.read(at, piece)
      if (held < 8) return
    }
    const word = view.getUint32(at - start, true)
    const bytes = Math.max(8, (word & BLOCK_UNITS) * 8)
    yield { kind: (word >>> BLOCK_KIND_SHIFT) & BLOCK_KIND, slot: view.getUint32(at - start + 4, true), at, bytes }
    at += bytes
  }
}

/**
 * Puts documents back whose deletion was left out.
 *
 * @param isAlone - no other log has left anything out. Otherwise those that are still there are written anew: as soon as
 * one log is rewritten, the other's part of the same writes counts, should the repair be repeated.
 */
export async function rescue(
  part: Partition,
  recovery: Recovery,
  all: readonly Partition[],
  isAlone: boolean,
): Promise<void> {
  const batch = part.begin()
  try {
    const done = new Set<KeyIdentity>()
    for (const document of deletedOf(part, recovery)) {
      const key = document[part.options.shapes.primaryKey]
      const identity = keyIdentity(key)
      if (identity === undefined || done.has(identity)) continue
      done.add(identity)
      const address = part.find(key as never)
      if (address === 0 ? all.some((other) => other.find(key as never) !== 0) : isAlone) continue
      const state = address === 0 ? document : part.read(address)
      if (address !== 0) batch.remove(key as never)
      batch.put(state, PutMode.Insert)
      batch.settle()
    }
    if (batch.isDirty) batch.commit({ hard: true })
    else batch.abandon()
  } catch (error) {
    if (batch.isOpen) batch.abandon()
    // Without room for more, there is what there is.
    if (!(error instanceof LimitError)) throw error
  }
  await part.flush()
}

/** The documents whose deletion was left out, as they were before, the last one first. */
function deletedOf({ store, bare }: Partition, { file, segments, aborted }: Recovery): Document[] {
  const isLeftOut = (at: number) => aborted.some(({ from, to }) => from <= at && at < to)
  const slots = new Set<number>()
  for (const { from, to } of aborted)
    for (const { kind, slot } of blocksOf(file, from, to)) if (kind === KIND_DELETE) slots.add(slot)
  const current = new Map<number, Block>()
  const documents: Document[] = []
  for (const { from, to } of slots.size === 0 ? [] : segments) {
    for (const block of blocksOf(file, from, to)) {
      const { kind, slot, at } = block
      if ((kind !== KIND_RECORD && kind !== KIND_DELETE) || !slots.has(slot)) continue
      if (kind === KIND_RECORD && !isLeftOut(at)) current.set(slot, block)
      const last = kind === KIND_DELETE ? current.get(slot) : undefined
      if (last === undefined) continue
      if (!isLeftOut(at)) current.delete(slot)
      else documents.unshift(...readAt(last))
    }
  }
  return documents

  function readAt({ at, bytes }: Block): Document[] {
    const address = store.reserveWindow(bytes)
    if (address === 0) return []
    try {
      file.read(at, store.memoryRange(address, bytes))
      return [bare.reader.read(address)]
    } catch {
      // Its field names stood in a damaged frame.
      return []
    } finally {
      store.releaseLog(address, bytes)
    }
  }
}
