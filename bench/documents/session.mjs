// What every group of figures does around its clock: opening, filling, checking, collecting garbage.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Checksum } from '../workload.mjs'

export const BATCH_DOCUMENTS_COUNT = 1_000

/**
 * @typedef {import('../compare/store.mjs').Peer} Peer
 * @typedef {import('../compare/store.mjs').Store} Store
 * @typedef {{ seed: number, rowsCount: number, rowsOneCount: number, rowsVectorCount: number, timeMs: number,
 *   path?: string, scratch: string, isOnDisk: boolean }} Parameters
 */

export const collectYoung = () => globalThis.gc?.({ type: 'minor' })
export const collectAll = () => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
}

let stores = 0
export async function openFresh(peer, parameters, lanesCount = 0, isDurable = false) {
  const path = parameters.isOnDisk ? join(parameters.scratch, `store${++stores}`) : undefined
  if (path !== undefined) mkdirSync(path, { recursive: true })
  const rowsCount = parameters.rowsCount
  const store = await peer.open({ ...(path !== undefined && { path }), rowsCount, lanesCount, isDurable })
  return {
    store,
    path,
    dispose: async () => {
      await store.close()
      if (path !== undefined) rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Fills a store in batches, outside any clock, without holding more documents than one batch. */
export async function fill(store, workload, rowsCount) {
  for (let from = 0; from < rowsCount; from += BATCH_DOCUMENTS_COUNT) {
    await store.insertBatch(workload.documents(from, Math.min(from + BATCH_DOCUMENTS_COUNT, rowsCount)))
  }
}

export async function checksumOf(store) {
  const checksum = new Checksum()
  await store.scan((document) => checksum.add(document))
  return String(checksum)
}

// What keeps a read from being optimised away, and makes each peer hand over a field that lies deep in the record.
let sink = 0
export const touch = (document) => {
  sink = (sink + document.likes) | 0
}
