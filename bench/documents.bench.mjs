// Documents in, documents out, beside the stores that a JavaScript program would use instead.
//
// Goals: ratios between peers in one run; the same documents, key order and results for all, proved by checksums; a
// process for each peer, group of figures and round, so that no heap disturbs another; rounds interleaved, median taken.
// Not goals: absolute figures that hold on another machine, several cores, filters (their own suite, queries).
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BARS, growthBars } from './documents/bars.mjs'
import { PEERS } from './documents/peers.mjs'
import { renderChart, renderMarkdown } from './documents/report.mjs'
import { judge } from './harness/bars.mjs'
import { short } from './harness/numbers.mjs'
import { choosePeers } from './harness/peers.mjs'
import { compareChecksums, createRecords, noteUnrest } from './harness/records.mjs'
import { runChild } from './harness/spawn.mjs'
import { createWorkload, DEFAULT_SEED, measureWorkload } from './workload.mjs'

const CHILD = new URL('./documents/child.mjs', import.meta.url)

const PARAMETERS = {
  real: { rowsCount: 200_000, rowsOneCount: 100_000, rowsVectorCount: 50_000, timeMs: 1_000, roundsCount: 3 },
  smoke: { rowsCount: 1_000, rowsOneCount: 500, rowsVectorCount: 200, timeMs: 10, roundsCount: 1 },
}
const GROWTH_SIZES = { real: [10_000, 100_000, 1_000_000], huge: 10_000_000, smoke: [500, 1_000] }
const GROWTH_PEERS = ['quiverdb-memory', 'quiverdb-file', 'map-json', 'lmdb', 'sqlite-file']
/** Openings in a round, each in a process of its own: one takes milliseconds, so that whatever else the machine does shows in it. */
const OPENINGS_COUNT = 3
const DISK_GROUPS = new Set(['durable', 'reopen'])
const VECTOR_PEERS = [
  'quiverdb-memory',
  'quiverdb-file',
  'map-clone',
  'map-json',
  'map-msgpackr',
  'sqlite-file',
  'lmdb',
  'level',
]

/** In the order they run. `reopen` is three children: one builds and weighs the store, two open it, a few times over. */
export const GROUP_NAMES = ['insert', 'insertOne', 'read', 'upsert', 'durable', 'reopen', 'memory', 'vector', 'growth']

/** @type {import('./run.mjs').Suite} */
export const suite = {
  name: 'documents',
  title: 'Documents',
  groupNames: GROUP_NAMES,
  peerNames: Object.keys(PEERS),
  run,
}

async function run(options, { machine, pinning, say }) {
  const { isSmoke, seed = DEFAULT_SEED } = options
  const parameters = { ...PARAMETERS[isSmoke ? 'smoke' : 'real'], seed }
  if (options.rowsCount !== undefined) {
    parameters.rowsCount = options.rowsCount
    parameters.rowsOneCount = Math.min(parameters.rowsOneCount, options.rowsCount)
    parameters.rowsVectorCount = Math.min(parameters.rowsVectorCount, options.rowsCount)
  }
  if (options.timeMs !== undefined) parameters.timeMs = options.timeMs
  if (options.roundsCount !== undefined) parameters.roundsCount = options.roundsCount
  parameters.growthRowsCounts = isSmoke ? GROWTH_SIZES.smoke : GROWTH_SIZES.real
  if (options.isHuge) parameters.growthRowsCounts = [...parameters.growthRowsCounts, GROWTH_SIZES.huge]

  const scratchRoot = mkdtempSync(join(options.scratch ?? tmpdir(), 'quiverdb-bench-'))
  const records = createRecords(PEERS)
  const notes = []
  const note = (text) => {
    notes.push(text)
    say(`note: ${text}`)
  }
  try {
    const peers = choosePeers(PEERS, options, note)
    const groups = GROUP_NAMES.filter((name) => options.groups === undefined || options.groups.includes(name))
    const workload = measureWorkload(createWorkload({ seed, rowsCount: parameters.rowsCount }))
    say(
      `documents of ${workload.jsonBytesMean} bytes of JSON on average, ${workload.shapesCount} shapes, ${workload.nonAsciiPercent} % not ASCII`,
    )
    const context = { parameters, peers, groups, records, pinning, scratchRoot, say, note }
    if (isSmoke) await runTogether(context)
    else await runApart(context)
    const figureOf = (figure, peer) => records.median(figure, peer)
    const bars = judge([...BARS, ...growthBars(parameters.growthRowsCounts)], figureOf)
    const checks = compareChecksums(records.checksums, note)
    noteUnrest(records, note)
    const result = {
      machine,
      parameters,
      workload,
      peers: records.describePeers(peers),
      figures: records.toJSON(),
      bars,
      checks,
      notes,
    }
    return {
      result,
      markdown: renderMarkdown(result),
      svg: renderChart(result),
      isSound: records.isSound() && checks.every((check) => check.isSame),
    }
  } finally {
    rmSync(scratchRoot, { recursive: true, force: true })
  }
}

function takesPart(name, group) {
  const { groups, isOnDisk = false } = PEERS[name]
  if (groups !== undefined && !groups.includes(group)) return false
  if (group === 'vector') return VECTOR_PEERS.includes(name)
  if (group === 'growth') return GROWTH_PEERS.includes(name)
  return isOnDisk || !DISK_GROUPS.has(group)
}

/** The measurement: a child for each peer, group and round; who goes first changes from round to round. */
async function runApart({ parameters, peers, groups, records, pinning, scratchRoot, say, note }) {
  const broken = new Set()
  const step = async (round, name, group, childGroups, more = {}) => {
    if (broken.has(`${name} ${group}`)) return
    const scratch = mkdtempSync(join(scratchRoot, 'run'))
    const job = {
      peer: name,
      groups: childGroups,
      parameters: { ...parameters, isOnDisk: PEERS[name].isOnDisk ?? false, scratch, ...more },
    }
    const prefix = group === 'durable' ? pinning.durable : pinning.usual
    const start = performance.now()
    const outcome = await runChild({ script: CHILD, job, prefix })
    rmSync(scratch, { recursive: true, force: true })
    const seconds = ((performance.now() - start) / 1_000).toFixed(1)
    records.add(name, outcome)
    if (outcome.error !== undefined) {
      broken.add(`${name} ${group}`)
      note(`${PEERS[name].title}, ${group}: ${outcome.error.split('\n').slice(0, 2).join(' ')}`)
    } else {
      const shown = Object.entries(outcome.figures).map(([figure, value]) => `${figure} ${short(value)}`)
      say(`round ${round + 1}/${parameters.roundsCount}  ${PEERS[name].title}  ${shown.join('  ')}  (${seconds} s)`)
    }
  }
  for (let round = 0; round < parameters.roundsCount; round++) {
    for (const group of groups) {
      const taking = peers.filter((name) => takesPart(name, group))
      const order = taking.map((_, i) => taking[(i + round) % taking.length])
      for (const name of order) {
        if (group === 'reopen') {
          const path = join(scratchRoot, `reopen-${name}`)
          if (!existsSync(path)) await step(round, name, group, ['build'], { path })
          for (let opening = 0; opening < OPENINGS_COUNT; opening++) {
            await step(round, name, group, ['openGet'], { path })
            await step(round, name, group, ['openScan'], { path })
          }
        } else if (group === 'growth') {
          for (const growthRowsCount of parameters.growthRowsCounts) {
            // The largest size takes minutes, and only quiverdb's flatness is judged.
            if (growthRowsCount > 1_000_000 && (round > 0 || PEERS[name].module !== 'quiverdb')) continue
            await step(round, name, group, ['growth'], { growthRowsCount })
          }
        } else await step(round, name, group, [group])
      }
    }
  }
}

/** The smoke run: everything once, one child a peer, two at a time. It proves that the suite works; its figures mean nothing. */
async function runTogether({ parameters, peers, groups, records, scratchRoot, say, note }) {
  const waiting = [...peers]
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await runOne(name)
  }
  const runOne = async (name) => {
    const scratch = mkdtempSync(join(scratchRoot, 'run'))
    const path = join(scratch, 'reopen')
    mkdirSync(path)
    const taking = groups.filter((group) => takesPart(name, group))
    const childGroups = taking.flatMap((group) => (group === 'reopen' ? ['build', 'openGet', 'openScan'] : [group]))
    const growthRowsCount = parameters.growthRowsCounts[0]
    const isOnDisk = PEERS[name].isOnDisk ?? false
    const job = {
      peer: name,
      groups: childGroups,
      parameters: { ...parameters, isOnDisk, scratch, path, growthRowsCount },
    }
    const outcome = await runChild({ script: CHILD, job, timeoutMs: 60_000 })
    records.add(name, outcome)
    if (outcome.error !== undefined) note(`${PEERS[name].title}: ${outcome.error.split('\n').slice(0, 2).join(' ')}`)
    else say(`${PEERS[name].title}: ${Object.keys(outcome.figures).length} figures`)
  }
  await Promise.all([work(), work()])
}
