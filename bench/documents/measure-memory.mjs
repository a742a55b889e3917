// Groups of figures about resident bytes, and about what growth does to them, to time and to pauses.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createWorkload } from '../workload.mjs'
import { BATCH_DOCUMENTS_COUNT, collectAll, fill, openFresh } from './session.mjs'

const GROWTH_BATCH_DOCUMENTS_COUNT = 100

/** Resident bytes a document: the difference that the documents make, in a process that did nothing else before. */
export async function measureMemory(peer, parameters) {
  const { rowsCount, seed } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const { store, dispose } = await openFresh(peer, parameters)
  // The generator's own code and heap are grown first, so that they are not counted.
  for (let from = 0; from < Math.min(20_000, rowsCount); from += BATCH_DOCUMENTS_COUNT) {
    workload.documents(from, from + BATCH_DOCUMENTS_COUNT)
  }
  collectAll()
  const before = process.memoryUsage.rss()
  await fill(store, workload, rowsCount)
  collectAll()
  await new Promise((resolve) => setTimeout(resolve, 50))
  collectAll()
  const rssBytes = (process.memoryUsage.rss() - before) / rowsCount
  await dispose()
  return { figures: { rssBytes } }
}

/** One size of the growth table: time, bytes and the longest time the event loop stood still. */
export async function measureGrowth(peer, parameters) {
  const { growthRowsCount: rowsCount, seed } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const { store, dispose } = await openFresh(peer, { ...parameters, rowsCount })
  const isAwaited = peer.awaited.has('insertBatch')
  for (let from = 0; from < 10_000; from += BATCH_DOCUMENTS_COUNT)
    workload.documents(from, from + BATCH_DOCUMENTS_COUNT)
  collectAll()
  const before = process.memoryUsage.rss()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let spentMs = 0
  let batchMsMax = 0
  let over20MsCount = 0
  delay.enable()
  for (let from = 0; from < rowsCount; from += GROWTH_BATCH_DOCUMENTS_COUNT) {
    const documents = workload.documents(from, Math.min(from + GROWTH_BATCH_DOCUMENTS_COUNT, rowsCount))
    await new Promise(setImmediate)
    const start = performance.now()
    if (isAwaited) await store.insertBatch(documents)
    else store.insertBatch(documents)
    const batchMs = performance.now() - start
    spentMs += batchMs
    if (batchMs > batchMsMax) batchMsMax = batchMs
    if (batchMs > 20) over20MsCount++
  }
  delay.disable()
  collectAll()
  const rssBytes = (process.memoryUsage.rss() - before) / rowsCount
  await dispose()
  return {
    figures: {
      [`growthUs@${rowsCount}`]: (1_000 * spentMs) / rowsCount,
      [`growthBytes@${rowsCount}`]: rssBytes,
      [`growthPauseMs@${rowsCount}`]: batchMsMax,
      [`growthLoopMs@${rowsCount}`]: delay.max / 1e6,
      [`growthPauses@${rowsCount}`]: over20MsCount,
    },
  }
}
