// Queries, beside the stores that a JavaScript program would use instead: filters, counts, groups, sorting, ranges.
//
// Goals: ratios between peers in one run; the same documents and the same answers, proved by checksums; a process for each peer and
// round, rounds interleaved, median taken. Not goals: absolute figures that hold on another machine, several cores, joins.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judge } from './harness/bars.mjs'
import { short } from './harness/numbers.mjs'
import { choosePeers } from './harness/peers.mjs'
import { compareChecksums, createRecords, noteUnrest } from './harness/records.mjs'
import { runChild } from './harness/spawn.mjs'
import { BARS, PEERS } from './queries/peers.mjs'
import { renderChart, renderMarkdown } from './queries/report.mjs'
import { createWorkload, DEFAULT_SEED, measureWorkload } from './workload.mjs'

const CHILD = new URL('./queries/child.mjs', import.meta.url)

const PARAMETERS = {
  real: { rowsCount: 200_000, timeMs: 1_000, roundsCount: 3 },
  smoke: { rowsCount: 2_000, timeMs: 10, roundsCount: 1 },
}

export const GROUP_NAMES = ['find', 'count', 'group', 'top', 'range', 'rangeCount']

/** @type {import('./run.mjs').Suite} */
export const suite = {
  name: 'queries',
  title: 'Queries',
  groupNames: GROUP_NAMES,
  peerNames: Object.keys(PEERS),
  run,
}

async function run(options, { machine, pinning, say }) {
  const { isSmoke, seed = DEFAULT_SEED } = options
  const parameters = { ...PARAMETERS[isSmoke ? 'smoke' : 'real'], seed }
  for (const name of ['rowsCount', 'timeMs', 'roundsCount']) {
    if (options[name] !== undefined) parameters[name] = options[name]
  }
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
    const broken = new Set()
    for (let round = 0; round < parameters.roundsCount; round++) {
      for (const name of peers.map((_, i) => peers[(i + round) % peers.length])) {
        if (broken.has(name)) continue
        const scratch = mkdtempSync(join(scratchRoot, 'run'))
        const job = {
          peer: name,
          groups,
          parameters: { ...parameters, isOnDisk: PEERS[name].isOnDisk ?? false, scratch },
        }
        const outcome = await runChild({ script: CHILD, job, prefix: isSmoke ? [] : pinning.usual })
        rmSync(scratch, { recursive: true, force: true })
        records.add(name, outcome)
        if (outcome.error !== undefined) {
          broken.add(name)
          note(`${PEERS[name].title}: ${outcome.error.split('\n').slice(0, 2).join(' ')}`)
          continue
        }
        const shown = Object.entries(outcome.figures).map(([figure, value]) => `${figure} ${short(value)}`)
        say(`round ${round + 1}/${parameters.roundsCount}  ${PEERS[name].title}  ${shown.join('  ')}`)
      }
    }
    const bars = judge(BARS, (figure, peer) => records.median(figure, peer))
    const checks = compareChecksums(records.checksums, note)
    noteUnrest(records, note)
    const described = records.describePeers(peers)
    const result = { machine, parameters, workload, peers: described, figures: records.toJSON(), bars, checks, notes }
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
