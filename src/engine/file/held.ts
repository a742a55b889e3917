// Files that somebody still reads although the partition has moved on to a new one.

import type { StorageDirectory, StorageFile } from '../../storage/index.ts'

interface Hold {
  count: number
  readonly waiting: (() => void)[]
}

const holds = new WeakMap<StorageFile, Hold>()

/** Keeps a file open until the returned function is called. */
export function holdFile(file: StorageFile): () => void {
  const hold = holds.get(file) ?? { count: 0, waiting: [] }
  holds.set(file, hold)
  hold.count++
  return () => {
    if (--hold.count > 0) return
    holds.delete(file)
    for (const run of hold.waiting) run()
  }
}

/** For each owner, how to discard the files it has replaced but that are still held. */
const left = new WeakMap<object, Set<() => Promise<void>>>()

/**
 * Closes and removes a file that a partition has replaced: at once, and awaited, when nobody holds it; otherwise when
 * the last hold ends, or with `freeAll`.
 */
export async function leave(owner: object, file: StorageFile, storage: StorageDirectory): Promise<void> {
  const discard = async () => {
    file.close()
    await storage.remove(file.name)
    await storage.flushNames()
  }
  const hold = holds.get(file)
  if (hold === undefined) return await discard()
  const waiting = left.get(owner) ?? new Set()
  left.set(owner, waiting)
  let done: Promise<void> | undefined
  const once = () => {
    done ??= discard()
      .catch(() => {})
      .finally(() => waiting.delete(once))
    return done
  }
  waiting.add(once)
  hold.waiting.push(once)
}

/**
 * Discards all held files of a partition that is closed: its directory may belong to somebody else now, so they may not
 * be read any more.
 */
export async function freeAll(owner: object): Promise<void> {
  for (const run of left.get(owner) ?? []) await run()
}
