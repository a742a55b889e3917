// Vector search, beside the libraries that a JavaScript program would use instead: exact, and by graphs.
//
// Goals: ratios between peers in one run, one core, the same vectors; recall beside every rate, against plain loops over doubles; a process
// for each peer and set of vectors. quiverdb stores and returns documents, the libraries among the peers bare row numbers. Not goals:
// absolute figures that hold on another machine, several cores.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judge } from './harness/bars.mjs'
import { short } from './harness/numbers.mjs'
import { choosePeers } from './harness/peers.mjs'
import { createRecords, noteUnrest } from './harness/records.mjs'
import { runChild } from './harness/spawn.mjs'
import { createData, filesOf, joinRows, nearestOf } from './vectors/data.mjs'
import { BARS, PEERS } from './vectors/peers.mjs'
import { renderChart, renderMarkdown } from './vectors/report.mjs'

const CHILD = new URL('./vectors/child.mjs', import.meta.url)

const PARAMETERS = {
  real: {
    timeMs: 2_000,
    roundsCount: 1,
    queriesCount: 1_000,
    checkedCount: 200,
    seed: 1,
    rows: { glove: 100_000, clustered: 50_000 },
  },
  smoke: {
    timeMs: 20,
    roundsCount: 1,
    queriesCount: 20,
    checkedCount: 20,
    seed: 1,
    rows: { glove: 1_500, clustered: 400 },
  },
}

export const GROUP_NAMES = ['exact', 'graph']

/** @type {import('./run.mjs').Suite} */
export const suite = {
  name: 'vectors',
  title: 'Vectors',
  groupNames: GROUP_NAMES,
  peerNames: Object.keys(PEERS),
  run,
}

async function run(options, { machine, pinning, say }) {
  const { isSmoke } = options
  const parameters = { ...PARAMETERS[isSmoke ? 'smoke' : 'real'] }
  for (const name of ['timeMs', 'roundsCount', 'seed'])
    if (options[name] !== undefined) parameters[name] = options[name]
  if (options.rowsCount !== undefined) parameters.rows = { glove: options.rowsCount, clustered: options.rowsCount }
  const scratchRoot = mkdtempSync(join(options.scratch ?? tmpdir(), 'quiverdb-bench-'))
  const records = createRecords(PEERS)
  const curves = {}
  const titles = {}
  const notes = []
  const note = (text) => {
    notes.push(text)
    say(`note: ${text}`)
  }
  try {
    const peers = choosePeers(PEERS, options, note)
    const groups = GROUP_NAMES.filter((name) => options.groups === undefined || options.groups.includes(name))
    for (const [name, rowsCount] of Object.entries(parameters.rows)) {
      const data = prepare(name, { ...parameters, rowsCount }, scratchRoot)
      titles[name] = data.title
      for (let round = 0; round < parameters.roundsCount; round++) {
        for (const peer of peers.map((_, i) => peers[(i + round) % peers.length])) {
          const scratch = join(scratchRoot, `${name}-${peer}-${round}`)
          mkdirSync(scratch)
          const job = { peer, groups, data: name, dimension: data.dimension, files: data.files, scratch, parameters }
          const outcome = await runChild({ script: CHILD, job, prefix: isSmoke ? [] : pinning.usual })
          rmSync(scratch, { recursive: true, force: true })
          records.add(peer, outcome)
          if (outcome.error !== undefined) {
            note(`${PEERS[peer].title}, ${name}: ${outcome.error.split('\n').slice(0, 2).join(' ')}`)
            continue
          }
          for (const [set, curve] of Object.entries(outcome.curves ?? {})) {
            curves[set] ??= {}
            curves[set][peer] = curve
          }
          const shown = Object.entries(outcome.figures).map(([figure, value]) => `${figure} ${short(value)}`)
          say(`${PEERS[peer].title}  ${shown.join('  ')}`)
        }
      }
    }
    const bars = judge(BARS, (figure, peer) => records.median(figure, peer))
    noteUnrest(records, note)
    const described = records.describePeers(peers)
    const result = { machine, parameters, titles, peers: described, figures: records.toJSON(), curves, bars, notes }
    return { result, markdown: renderMarkdown(result), svg: renderChart(result), isSound: records.isSound() }
  } finally {
    rmSync(scratchRoot, { recursive: true, force: true })
  }
}

function prepare(name, parameters, folder) {
  const data = createData(name, parameters)
  const files = filesOf(folder, name)
  writeFileSync(files.base, joinRows(data.base))
  writeFileSync(files.queries, joinRows(data.queries))
  writeFileSync(files.nearest, JSON.stringify(nearestOf(data, parameters.checkedCount)))
  return { title: data.title, dimension: data.dimension, files }
}
