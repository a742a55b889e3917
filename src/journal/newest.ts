// Finds the log among a partition's files: the newest generation whose header says that it is complete.

import { CollectionShapes, FRAME_BYTES, Store } from '../core/index.ts'
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
import type { Repair } from './recovery-types.ts'
import { snapshotSeed } from './snapshot.ts'
import { LogWindow } from './window.ts'

/** Read together when frames are searched for. */
const SEARCHED_BYTES = 65_536
/** The same where their checksums are verified; a longer frame is not found. */
const CHECKED_BYTES = 4_194_304

export interface NewestLog {
  readonly file: StorageFile
  readonly header: LogHeader
  /** Position where the two copies of the header differ, or -1. */
  readonly tornAt: number
  /** Other generations and drafts, to be removed. */
  readonly staleFiles: readonly string[]
  /** An older generation that a repair went back behind, and had no time to keep aside. */
  readonly asideFiles: readonly string[]
  /** A newer generation that was the log but cannot be read, to be kept aside. Only when repairing. */
  readonly hurt: Hurt | undefined
  /**
   * Neither copy of its header is intact: the snapshot supplied the seed, but it is unknown which transactions were
   * settled.
   */
  readonly isHeadless: boolean
}

interface Hurt {
  readonly name: string
  readonly generation: number
  readonly bytes: number
  readonly failure: CorruptError
}

/**
 * Opens the log. Throws the error of the one that was the log if none can be read; undefined when there are no files.
 *
 * @param home - of the partition: a file that belongs to another one is not read.
 * @param names - file names, which may include those of other partitions.
 */
export async function openNewest(
  directory: StorageDirectory,
  stem: string,
  home: LogHome,
  names: readonly string[],
  store: Store,
  repair: boolean,
): Promise<NewestLog | undefined> {
  const staleFiles = names.filter((name) => name === `${stem}.snapshot.tmp`)
  const asideFiles: string[] = []
  const generations = names.map((name) => generationOf(stem, name)).filter((generation) => generation !== undefined)
  generations.sort((a, b) => b - a)
  let hurt: Hurt | undefined
  /** The oldest that cannot be read. Drafts of compactions are newer than the log. */
  let oldest: Hurt | undefined
  let newest: NewestLog | undefined
  for (const generation of generations) {
    const name = logName(stem, generation)
    if (newest !== undefined) {
      const use = await useOf(directory, name, home, store)
      if (use !== 'others') (use === 'none' ? staleFiles : asideFiles).push(name)
      continue
    }
    const file = await directory.open(name, { create: false })
    try {
      // A newer generation is a compaction's draft until its header says that it is complete.
      const { header: found, tornAt } = readHeader(file, store, repair || generations.length > 1)
      // The next compaction would remove a file that is under the name of another generation, and take its name.
      // Nor may it take the name of one that cannot be read, which stays until the log is rewritten: a repair that is cut
      // short before that is repeated.
      const header = { ...found, generation: Math.max(generation, hurt?.generation ?? 0) }
      requireHome(header, home, `${directory.path}/${name}`)
      if (header.isComplete) newest = { file, header, tornAt, staleFiles, asideFiles, hurt, isHeadless: false }
      else staleFiles.push(name)
    } catch (error) {
      // This is not a draft: a later version wrote it, or it cannot be read now, and no older generation may have its
      // content.
      if (!(error instanceof CorruptError)) throw error
      oldest = { name, generation, bytes: file.size(), failure: error }
      const isMisplaced = error.details['belongsTo'] !== undefined
      if (isMisplaced || (hurt === undefined && (wasLog(file) || (await hasSnapshot(directory, stem, file))))) {
        // The previous generation lacks what was acknowledged since. A file of another partition is not ours to remove.
        if (!repair || hurt !== undefined) throw error
        hurt = oldest
      } else if (generations.length > 1) staleFiles.push(name)
    } finally {
      if (newest === undefined) file.close()
    }
  }
  const lost = hurt ?? oldest
  if (newest !== undefined || lost === undefined) return newest
  if (!repair || lost.failure.details['belongsTo'] !== undefined) throw lost.failure
  return await openHeadless(directory, stem, lost, store)
}

/**
 * Whether the log of an older generation belongs to another partition, which a repair gives it back to; or was the log,
 * and cannot be read.
 */
async function useOf(
  directory: StorageDirectory,
  name: string,
  home: LogHome,
  store: Store,
): Promise<'none' | 'others' | 'kept'> {
  const file = await directory.open(name, { create: false })
  try {
    requireHome(readHeader(file, store, true).header, home, name)
    return 'none'
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error
    if (error.details['belongsTo'] !== undefined) return 'others'
    return wasLog(file) ? 'kept' : 'none'
  } finally {
    file.close()
  }
}

/** The header of a log, and where its two copies differ: see `NewestLog`. A file that is too short reads as zeros. */
function readHeader(file: StorageFile, store: Store, mayBeDraft: boolean): { header: LogHeader; tornAt: number } {
  const bytes = new Uint8Array(LOG_HEADER_BYTES)
  file.read(0, bytes)
  const header = decodeLogHeader(store, bytes, file.name, mayBeDraft)
  const whole = encodeLogHeader(store, header)
  return { header, tornAt: whole.findIndex((byte, i) => byte !== bytes[i]) }
}

/** What a repair reports about the headers. */
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

/** Opens a log with a damaged header if the snapshot has the seed of its checksums; otherwise throws the failure. */
async function openHeadless(
  directory: StorageDirectory,
  stem: string,
  { name, failure }: Hurt,
  store: Store,
): Promise<NewestLog> {
  const seed = await snapshotSeed(directory, stem, store)
  if (seed === undefined) throw failure
  const file = await directory.open(name, { create: false })
  const generation = generationOf(stem, name)!
  const header = { seed, generation, sealedTransaction: 0, isComplete: true, home: homeOf('') }
  return { file, header, tornAt: -1, staleFiles: [], asideFiles: [], hurt: undefined, isHeadless: true }
}

/** Whether a frame of the file passes with the seed that the snapshot names: no snapshot is made of a draft. */
async function hasSnapshot(directory: StorageDirectory, stem: string, file: StorageFile): Promise<boolean> {
  const store = await Store.create({ shapes: new CollectionShapes('id'), makeKey: () => '', isPlain: true })
  const seed = await snapshotSeed(directory, stem, store)
  if (seed === undefined) return false
  store.begin()
  store.gather.logSeed = seed
  const end = file.size() - (file.size() % 8)
  const window = new LogWindow(store, file, () => {})
  for (let from = LOG_HEADER_BYTES; from < end; from += CHECKED_BYTES / 2) {
    const bytes = Math.min(CHECKED_BYTES, end - from)
    if (window.at === 0) window.reserve(bytes, bytes)
    window.load(from, bytes)
    if (store.resync(window.at, window.at + bytes) !== 0) return true
  }
  return false
}

/** Whether the file has frames made after it became the log: those written by a compaction have no durable mark. */
function wasLog(file: StorageFile): boolean {
  const bytes = new Uint8Array(FRAME_BYTES)
  const head = new DataView(bytes.buffer)
  const size = file.size()
  let at = LOG_HEADER_BYTES
  for (; at + FRAME_BYTES <= size; at += FRAME_BYTES + head.getUint32(4, true)) {
    if (file.read(at, bytes) < FRAME_BYTES || !isFrame(head)) break
    if (head.getUint32(8, true) > 0) return true
  }
  return at !== size && hasMark(file, size)
}

/**
 * Searches for such a frame where one is damaged: the first has a sector in common with the head. Without the seed no
 * checksum helps.
 */
function hasMark(file: StorageFile, size: number): boolean {
  const piece = new Uint8Array(SEARCHED_BYTES)
  const words = new Uint32Array(piece.buffer)
  const next = new DataView(new ArrayBuffer(FRAME_BYTES))
  for (let start = LOG_HEADER_BYTES; start + FRAME_BYTES <= size; start += SEARCHED_BYTES - FRAME_BYTES) {
    const got = file.read(start, piece)
    for (let i = 0; i + FRAME_BYTES <= got; i += 8) {
      if (words[i >>> 2] === 0) continue
      const head = new DataView(piece.buffer, i, FRAME_BYTES)
      if (!isFrame(head) || head.getUint32(8, true) === 0 || head.getUint32(8, true) * 8 > start + i) continue
      // It ends where another one begins, or nothing.
      const end = start + i + FRAME_BYTES + head.getUint32(4, true)
      if (end > size) continue
      next.setUint32(0, 0)
      file.read(end, new Uint8Array(next.buffer))
      if (next.getUint32(0) === 0 || isFrame(next)) return true
    }
  }
  return false
}
