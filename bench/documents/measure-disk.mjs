// Groups of figures that need a disk: durable writes, opening, bytes taken.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkload } from '../workload.mjs'
import { BATCH_DOCUMENTS_COUNT, checksumOf, collectAll, collectYoung, fill, openFresh, touch } from './session.mjs'

const DURABLE_CALLERS_COUNTS = [1, 16, 256]

/**
 * Times durable writes by so many callers at once, and in batches. Each shape is run for as long in a store of its own first, as
 * passes of soft writes are: compilers have seen the code by then.
 */
export async function measureDurable(peer, parameters) {
  if (!peer.hasDurable) return { figures: {} }
  const { seed, rowsCount } = parameters
  const warm = await openFresh(peer, parameters, 0, true)
  await writeDurable(warm.store, createWorkload({ seed: seed + 1, rowsCount }), parameters.timeMs)
  await warm.dispose()

  const { store, path } = await openFresh(peer, parameters, 0, true)
  const { figures, writtenCount } = await writeDurable(store, createWorkload({ seed, rowsCount }), parameters.timeMs)

  // Everything acknowledged is there when the store is opened anew.
  await store.close()
  const reopened = await peer.open({ path, rowsCount: writtenCount, lanesCount: 0 })
  let stored = 0
  await reopened.scan(() => stored++)
  await reopened.close()
  if (stored !== writtenCount) throw new Error(`${writtenCount} documents were acknowledged, ${stored} are stored`)
  rmSync(path, { recursive: true, force: true })
  return { figures }
}

async function writeDurable(store, workload, timeMs) {
  const figures = {}
  let at = 0
  for (const callersCount of DURABLE_CALLERS_COUNTS) {
    let written = 0
    let spentMs = 0
    // Documents are made between the slices, outside the clock; a slice is long enough to hide its ragged end.
    for (let rate = 2_000; spentMs < timeMs; rate = (1_000 * written) / spentMs) {
      const sliceCount = Math.max(callersCount, Math.ceil((rate * timeMs) / 4_000))
      const documents = workload.documents(at, at + sliceCount)
      at += sliceCount
      collectYoung()
      let next = 0
      const caller = async () => {
        while (next < documents.length) await store.insertDurable(documents[next++])
      }
      const start = performance.now()
      await Promise.all(Array.from({ length: callersCount }, caller))
      spentMs += performance.now() - start
      written += sliceCount
    }
    figures[`durable${callersCount}`] = (1_000 * written) / spentMs
  }
  let written = 0
  let spentMs = 0
  while (spentMs < timeMs) {
    const documents = workload.documents(at, at + BATCH_DOCUMENTS_COUNT)
    at += BATCH_DOCUMENTS_COUNT
    collectYoung()
    const start = performance.now()
    await store.insertBatchDurable(documents)
    spentMs += performance.now() - start
    written += BATCH_DOCUMENTS_COUNT
  }
  figures.durableBatch = (1_000 * written) / spentMs
  return { figures, writtenCount: at }
}

/** Writes the store that the two opening groups open, closes it, and weighs it. */
export async function measureBuild(peer, parameters) {
  const { rowsCount, seed, path } = parameters
  const workload = createWorkload({ seed, rowsCount })
  mkdirSync(path, { recursive: true })
  const store = await peer.open({ path, rowsCount, lanesCount: 0 })
  await fill(store, workload, rowsCount)
  await store.close()
  return { figures: { diskBytes: diskBytesOf(path) / rowsCount } }
}

/** Bytes taken on the disk: allocated blocks, which a preallocated file fills and a sparse one does not. */
export function diskBytesOf(path) {
  let bytes = 0
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).blocks * 512
  }
  return bytes
}

export async function measureOpenGet(peer, parameters) {
  const { rowsCount, seed, path } = parameters
  const key = createWorkload({ seed, rowsCount }).key(rowsCount >> 1)
  collectAll()
  const start = performance.now()
  const store = await peer.open({ path, rowsCount, lanesCount: 0 })
  const document = await store.get(key)
  const openGetMs = performance.now() - start
  if (document?.id !== key) throw new Error('the first get after opening did not find its document')
  await store.close()
  return { figures: { openGetMs } }
}

export async function measureOpenScan(peer, parameters) {
  const { rowsCount, path } = parameters
  collectAll()
  let count = 0
  const start = performance.now()
  const store = await peer.open({ path, rowsCount, lanesCount: 0 })
  const visit = (document) => {
    touch(document)
    count++
  }
  await store.scan(visit)
  const openScanMs = performance.now() - start
  if (count !== rowsCount) throw new Error(`${count} of ${rowsCount} documents were there after opening`)
  const checksum = await checksumOf(store)
  await store.close()
  return { figures: { openScanMs }, checksum }
}
