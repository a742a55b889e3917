// The snapshot that a partition leaves beside its log.

import { writeSnapshot } from '../../journal/index.ts'
import type { Partition } from '../partition.ts'

/**
 * Writes it, unless the one that is there says the same. Without one the next opening replays the log: slower, but
 * nothing is lost.
 */
export async function leaveSnapshot(part: Partition): Promise<void> {
  const { log, header, options } = part
  if (log === undefined || header === undefined || options.storage === null || log.poison !== undefined) return
  if (part.snapshotPosition === log.position) return
  const cover = () => {
    log.flushSync()
    // What changes from here on is not in it.
    part.snapshotPosition = log.position
    return { seed: header.seed, covered: log.position, sequence: log.sequence, flushed: () => log.flush() }
  }
  try {
    await writeSnapshot(options.storage, options.stem, part.store, cover, options.buildDocumentsMax)
  } catch (error) {
    part.snapshotPosition = -1
    if (log.poison !== undefined) throw error
  }
}
