// Snapshot: the pages of a partition's structures (hash index, slot table, shapes), so that opening needs no rehash. It has no records:
// they are read from the log, which is authoritative. A snapshot that is missing, torn, or of another layout is ignored.
//
// | head 64 | STATE 3072 | page numbers u32[], block numbers u32[], padding to 8 | blocks of 4 KiB |    checksum: chained in this order
// | links of graphs, with a checksum of their own |
// Blocks that are all zero are omitted: tables are sized for what they may hold. Links are left out of the blocks, and packed.
//
// The index of a small partition is built faster than its pages are written and read: its snapshot has no pages, and only records how far
// the log was durable when it was closed. Building a graph is slow: where there is one, there are pages.

import { DERIVED_GRAPHS, FIRST_PAGE, PAGE_BYTES, S_DERIVED, STATE, STATE_END, Store } from '../core/index.ts'
import { HostError, NotFoundError } from '../error/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import {
  decodeSnapshotHeader,
  encodeSnapshotHeader,
  SNAPSHOT_HEADER_BYTES,
  type SnapshotHeader,
  snapshotName,
} from './header.ts'
import { readLinks, writeLinks } from './links.ts'
import type { Slice } from './slice.ts'

const STATE_BYTES = STATE_END - STATE
const LIST_CHUNK = 4096
const BLOCK_BYTES = 4096
/** Up to this many documents the index is rebuilt, which takes about 15 ms; pages cost 20 bytes of disk per document. */
const BUILD_DOCUMENTS_MAX = 300_000
/** This many entries of ordered indexes are sorted again in about the same time. */
const BUILD_ENTRIES_MAX = 20_000
/** The same for tokens of texts and entries of sparse vectors, which takes about 50 ms. */
const BUILD_LENGTHS_MAX = 100_000
/** Adjacent blocks are written, read and hashed together, up to this many. */
const RUN_BLOCKS_MAX = 1024

function listBytes(pagesCount: number, blocksCount: number): number {
  return ((pagesCount + blocksCount) * 4 + 7) & ~7
}

/** The first block of each run of adjacent blocks, and its length. */
function* runsOf(blocks: ArrayLike<number>): Iterable<[block: number, count: number]> {
  for (let i = 0; i < blocks.length; ) {
    let count = 1
    while (count < RUN_BLOCKS_MAX && i + count < blocks.length && blocks[i + count] === blocks[i]! + count) count++
    yield [blocks[i]!, count]
    i += count
  }
}

function hashList(store: Store, list: Uint8Array, seed: bigint): bigint {
  let hash = seed
  for (let at = 0; at < list.length; at += LIST_CHUNK) hash = store.hashBytes(list.subarray(at, at + LIST_CHUNK), hash)
  return hash
}

function hasGraphs(store: Store): boolean {
  return (store.memory.state(S_DERIVED) & DERIVED_GRAPHS) !== 0
}

export interface CoveredLog {
  readonly seed: bigint
  readonly covered: number
  readonly sequence: number
  /** Rejects if a flush that was under way failed: it may be the only one that is told what is lost. */
  flushed(): Promise<void>
}

/** Whether indexes and graphs take so little time to build that a snapshot need not hold them. */
function isSoonBuilt({ isDerived, ordered, inverted, graphs }: Store): boolean {
  if (!isDerived) return true
  return ordered.entriesOfAll <= BUILD_ENTRIES_MAX && inverted.lengthsOfAll <= BUILD_LENGTHS_MAX && !graphs.isAny
}

/**
 * Writes a snapshot; it is durable, including its name, when this resolves. `cover` is called in the stretch that copies the pages out: it
 * makes the log durable and returns its position.
 */
export async function writeSnapshot(
  directory: StorageDirectory,
  stem: string,
  store: Store,
  cover: () => CoveredLog,
  buildDocumentsMax = BUILD_DOCUMENTS_MAX,
): Promise<void> {
  const name = snapshotName(stem)
  const draft = `${name}.tmp`
  await directory.remove(draft)
  const file = await directory.open(draft, { create: true })
  try {
    const log = cover()
    const isMark = store.count <= buildDocumentsMax && isSoonBuilt(store)
    if (!isMark && hasGraphs(store)) store.graphs.reachAll()
    const blocks = isMark ? [] : store.structBlocks(BLOCK_BYTES)
    const pages = isMark ? [] : store.structPages()
    const list = new Uint8Array(listBytes(pages.length, blocks.length))
    new Uint32Array(list.buffer).set([...pages, ...blocks])
    let hash = store.hashState(0n)
    hash = hashList(store, list, hash)
    file.write(SNAPSHOT_HEADER_BYTES, store.stateBytes)
    file.write(SNAPSHOT_HEADER_BYTES + STATE_BYTES, list)
    let at = SNAPSHOT_HEADER_BYTES + STATE_BYTES + list.length
    for (const [block, count] of runsOf(blocks)) {
      const bytes = count * BLOCK_BYTES
      hash = store.hashMemory(block * BLOCK_BYTES, bytes, hash)
      file.write(at, store.memoryRange(block * BLOCK_BYTES, bytes))
      at += bytes
    }
    if (blocks.length > 0 && hasGraphs(store)) writeLinks(file, at, store, hash)
    const header: SnapshotHeader = {
      layout: Store.layoutVersion,
      logSeed: log.seed,
      covered: log.covered,
      sequence: log.sequence,
      pagesTop: store.pagesTop,
      pagesCount: pages.length,
      blocksCount: blocks.length,
      contentHash: hash,
    }
    file.write(0, encodeSnapshotHeader(store, header))
    await file.flush()
    await log.flushed()
  } catch (error) {
    file.close()
    // On a full disk it would take up what room is left.
    await directory.remove(draft).catch(() => {})
    throw error
  }
  file.close()
  await directory.rename(draft, name)
  await directory.flushNames()
}

export interface FoundSnapshot extends Pick<SnapshotHeader, 'covered' | 'pagesCount'> {
  /** Its content is intact and of this layout. */
  readonly isWhole: boolean
}

/**
 * Restores a snapshot into an empty store. Returns what its header says, even if the rest is of no use, and undefined if there is none for
 * this log; unless it is whole, the store is then unusable. If it has no pages, or only its header is requested, the store is not touched.
 */
export async function readSnapshot(
  directory: StorageDirectory,
  stem: string,
  store: Store,
  logSeed: bigint,
  isHeadOnly: boolean,
  slice: Slice,
): Promise<FoundSnapshot | undefined> {
  const file = await openSnapshot(directory, stem)
  if (file === undefined) return undefined
  let header: SnapshotHeader | undefined
  let isWhole = false
  try {
    const found = readHead(file, store)
    if (found.logSeed !== logSeed) return undefined
    header = found
    isWhole = !isHeadOnly && found.layout === Store.layoutVersion && (await restoreAll(file, store, found, slice))
  } catch (error) {
    // Where the head cannot be read for now, nobody knows how much of the log was durable.
    if (header === undefined && error instanceof HostError) throw error
    // Whatever else is wrong with the snapshot, the log holds everything.
    isWhole = false
  } finally {
    file.close()
  }
  return header && { covered: header.covered, pagesCount: header.pagesCount, isWhole }
}

async function openSnapshot(directory: StorageDirectory, stem: string): Promise<StorageFile | undefined> {
  try {
    return await directory.open(snapshotName(stem), { create: false })
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** Whether a snapshot is intact, or of another layout: that is not used either, and not damaged. The store is of no use then. */
export async function isIntact(
  directory: StorageDirectory,
  name: string,
  store: Store,
  slice: Slice,
): Promise<boolean> {
  const file = await directory.open(name, { create: false })
  try {
    const header = readHead(file, store)
    return header.layout !== Store.layoutVersion || (await restoreAll(file, store, header, slice))
  } catch (error) {
    if (error instanceof HostError) throw error
    return false
  } finally {
    file.close()
  }
}

async function restoreAll(file: StorageFile, store: Store, header: SnapshotHeader, slice: Slice): Promise<boolean> {
  const isRestored = await restore(file, store, header, slice)
  if (store.memory.state(S_DERIVED) !== 0) await store.derive()
  if (!isRestored || header.pagesCount === 0) return isRestored
  const end = blocksEnd(header)
  return hasGraphs(store) ? readLinks(file, end, store, header.contentHash) : file.size() === end
}

function readHead(file: StorageFile, store: Store): SnapshotHeader {
  const head = new Uint8Array(SNAPSHOT_HEADER_BYTES)
  file.read(0, head)
  return decodeSnapshotHeader(store, head, file.name)
}

/** The seed of the log that the snapshot belongs to; undefined if there is none with an intact header. */
export async function snapshotSeed(
  directory: StorageDirectory,
  stem: string,
  store: Store,
): Promise<bigint | undefined> {
  const file = await openSnapshot(directory, stem)
  try {
    return file && readHead(file, store).logSeed
  } catch (error) {
    if (error instanceof HostError) throw error
    return undefined
  } finally {
    file?.close()
  }
}

function blocksEnd({ pagesCount, blocksCount }: SnapshotHeader): number {
  return SNAPSHOT_HEADER_BYTES + STATE_BYTES + listBytes(pagesCount, blocksCount) + blocksCount * BLOCK_BYTES
}

/** Returns false unless everything up to the links is intact. */
async function restore(file: StorageFile, store: Store, header: SnapshotHeader, slice: Slice): Promise<boolean> {
  const list = new Uint8Array(listBytes(header.pagesCount, header.blocksCount))
  const blocksAt = SNAPSHOT_HEADER_BYTES + STATE_BYTES + list.length
  if (file.size() < blocksEnd(header)) return false
  const state = new Uint8Array(STATE_BYTES)
  file.read(SNAPSHOT_HEADER_BYTES, state)
  file.read(SNAPSHOT_HEADER_BYTES + STATE_BYTES, list)
  let hash = store.hashBytes(state, 0n)
  hash = hashList(store, list, hash)
  const pages = new Uint32Array(list.buffer, 0, header.pagesCount)
  const blocks = new Uint32Array(list.buffer, header.pagesCount * 4, header.blocksCount)
  // The lists are used as offsets before they are verified, so they must at least stay within the pages.
  for (let i = 0; i < pages.length; i++) {
    if (pages[i]! < FIRST_PAGE || pages[i]! >= header.pagesTop || (i > 0 && pages[i]! <= pages[i - 1]!)) return false
  }
  for (let i = 0; i < blocks.length; i++) {
    const address = blocks[i]! * BLOCK_BYTES
    if (
      address < FIRST_PAGE * PAGE_BYTES ||
      address >= header.pagesTop * PAGE_BYTES ||
      (i > 0 && blocks[i]! <= blocks[i - 1]!)
    )
      return false
  }
  if (pages.length === 0) return hash === header.contentHash && file.size() === blocksAt
  if (!store.restoreBegin(header.pagesTop, pages, header.covered)) return false
  let at = blocksAt
  for (const [block, count] of runsOf(blocks)) {
    await slice.rest()
    const bytes = count * BLOCK_BYTES
    file.read(at, store.memoryRange(block * BLOCK_BYTES, bytes))
    hash = store.hashMemory(block * BLOCK_BYTES, bytes, hash)
    at += bytes
  }
  if (hash !== header.contentHash) return false
  store.stateBytes.set(state)
  return store.restoreEnd(header.pagesTop)
}
