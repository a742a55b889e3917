// One process of the suite: loads one peer, fills it with one set of vectors, measures its searches, sends back what it found.
// node --expose-gc child.mjs '{"peer":…,"groups":[…],"files":{…},"parameters":{…}}'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../harness/numbers.mjs'
import { LIMIT, splitRows } from './data.mjs'
import { loadPeer, PEERS } from './peers.mjs'

const BATCH_ROWS_COUNT = 1_000
/** The median of so many openings, and of as many times of reading the same files. */
const OPENINGS_COUNT = 5
const EFS = [16, 32, 64, 128, 256, 512]
const collect = () => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
}

const filesBelow = (path) =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const below = join(path, entry.name)
    return entry.isDirectory() ? filesBelow(below) : [below]
  })

/** Share of the right answers that came, over the queries whose answers are known. */
async function recallOf(store, queries, nearest, ef) {
  let found = 0
  for (let i = 0; i < nearest.length; i++) {
    const right = new Set(nearest[i])
    for (const id of await store.search(queries[i], LIMIT, ef)) if (right.has(id)) found++
  }
  return found / (nearest.length * LIMIT)
}

/** Queries a second, one after the other, for about `timeMs`. */
async function rateOf(peer, store, queries, timeMs, ef) {
  let sink = 0
  let done = 0
  const began = performance.now()
  do {
    const query = queries[done++ % queries.length]
    const ids = peer.isAwaited ? await store.search(query, LIMIT, ef) : store.search(query, LIMIT, ef)
    sink += ids.length
  } while (performance.now() - began < timeMs)
  if (sink === 0) throw new Error('nothing was found')
  return (1_000 * done) / (performance.now() - began)
}

/** Queries a second at a recall, between the two points around it. */
function rateAt(curve, recall) {
  const points = curve.toSorted((a, b) => a.recall - b.recall)
  const above = points.findIndex((point) => point.recall >= recall)
  if (above < 0) return undefined
  if (above === 0) return points[0].rate
  const [low, high] = [points[above - 1], points[above]]
  const share = (recall - low.recall) / (high.recall - low.recall)
  return Math.exp(Math.log(low.rate) * (1 - share) + Math.log(high.rate) * share)
}

async function fill(store, base) {
  const began = performance.now()
  for (let from = 0; from < base.length; from += BATCH_ROWS_COUNT) {
    await store.insert(base.slice(from, from + BATCH_ROWS_COUNT), from)
  }
  const insertedMs = performance.now() - began
  await store.finish?.()
  return { insertedMs, builtMs: performance.now() - began }
}

/** Reading the files, and opening them to the first answer, in turns. */
async function reopen(peer, options, files, query) {
  const readMs = []
  const openMs = []
  for (let i = 0; i < OPENINGS_COUNT; i++) {
    collect()
    let began = performance.now()
    for (const name of files) readFileSync(name)
    readMs.push(performance.now() - began)
    collect()
    began = performance.now()
    const store = await peer.reopen(options)
    await store.search(query, LIMIT, 64)
    openMs.push(performance.now() - began)
    await store.close()
  }
  return { readMs: median(readMs), openMs: median(openMs) }
}

async function measure(peer, job, data) {
  const { dimension, queries, nearest } = data
  const base = data.base.slice(0, peer.rowsCountMax)
  const { timeMs } = job.parameters
  const isWhole = base.length === data.base.length
  const figures = {}
  const curves = {}
  // Graphs first: what they take is seen only in a process that has not held the rows before.
  for (const group of job.groups.toReversed().filter((name) => PEERS[job.peer].groups.includes(name))) {
    const isGraph = group === 'graph'
    const path = join(job.scratch, group)
    mkdirSync(path)
    const options = { dimension, rowsCount: base.length, path, isGraph }
    collect()
    const rssBefore = process.memoryUsage.rss()
    const store = await peer.open(options)
    const { insertedMs, builtMs } = await fill(store, base)
    collect()
    const figure = (name) => `${job.data}:${name}`
    if (!isGraph) {
      if (peer.isStore !== false) figures[figure('insert')] = (1_000 * base.length) / insertedMs
      await rateOf(peer, store, queries, timeMs / 4)
      figures[figure('exact')] = (await rateOf(peer, store, queries, timeMs)) * (base.length / data.base.length)
      if (isWhole) figures[figure('exactRecall')] = await recallOf(store, queries, nearest)
    } else {
      figures[figure('buildMs')] = builtMs
      figures[figure('rowBytes')] = Math.max(0, process.memoryUsage.rss() - rssBefore) / base.length
      const curve = []
      await rateOf(peer, store, queries, timeMs / 4, 64)
      for (const ef of peer.hasFixedWidth ? [64] : EFS) {
        await rateOf(peer, store, queries, timeMs / 8, ef)
        const rate = await rateOf(peer, store, queries, timeMs / 2, ef)
        curve.push({ ef, rate, recall: await recallOf(store, queries, nearest, ef) })
      }
      curves[job.data] = curve
      for (const recall of [90, 95, 99]) {
        const rate = rateAt(curve, recall / 100)
        if (rate !== undefined) figures[figure(`graph${recall}`)] = rate
      }
      await store.save?.()
      await store.close()
      if (peer.reopen !== undefined) {
        const files = filesBelow(path)
        figures[figure('fileRowBytes')] = files.reduce((sum, name) => sum + statSync(name).size, 0) / base.length
        const { readMs, openMs } = await reopen(peer, options, files, queries[0])
        figures[figure('readMs')] = readMs
        figures[figure('openMs')] = openMs
      }
      continue
    }
    await store.close()
  }
  return { figures, curves }
}

const job = JSON.parse(process.argv[2])
const outcome = { isLoaded: false, figures: {}, curves: {} }
try {
  const peer = await loadPeer(job.peer)
  outcome.version = peer.version
  outcome.isLoaded = true
  const read = (path) => new Uint8Array(readFileSync(path))
  const data = {
    dimension: job.dimension,
    base: splitRows(read(job.files.base), job.dimension),
    queries: splitRows(read(job.files.queries), job.dimension),
    nearest: JSON.parse(readFileSync(job.files.nearest, 'utf8')),
  }
  Object.assign(outcome, await measure(peer, job, data))
} catch (error) {
  outcome.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
}
process.send(outcome, () => process.exit(0))
