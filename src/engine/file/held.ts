// Files that somebody still reads although the partition has gone on to another one.

import type { StorageDirectory, StorageFile } from '../../storage/index.ts'

interface Hold {
  count: number
  readonly waiting: (() => void)[]
}

const holds = new WeakMap<StorageFile, Hold>()

/** Keeps a file open until the function answered is called. */
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

/** Runs `run` when nobody holds the file: now, and awaited, if that is so; else later, by itself. */
export async function whenFree(file: StorageFile, run: () => Promise<void>): Promise<void> {
  const hold = holds.get(file)
  if (hold === undefined) await run()
  else hold.waiting.push(() => run().catch(() => {}))
}

/** Closes a file that has been replaced, and removes it unless its directory is being closed: then the next opening does. */
export async function discard(file: StorageFile, storage: StorageDirectory, mayRemove: () => boolean): Promise<void> {
  file.close()
  if (!mayRemove()) return
  await storage.remove(file.name)
  await storage.flushNames()
}
