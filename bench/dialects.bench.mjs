// What a dialect costs: the same work through the native interface and through each of the four, in one process, taking turns.
//
// Goals: the share of the native rate that is left; memory and directory alike, so that nothing waits for a disk. Not goals: absolute rates.

import { drawBars } from './harness/chart.mjs'
import { table } from './harness/markdown.mjs'
import { short } from './harness/numbers.mjs'
import { runChild } from './harness/spawn.mjs'

const CHILD = new URL('./dialects/child.mjs', import.meta.url)

// So many that memory grows past 30 MiB on both sides: V8 marks its heap then. Half as many go that far only with what dialects add.
const PARAMETERS = {
  real: { rowsCount: 100_000, dimension: 100, timeMs: 1_000, roundsCount: 6 },
  smoke: { rowsCount: 1_000, dimension: 8, timeMs: 10, roundsCount: 1 },
}

/** Least share of the native rate. */
const BARS = { insert: 0.7, insertOne: 0.7, get: 0.5, search: 0.9 }
const TITLES = {
  insert: 'insert, batches of 1,000',
  insertOne: 'insert, one awaited',
  get: 'get by key',
  search: 'nearest 10',
}
export const DIALECTS = { rethinkdb: 'RethinkDB', milvus: 'Milvus', epsilla: 'Epsilla', seekdb: 'seekdb' }

/** @type {import('./run.mjs').Suite} */
export const suite = {
  name: 'dialects',
  title: 'Dialects',
  groupNames: Object.keys(BARS),
  peerNames: Object.keys(DIALECTS),
  run,
}

async function run(options, { machine, pinning, say }) {
  const { isSmoke, seed = 1 } = options
  const parameters = { ...PARAMETERS[isSmoke ? 'smoke' : 'real'], seed }
  for (const name of ['rowsCount', 'timeMs', 'roundsCount']) {
    if (options[name] !== undefined) parameters[name] = options[name]
  }
  const chosen = Object.keys(DIALECTS).filter((name) => options.peers === undefined || options.peers.includes(name))
  const groups = Object.keys(BARS).filter((name) => options.groups === undefined || options.groups.includes(name))
  const figures = []
  const notes = []
  for (const dialect of chosen) {
    const job = { dialect, groups, parameters }
    const outcome = await runChild({ script: CHILD, job, prefix: isSmoke ? [] : pinning.usual })
    if (outcome.error !== undefined) notes.push(`${DIALECTS[dialect]}: ${outcome.error.split('\n')[0]}`)
    for (const [group, rounds] of Object.entries(outcome.rounds ?? {})) {
      // Garbage is collected when it is time to, and whose turn it is then pays for it: over all rounds, everybody for their own.
      const time = (key) => rounds.reduce((sum, round) => sum + 1 / round[key], 0)
      const share = time('native') / time('dialect')
      const native = rounds.length / time('native')
      figures.push({ dialect, group, native, share, bar: BARS[group], isMet: share >= BARS[group] })
      say(`${DIALECTS[dialect]} ${group}: ${short(share * 100)} % of ${short(native)}/s`)
    }
  }
  const result = { machine, parameters, figures, notes }
  return { result, markdown: renderMarkdown(result), svg: renderChart(figures), isSound: notes.length === 0 }
}

function renderMarkdown({ parameters, figures, notes }) {
  const head = ['dialect', 'what', 'native, a second', 'left', 'wanted', 'met']
  const rows = figures.map(({ dialect, group, native, share, bar, isMet }) => [
    DIALECTS[dialect],
    TITLES[group],
    short(native),
    `${short(share * 100)} %`,
    `${bar * 100} %`,
    isMet ? 'yes' : 'no',
  ])
  const { rowsCount, dimension, roundsCount } = parameters
  return [
    '# Dialects',
    'The same work through the native interface and through a dialect. Both run in memory in one process and take turns; ' +
      `the figures are over all ${roundsCount} rounds. Milvus, Epsilla and seekdb have ${rowsCount.toLocaleString('en-US')} documents with a vector of ${dimension} lanes, ` +
      'RethinkDB has four times as many without one; the native interface has the same documents as the dialect beside it.',
    table(head, rows, ['left', 'left', 'right', 'right', 'right', 'left']),
    ...(notes.length === 0 ? [] : ['## Notes', notes.map((note) => `- ${note}`).join('\n')]),
  ].join('\n\n')
}

function renderChart(figures) {
  const panels = Object.keys(BARS).flatMap((group) => {
    const bars = figures
      .filter((one) => one.group === group)
      .map(({ dialect, share }) => ({ label: DIALECTS[dialect], value: share * 100, isOurs: true }))
    return bars.length === 0 ? [] : [{ title: `${TITLES[group]}, % of native`, bars }]
  })
  return drawBars({ title: 'Dialects', subtitle: 'Share of the native rate', panels })
}
