// The groups of figures, measured over one store in one process. What a group returns:
// { figures: { name: number }, checksum?: string }. Rates are operations a second.
import { repeat } from '../harness/repeat.mjs'
import { Checksum, createKeyring, createWorkload } from '../workload.mjs'
import { measureBuild, measureDurable, measureOpenGet, measureOpenScan } from './measure-disk.mjs'
import { measureGrowth, measureMemory } from './measure-memory.mjs'
import { BATCH_DOCUMENTS_COUNT, checksumOf, collectAll, collectYoung, fill, openFresh, touch } from './session.mjs'

const GET_MANY_KEYS_COUNT = 100
const CHUNK_DOCUMENTS_COUNT = 10_000
const CHECKED_DOCUMENTS_COUNT = 2_000

/**
 * @typedef {import('./session.mjs').Peer} Peer
 * @typedef {import('./session.mjs').Store} Store
 * @typedef {import('./session.mjs').Parameters} Parameters
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

/**
 * Times a pass into an empty store. Documents are made a chunk at a time, just before they are written, as programs do
 * that read a file or a network: they are new, and there are never 200,000 of them waiting in the heap. Making them is
 * outside the clock. The young generation is collected before the clock starts, so that what the documents cost is not
 * charged, and again before it stops, so that what the peer leaves behind is.
 *
 * A tenth as many other documents as a batched pass writes go into a store of their own first: compilers have seen the code by then.
 *
 * @param {'insertBatch' | 'insertOne'} method
 * @returns {Promise<{ perSecond: number, store: Store, workload: import('../workload.mjs').Workload,
 *   dispose: () => Promise<void> }>}
 */
async function timePass(peer, parameters, method, rowsCount, lanesCount = 0) {
  const warmUp = createWorkload({ seed: parameters.seed + 1, rowsCount: parameters.rowsCount, lanesCount })
  const warm = await openFresh(peer, parameters, lanesCount)
  await writeChunks(peer, warm.store, method, warmUp, Math.ceil(parameters.rowsCount / 10))
  await warm.dispose()

  const workload = createWorkload({ seed: parameters.seed, rowsCount, lanesCount })
  const { store, dispose } = await openFresh(peer, parameters, lanesCount)
  collectAll()
  const spentMs = await writeChunks(peer, store, method, workload, rowsCount)
  return { perSecond: (1_000 * rowsCount) / spentMs, store, workload, dispose }
}

async function writeChunks(peer, store, method, workload, rowsCount) {
  // Single writes are awaited with every peer, as durable ones are: the call is the same whichever of them is behind it.
  const isAwaited = method === 'insertOne' || peer.awaited.has(method)
  let spentMs = 0
  for (let from = 0; from < rowsCount; from += CHUNK_DOCUMENTS_COUNT) {
    const documents = workload.documents(from, Math.min(from + CHUNK_DOCUMENTS_COUNT, rowsCount))
    const inputs = method === 'insertBatch' ? batchesOf(documents) : documents
    collectYoung()
    collectYoung()
    const start = performance.now()
    if (isAwaited) for (const input of inputs) await store[method](input)
    else for (const input of inputs) store[method](input)
    collectYoung()
    spentMs += performance.now() - start
  }
  return spentMs
}

function batchesOf(documents) {
  const batches = []
  for (let at = 0; at < documents.length; at += BATCH_DOCUMENTS_COUNT) {
    batches.push(documents.slice(at, at + BATCH_DOCUMENTS_COUNT))
  }
  return batches
}

async function measureInsert(peer, parameters) {
  const { perSecond, store, dispose } = await timePass(peer, parameters, 'insertBatch', parameters.rowsCount)
  const checksum = await checksumOf(store)
  await dispose()
  return { figures: { insertBatch: perSecond }, checksum }
}

async function measureInsertOne(peer, parameters) {
  const { perSecond, store, dispose } = await timePass(peer, parameters, 'insertOne', parameters.rowsOneCount)
  const checksum = await checksumOf(store)
  await dispose()
  return { figures: { insertOne: perSecond }, checksum }
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
    documents = keyring.randomSlots(BATCH_DOCUMENTS_COUNT).map((i) => {
      versions[i] = version
      return workload.document(i, version)
    })
  }
  const prepareSame = () => {
    documents = keyring.randomSlots(BATCH_DOCUMENTS_COUNT).map((i) => workload.document(i, versions[i]))
  }
  const isBatchAwaited = peer.awaited.has('upsertBatch')
  const runOne = async () => {
    for (const document of documents) await store.upsertOne(document)
  }
  const runBatch = isBatchAwaited ? async () => store.upsertBatch(documents) : () => store.upsertBatch(documents)
  const perIteration = BATCH_DOCUMENTS_COUNT
  const figures = await repeat(timeMs, [
    { name: 'upsertOne', perIteration, isAwaited: true, prepare: prepareChanged, run: runOne },
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

async function measureVector(peer, parameters) {
  const { rowsVectorCount: rowsCount, timeMs } = parameters
  const { perSecond, store, workload, dispose } = await timePass(peer, parameters, 'insertBatch', rowsCount, 128)
  const keyring = createKeyring(workload)
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
  return { figures: { vectorInsertBatch: perSecond, vectorGet: get }, checksum }
}
