// Which of a partition's files is its log: the newest generation whose head says that it is complete.

import { FRAME_BYTES, type Store } from '../core/index.ts'
import { CorruptError } from '../error/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import { isFrame } from './frame.ts'
import {
  decodeLogHeader,
  encodeLogHeader,
  generationOf,
  homeOf,
  LOG_HEADER_BYTES,
  type LogHeader,
  type LogHome,
  logName,
  requireHome,
} from './header.ts'
import type { Repair } from './recover.ts'
import { snapshotSeed } from './snapshot.ts'

export interface NewestLog {
  readonly file: StorageFile
  readonly header: LogHeader
  /** Where the two copies of the head are unlike, or -1. */
  readonly tornAt: number
  /** Other generations, and drafts: to be removed. */
  readonly staleFiles: readonly string[]
  /** A newer one which was the log, and cannot be read: to be kept aside. Only when repairing. */
  readonly hurt: Hurt | undefined
  /** Neither copy of its head is whole: the snapshot told the seed, and nothing did which transactions were settled. */
  readonly isHeadless: boolean
}

interface Hurt {
  readonly name: string
  readonly bytes: number
  readonly failure: CorruptError
}

/**
 * Opens it. Throws what is wrong with the newest of those that cannot be read; undefined when there is none at all.
 *
 * @param home - of the partition: a file that is another's is not read.
 * @param names - of the partition's files, and of others or not.
 */
export async function openNewest(
  directory: StorageDirectory,
  stem: string,
  home: LogHome,
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
  let hurt: Hurt | undefined
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
      requireHome(header, home, `${directory.path}/${name}`)
      if (header.isComplete) {
        const whole = encodeLogHeader(store, header)
        const tornAt = whole.findIndex((byte, i) => byte !== bytes[i])
        newest = { file, header, tornAt, staleFiles, hurt, isHeadless: false }
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
      const isOthers = error.details['belongsTo'] !== undefined
      if (isOthers || (hurt === undefined && wasLog(file))) {
        // The generation before lacks what was acknowledged since. Another's file is not for us to clear away.
        if (!repair || hurt !== undefined) {
          file.close()
          throw error
        }
        hurt = { name, bytes: file.size(), failure: error }
      } else if (generations.length > 1) staleFiles.push(name)
    }
    file.close()
  }
  if (newest === undefined && failure !== undefined) {
    if (!repair || (failure as CorruptError).details['belongsTo'] !== undefined) throw failure
    return await openHeadless(directory, stem, generations[0]!, store, failure)
  }
  return newest
}

/** What a repair has to say of the heads. */
export function headRepairs({ file, tornAt, hurt, isHeadless }: NewestLog): Repair[] {
  const repairs: Repair[] = []
  if (hurt !== undefined) {
    const reason = `${hurt.failure.message}; it is kept under a name that begins with "lost.", and the generation before it was used`
    repairs.push({ file: hurt.name, offset: 0, bytes: hurt.bytes, reason })
  }
  if (isHeadless)
    repairs.push({ file: file.name, offset: 0, bytes: LOG_HEADER_BYTES, reason: 'both copies of its head' })
  else if (tornAt >= 0) repairs.push({ file: file.name, offset: tornAt, bytes: 0, reason: 'one copy of its head' })
  return repairs
}

/** Opens a log whose head is damaged, if the snapshot knows the seed of its checksums; else throws `failure`. */
async function openHeadless(
  directory: StorageDirectory,
  stem: string,
  generation: number,
  store: Store,
  failure: unknown,
): Promise<NewestLog> {
  const seed = await snapshotSeed(directory, stem, store)
  if (seed === undefined) throw failure
  const file = await directory.open(logName(stem, generation), { create: false })
  const header = { seed, generation, sealedTransaction: 0, isComplete: true, home: homeOf('') }
  return { file, header, tornAt: -1, staleFiles: [], hurt: undefined, isHeadless: true }
}

/** Whether frames in it were made after it had become the log: those that a compaction writes have no durable mark. */
function wasLog(file: StorageFile): boolean {
  const bytes = new Uint8Array(FRAME_BYTES)
  const head = new DataView(bytes.buffer)
  const size = file.size()
  for (let at = LOG_HEADER_BYTES; at + FRAME_BYTES <= size; at += FRAME_BYTES + head.getUint32(4, true)) {
    if (file.read(at, bytes) < FRAME_BYTES || !isFrame(head)) return false
    if (head.getUint32(8, true) > 0) return true
  }
  return false
}
