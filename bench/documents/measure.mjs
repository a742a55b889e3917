// The groups of figures, measured over one store in one process. What a group returns:
// { figures: { name: number }, checksum?: string }. Rates are operations a second.
import { rmSync, statSync, readdirSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Bench } from 'tinybench'
import { Checksum, createKeyring, createWorkload } from '../workload.mjs'

const BATCH_DOCUMENTS_COUNT = 1_000
const GET_MANY_KEYS_COUNT = 100
const GROWTH_BATCH_DOCUMENTS_COUNT = 100
const CHECKED_DOCUMENTS_COUNT = 2_000
const DURABLE_CALLERS_COUNTS = [1, 16, 256]

/**
 * @typedef {import('../compare/store.mjs').Peer} Peer
 * @typedef {import('../compare/store.mjs').Store} Store
 * @typedef {{ seed: number, rowsCount: number, rowsOneCount: number, rowsVectorCount: number, timeMs: number,
 *   path?: string, scratch: string, isOnDisk: boolean }} Parameters
 */

/** @type {Record<string, (peer: Peer, parameters: Parameters) => Promise<{ figures: object, checksum?: string }>>} */
export const GROUPS = {
  insert: measureInsert,
  insertOne: measureInsertOne,
  read: measureRead,
  upsert: measureUpsert,
  durable: measureDurable,
  vector: measureVector,
  memory: measureMemory,
  growth: measureGrowth,
  build: measureBuild,
  openGet: measureOpenGet,
  openScan: measureOpenScan,
}

// A collection of the young generation before the clock starts: what made the documents is not charged to the peer.
const collectYoung = () => globalThis.gc?.({ type: 'minor' })
const collectAll = () => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
}

let stores = 0
async function openFresh(peer, parameters, lanesCount = 0, isDurable = false) {
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
async function fill(store, workload, rowsCount) {
  for (let from = 0; from < rowsCount; from += BATCH_DOCUMENTS_COUNT) {
    await store.insertBatch(workload.documents(from, Math.min(from + BATCH_DOCUMENTS_COUNT, rowsCount)))
  }
}

/**
 * Times one uninterrupted pass over documents that all exist before the clock starts, so that every collection of
 * garbage which the peer causes, and none which making the documents causes, is in the time.
 */
async function timePass(inputs, write, isAwaited) {
  collectAll()
  const start = performance.now()
  if (isAwaited) for (const input of inputs) await write(input)
  else for (const input of inputs) write(input)
  return performance.now() - start
}

function batchesOf(documents) {
  const batches = []
  for (let at = 0; at < documents.length; at += BATCH_DOCUMENTS_COUNT) {
    batches.push(documents.slice(at, at + BATCH_DOCUMENTS_COUNT))
  }
  return batches
}

async function checksumOf(store) {
  const checksum = new Checksum()
  await store.scan(document => checksum.add(document))
  return String(checksum)
}

async function measureInsert(peer, parameters) {
  const { rowsCount, seed } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const { store, dispose } = await openFresh(peer, parameters)
  const batches = batchesOf(workload.documents(0, rowsCount))
  const spentMs = await timePass(batches, batch => store.insertBatch(batch), peer.awaited.has('insertBatch'))
  const checksum = await checksumOf(store)
  await dispose()
  return { figures: { insertBatch: (1_000 * rowsCount) / spentMs }, checksum }
}

async function measureInsertOne(peer, parameters) {
  const { rowsOneCount: rowsCount, seed } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const { store, dispose } = await openFresh(peer, parameters)
  const documents = workload.documents(0, rowsCount)
  const spentMs = await timePass(documents, document => store.insertOne(document), peer.awaited.has('insertOne'))
  const checksum = await checksumOf(store)
  await dispose()
  return { figures: { insertOne: (1_000 * rowsCount) / spentMs }, checksum }
}

/**
 * Runs repeatable operations under tinybench. An iteration is `perIteration` operations over inputs made by `prepare`
 * outside the clock, for a clock read costs as much as a get.
 */
async function repeat(timeMs, tasks) {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4, iterations: 3, warmupIterations: 1 })
  for (const { name, prepare, run, isAwaited } of tasks) {
    bench.add(name, run, { beforeEach: prepare, async: isAwaited })
  }
  await bench.run()
  const rates = {}
  for (const { name, perIteration } of tasks) {
    const { result } = bench.getTask(name)
    if (result.state !== 'completed') throw result.error ?? new Error(`${name} ended as ${result.state}`)
    rates[name] = (1_000 * perIteration) / result.latency.mean
  }
  return rates
}

// What keeps a read from being optimised away, and makes each peer hand over a field that lies deep in the record.
let sink = 0
const touch = document => {
  sink = (sink + document.likes) | 0
}

async function measureRead(peer, parameters) {
  const { rowsCount, seed, timeMs } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const keyring = createKeyring(workload)
  const { store, dispose } = await openFresh(peer, parameters)
  await fill(store, workload, rowsCount)
  const checksum = await checksumOf(store)

  let keys = []
  let keyLists = []
  const getAwaited = async () => {
    for (const key of keys) touch(await store.get(key))
  }
  const getSync = () => {
    for (const key of keys) touch(store.get(key))
  }
  const getManyAwaited = async () => {
    for (const list of keyLists) for (const document of await store.getMany(list)) touch(document)
  }
  const getManySync = () => {
    for (const list of keyLists) for (const document of store.getMany(list)) touch(document)
  }
  const isGetAwaited = peer.awaited.has('get')
  const isGetManyAwaited = peer.awaited.has('getMany')
  const figures = await repeat(timeMs, [
    {
      name: 'get',
      perIteration: 1_000,
      isAwaited: isGetAwaited,
      prepare: () => {
        keys = keyring.random(1_000)
      },
      run: isGetAwaited ? getAwaited : getSync,
    },
    {
      name: 'getMany',
      perIteration: 10 * GET_MANY_KEYS_COUNT,
      isAwaited: isGetManyAwaited,
      prepare: () => {
        keyLists = Array.from({ length: 10 }, () => keyring.random(GET_MANY_KEYS_COUNT))
      },
      run: isGetManyAwaited ? getManyAwaited : getManySync,
    },
    {
      name: 'scan',
      perIteration: rowsCount,
      isAwaited: peer.awaited.has('scan'),
      run: peer.awaited.has('scan') ? async () => store.scan(touch) : () => store.scan(touch),
    },
  ])
  await dispose()
  return { figures, checksum }
}

async function measureUpsert(peer, parameters) {
  const { rowsCount, seed, timeMs } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const keyring = createKeyring(workload)
  const { store, dispose } = await openFresh(peer, parameters)
  await fill(store, workload, rowsCount)

  const versions = new Uint32Array(rowsCount)
  let version = 0
  let documents = []
  const prepareChanged = () => {
    version++
    documents = keyring.randomSlots(BATCH_DOCUMENTS_COUNT).map(i => {
      versions[i] = version
      return workload.document(i, version)
    })
  }
  const prepareSame = () => {
    documents = keyring.randomSlots(BATCH_DOCUMENTS_COUNT).map(i => workload.document(i, versions[i]))
  }
  const isOneAwaited = peer.awaited.has('upsertOne')
  const isBatchAwaited = peer.awaited.has('upsertBatch')
  const oneAwaited = async () => {
    for (const document of documents) await store.upsertOne(document)
  }
  const oneSync = () => {
    for (const document of documents) store.upsertOne(document)
  }
  const runOne = isOneAwaited ? oneAwaited : oneSync
  const runBatch = isBatchAwaited ? async () => store.upsertBatch(documents) : () => store.upsertBatch(documents)
  const perIteration = BATCH_DOCUMENTS_COUNT
  const figures = await repeat(timeMs, [
    { name: 'upsertOne', perIteration, isAwaited: isOneAwaited, prepare: prepareChanged, run: runOne },
    { name: 'upsertBatch', perIteration, isAwaited: isBatchAwaited, prepare: prepareChanged, run: runBatch },
    { name: 'upsertUnchanged', perIteration, isAwaited: isBatchAwaited, prepare: prepareSame, run: runBatch },
  ])

  await checkVersions(store, workload, versions)
  // Every peer ran another number of iterations; one last pass brings them all to the same contents.
  const checkedCount = Math.min(rowsCount, CHECKED_DOCUMENTS_COUNT)
  await store.upsertBatch(workload.documents(0, checkedCount, 1))
  const checksum = new Checksum()
  for (let i = 0; i < checkedCount; i++) checksum.add(await store.get(workload.key(i)))
  await dispose()
  return { figures, checksum: String(checksum) }
}

async function checkVersions(store, workload, versions) {
  let count = 0
  for (let i = 0; i < versions.length && count < CHECKED_DOCUMENTS_COUNT; i++) {
    if (versions[i] === 0) continue
    count++
    const stored = new Checksum()
    const expected = new Checksum()
    stored.add(await store.get(workload.key(i)))
    expected.add(workload.document(i, versions[i]))
    if (String(stored) !== String(expected)) throw new Error(`document ${i} is not at version ${versions[i]}`)
  }
}

async function measureDurable(peer, parameters) {
  if (!peer.hasDurable) return { figures: {} }
  const { seed, timeMs } = parameters
  const workload = createWorkload({ seed, rowsCount: parameters.rowsCount })
  const { store, path, dispose } = await openFresh(peer, parameters, 0, true)
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

  // Everything acknowledged is there when the store is opened anew.
  await store.close()
  const reopened = await peer.open({ path, rowsCount: at, lanesCount: 0 })
  let stored = 0
  await reopened.scan(() => stored++)
  await reopened.close()
  if (stored !== at) throw new Error(`${at} documents were acknowledged, ${stored} are stored`)
  void dispose
  rmSync(path, { recursive: true, force: true })
  return { figures }
}

async function measureVector(peer, parameters) {
  const { rowsVectorCount: rowsCount, seed, timeMs } = parameters
  const workload = createWorkload({ seed, rowsCount, lanesCount: 128 })
  const keyring = createKeyring(workload)
  const { store, dispose } = await openFresh(peer, parameters, 128)
  const batches = batchesOf(workload.documents(0, rowsCount))
  const spentMs = await timePass(batches, batch => store.insertBatch(batch), peer.awaited.has('insertBatch'))
  const checksum = await checksumOf(store)
  let keys = []
  const isAwaited = peer.awaited.has('get')
  const getAwaited = async () => {
    for (const key of keys) touch(await store.get(key))
  }
  const getSync = () => {
    for (const key of keys) touch(store.get(key))
  }
  const { get } = await repeat(timeMs, [
    {
      name: 'get',
      perIteration: 1_000,
      isAwaited,
      prepare: () => {
        keys = keyring.random(1_000)
      },
      run: isAwaited ? getAwaited : getSync,
    },
  ])
  await dispose()
  return { figures: { vectorInsertBatch: (1_000 * rowsCount) / spentMs, vectorGet: get }, checksum }
}

/** Resident bytes a document: the difference that the documents make, in a process that did nothing else before. */
async function measureMemory(peer, parameters) {
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
  await new Promise(resolve => setTimeout(resolve, 50))
  collectAll()
  const rssBytes = (process.memoryUsage.rss() - before) / rowsCount
  await dispose()
  return { figures: { rssBytes } }
}

/** One size of the growth table: time, bytes and the longest time the event loop stood still. */
async function measureGrowth(peer, parameters) {
  const { growthRowsCount: rowsCount, seed } = parameters
  const workload = createWorkload({ seed, rowsCount })
  const { store, dispose } = await openFresh(peer, { ...parameters, rowsCount })
  const isAwaited = peer.awaited.has('insertBatch')
  for (let from = 0; from < 10_000; from += BATCH_DOCUMENTS_COUNT) workload.documents(from, from + BATCH_DOCUMENTS_COUNT)
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

/** Writes the store that the two opening groups open, closes it, and weighs it. */
async function measureBuild(peer, parameters) {
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

async function measureOpenGet(peer, parameters) {
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

async function measureOpenScan(peer, parameters) {
  const { rowsCount, path } = parameters
  collectAll()
  let count = 0
  const start = performance.now()
  const store = await peer.open({ path, rowsCount, lanesCount: 0 })
  const visit = document => {
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
