// Finds the log among a partition's files: the newest generation whose header says that it is complete.

import { CollectionShapes, Store } from '../core/index.ts'
import { CorruptError } from '../error/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
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

/** Read together when frames are searched for; a longer one is not found. */
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
  /** Newer ones that cannot be read, the newest first. */
  const hurt: Hurt[] = []
  /** The last file that holds nothing and may be a draft. */
  let empty: Hurt | undefined
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
      const header = { ...found, generation: Math.max(generation, hurt[0]?.generation ?? 0) }
      requireHome(header, home, `${directory.path}/${name}`)
      if (header.isComplete) newest = { file, header, tornAt, staleFiles, asideFiles, hurt: hurt[0], isHeadless: false }
      else staleFiles.push(name)
    } catch (error) {
      // This is not a draft: a later version wrote it, or it cannot be read now, and no older generation may have its
      // content.
      if (!(error instanceof CorruptError)) throw error
      const one = { name, generation, bytes: file.size(), failure: error }
      if (isMisplaced(one) || hasContent(file)) {
        // The previous generation lacks what was acknowledged since. A file of another partition is not ours to remove.
        if (!repair || (isMisplaced(one) && hurt.length > 0)) throw error
        hurt.push(one)
      } else {
        empty = one
        if (generations.length > 1) staleFiles.push(name)
      }
    } finally {
      if (newest === undefined) file.close()
    }
  }
  // Of several that cannot be read, the first is named by what is reported.
  if (newest !== undefined) {
    asideFiles.push(...hurt.slice(1).map(({ name }) => name))
    return newest
  }
  const lost = (await lastWithSnapshot(directory, stem, hurt)) ?? empty
  if (lost === undefined) return undefined
  if (!repair || isMisplaced(lost)) throw lost.failure
  return await openHeadless(directory, stem, lost, hurt, store)
}

function isMisplaced({ failure }: Hurt): boolean {
  return failure.details['belongsTo'] !== undefined
}

/**
 * Whether a file whose header cannot be read holds more than that, so that it is damaged. A compaction begins to write
 * frames once the header of its draft is durable: a crash leaves one without a header only while there is nothing else.
 */
function hasContent(file: StorageFile): boolean {
  return file.size() > LOG_HEADER_BYTES
}

/** Of those that cannot be read, the one the snapshot is of; otherwise the oldest, as drafts are newer than the log. */
async function lastWithSnapshot(
  directory: StorageDirectory,
  stem: string,
  hurt: readonly Hurt[],
): Promise<Hurt | undefined> {
  for (const one of hurt.length > 1 ? hurt : []) {
    const file = await directory.open(one.name, { create: false })
    try {
      if (await hasSnapshot(directory, stem, file)) return one
    } finally {
      file.close()
    }
  }
  return hurt.at(-1)
}

/**
 * Whether the log of an older generation belongs to another partition, which a repair gives it back to; or cannot be
 * read.
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
    return hasContent(file) ? 'kept' : 'none'
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

/**
 * Opens a log with a damaged header if the snapshot has the seed of its checksums; otherwise throws the failure.
 *
 * @param hurt - it and others that cannot be read.
 */
async function openHeadless(
  directory: StorageDirectory,
  stem: string,
  { name, failure, generation: own }: Hurt,
  hurt: readonly Hurt[],
  store: Store,
): Promise<NewestLog> {
  const seed = await snapshotSeed(directory, stem, store)
  if (seed === undefined) throw failure
  const file = await directory.open(name, { create: false })
  const generation = Math.max(own, hurt[0]?.generation ?? 0)
  const header = { seed, generation, sealedTransaction: 0, isComplete: true, home: homeOf('') }
  const asideFiles = hurt.map((one) => one.name).filter((other) => other !== name)
  return { file, header, tornAt: -1, staleFiles: [], asideFiles, hurt: undefined, isHeadless: true }
}

/** Whether a frame of the file passes with the seed that the snapshot names. */
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
