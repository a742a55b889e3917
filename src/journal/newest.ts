// Which of a partition's files is its log: the newest generation whose head says that it is complete.

import type { Store } from '../core/index.ts'
import { CorruptError } from '../error/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import { decodeLogHeader, encodeLogHeader, generationOf, LOG_HEADER_BYTES, type LogHeader, logName } from './header.ts'

export interface NewestLog {
  readonly file: StorageFile
  readonly header: LogHeader
  /** Where the two copies of the head are unlike, or -1. */
  readonly tornAt: number
  /** Other generations, and drafts: to be removed. */
  readonly staleFiles: readonly string[]
}

/**
 * Opens it. Throws what is wrong with the newest of those that cannot be read; undefined when there is none at all.
 *
 * @param names - of the partition's files, and of others or not.
 */
export async function openNewest(
  directory: StorageDirectory,
  stem: string,
  names: readonly string[],
  store: Store,
  repair: boolean,
): Promise<NewestLog | undefined> {
  const staleFiles: string[] = []
  const generations: number[] = []
  for (const name of names) {
    const generation = generationOf(stem, name)
    if (generation !== undefined) generations.push(generation)
    else if (name === `${stem}.snapshot.tmp`) staleFiles.push(name)
  }
  generations.sort((a, b) => b - a)
  let failure: unknown
  let newest: NewestLog | undefined
  for (const generation of generations) {
    const name = logName(stem, generation)
    if (newest !== undefined) {
      staleFiles.push(name)
      continue
    }
    const file = await directory.open(name, { create: false })
    const bytes = new Uint8Array(LOG_HEADER_BYTES)
    try {
      const got = file.read(0, bytes)
      // Until its head says it is complete, a newer generation is a compaction's draft.
      const mayBeDraft = repair || generations.length > 1
      const header = decodeLogHeader(store, bytes.subarray(0, Math.max(got, LOG_HEADER_BYTES)), name, mayBeDraft)
      if (header.isComplete) {
        const whole = encodeLogHeader(store, header)
        newest = { file, header, tornAt: whole.findIndex((byte, i) => byte !== bytes[i]), staleFiles }
        continue
      }
      staleFiles.push(name)
    } catch (error) {
      if (!(error instanceof CorruptError)) {
        // No draft: a later version wrote it, or it cannot be read now, and what it has may be in no older generation.
        file.close()
        newest?.file.close()
        throw error
      }
      failure ??= error
      if (generations.length > 1) staleFiles.push(name)
    }
    file.close()
  }
  if (newest === undefined && failure !== undefined) throw failure
  return newest
}
