// Snapshot: the pages of a partition's structures (hash index, slot table, shapes), so that opening needs no rehash. Records are not
// in it: they are read from the log itself, which is the truth. A snapshot that is missing, torn, or of another layout is ignored.
//
// | head 64 | STATE 3072 | page numbers u32[], padding to 8 | pages of 64 KiB |    checksum: chained over the parts in this order

import { PAGE_BYTES, STATE, STATE_END, Store } from '../core/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import { decodeSnapshotHeader, encodeSnapshotHeader, SNAPSHOT_HEADER_BYTES, type SnapshotHeader, snapshotName } from './header.ts'

const STATE_BYTES = STATE_END - STATE
const LIST_CHUNK = 4096

function listBytes(pagesCount: number): number {
  return (pagesCount * 4 + 7) & ~7
}

function hashList(store: Store, list: Uint8Array, seed: bigint): bigint {
  let hash = seed
  for (let at = 0; at < list.length; at += LIST_CHUNK) hash = store.hashBytes(list.subarray(at, at + LIST_CHUNK), hash)
  return hash
}

export interface CoveredLog {
  readonly seed: bigint
  readonly covered: number
  readonly sequence: number
}

/**
 * Writes a snapshot; it is durable, name and all, when it resolves. `cover` is called in the stretch that copies the pages out: it
 * makes the log durable and says how far it goes.
 */
export async function writeSnapshot(directory: StorageDirectory, stem: string, store: Store, cover: () => CoveredLog): Promise<void> {
  const name = snapshotName(stem)
  const draft = `${name}.tmp`
  await directory.remove(draft)
  const file = await directory.open(draft, { create: true })
  try {
    const log = cover()
    const pages = store.structPages()
    const list = new Uint8Array(listBytes(pages.length))
    new Uint32Array(list.buffer, 0, pages.length).set(pages)
    let hash = store.hashState(0n)
    hash = hashList(store, list, hash)
    for (const page of pages) hash = store.hashPage(page, hash)
    file.write(SNAPSHOT_HEADER_BYTES, store.stateBytes)
    file.write(SNAPSHOT_HEADER_BYTES + STATE_BYTES, list)
    let at = SNAPSHOT_HEADER_BYTES + STATE_BYTES + list.length
    for (let i = 0; i < pages.length; ) {
      // Neighbouring pages go out in one write.
      let run = 1
      while (i + run < pages.length && pages[i + run] === pages[i]! + run) run++
      file.write(at, store.memoryRange(pages[i]! * PAGE_BYTES, run * PAGE_BYTES))
      at += run * PAGE_BYTES
      i += run
    }
    const header: SnapshotHeader = {
      layout: Store.layoutVersion,
      logSeed: log.seed,
      covered: log.covered,
      sequence: log.sequence,
      pagesTop: store.pagesTop,
      pagesCount: pages.length,
      contentHash: hash,
    }
    file.write(0, encodeSnapshotHeader(store, header))
    await file.flush()
  } finally {
    file.close()
  }
  await directory.rename(draft, name)
  await directory.flushNames()
}

/**
 * Restores a snapshot into a store that holds nothing. Answers its head, or undefined when there is none that fits this log and this
 * layout and is whole; the store is spoilt then.
 */
export async function readSnapshot(
  directory: StorageDirectory,
  stem: string,
  store: Store,
  logSeed: bigint,
): Promise<SnapshotHeader | undefined> {
  let file: StorageFile
  try {
    file = await directory.open(snapshotName(stem), { create: false })
  } catch {
    return undefined
  }
  try {
    return restore(file, store, logSeed)
  } catch {
    // Whatever is wrong with it, the log holds everything.
    return undefined
  } finally {
    file.close()
  }
}

function restore(file: StorageFile, store: Store, logSeed: bigint): SnapshotHeader | undefined {
  const head = new Uint8Array(SNAPSHOT_HEADER_BYTES)
  if (file.read(0, head) !== head.length) return undefined
  const header = decodeSnapshotHeader(store, head, file.name)
  if (header.layout !== Store.layoutVersion || header.logSeed !== logSeed) return undefined
  const list = new Uint8Array(listBytes(header.pagesCount))
  const pagesAt = SNAPSHOT_HEADER_BYTES + STATE_BYTES + list.length
  if (file.size() !== pagesAt + header.pagesCount * PAGE_BYTES) return undefined
  const state = new Uint8Array(STATE_BYTES)
  file.read(SNAPSHOT_HEADER_BYTES, state)
  file.read(SNAPSHOT_HEADER_BYTES + STATE_BYTES, list)
  // The list is checked before it says where pages go.
  let hash = store.hashBytes(state, 0n)
  hash = hashList(store, list, hash)
  const pages = [...new Uint32Array(list.buffer, 0, header.pagesCount)]
  for (let i = 0; i < pages.length; i++) {
    if (pages[i]! < 2 || pages[i]! >= header.pagesTop || (i > 0 && pages[i]! <= pages[i - 1]!)) return undefined
  }
  if (!store.restoreBegin(header.pagesTop, pages)) return undefined
  for (let i = 0; i < pages.length; ) {
    let run = 1
    while (i + run < pages.length && pages[i + run] === pages[i]! + run) run++
    file.read(pagesAt + i * PAGE_BYTES, store.memoryRange(pages[i]! * PAGE_BYTES, run * PAGE_BYTES))
    i += run
  }
  for (const page of pages) hash = store.hashPage(page, hash)
  if (hash !== header.contentHash) return undefined
  store.stateBytes.set(state)
  return store.restoreEnd(header.pagesTop) ? header : undefined
}
