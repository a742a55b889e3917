// The suite's result as Markdown and as a chart.
import { drawBars } from '../harness/chart.mjs'
import { table } from '../harness/markdown.mjs'
import { count, renderBars, renderChecks, renderFigures } from '../harness/report.mjs'
import { PEERS } from './peers.mjs'

const FIGURES = {
  find: 'filter on two fields, 1 % hits, documents returned',
  count: 'count by the same filter',
  group: 'group by lang, sum of likes',
  top: 'sort by likes, first 20',
}
const RANGE = { range: 'range of likes, 1 %, documents returned', rangeCount: 'the same range counted' }

const titleOf = (name) => PEERS[name]?.title ?? name

export function renderMarkdown(result) {
  const { parameters, workload, figures, bars, checks, notes } = result
  const sections = [
    '# Queries',
    `Workload W1: documents of ${workload.jsonBytesMean} bytes of JSON on average, ${count(parameters.rowsCount)} of them, seed ${parameters.seed}. ` +
      `Median of ${parameters.roundsCount} ${parameters.roundsCount === 1 ? 'round' : 'rounds'}, each peer in a process of its own, with the peers interleaved.`,
  ]
  if (bars.length > 0) {
    const metCount = bars.filter((bar) => bar.isMet).length
    sections.push('## Bars', `${metCount} of ${bars.length} met.`, renderBars(bars, titleOf))
  }
  renderFigures(sections, 'Million documents of the collection a second', figures, FIGURES, 1_000_000, PEERS)
  renderFigures(sections, 'By an index, thousand documents found a second', figures, RANGE, 1_000, PEERS)
  sections.push('## How it was measured', howMeasured(parameters))
  sections.push('## Same answers', renderChecks(checks, titleOf))
  sections.push(
    '## Peers',
    table(
      ['peer', 'version'],
      result.peers.map(({ title, version }) => [title, version]),
    ),
  )
  if (notes.length > 0) sections.push('## Notes of this run', notes.map((note) => `- ${note}`).join('\n'))
  return `${sections.join('\n\n')}\n`
}

function howMeasured({ timeMs }) {
  return [
    `- Each query runs under tinybench for ${count(timeMs)} ms after a warm-up, on the full store. Statements of sqlite are prepared.`,
    '- From its fourth run on, a query finds the numbers it compares side by side in memory (lanes, docs/design/queries.md), as it would in a program.',
    '- The array returns the stored objects themselves; all others return fresh documents. lmdb and the array are queried by loops, as their users write them.',
    '- Generated columns are STORED, so reading them parses nothing. quiverdb and sqlite with an index may use it for any query. Only these two are asked for ranges.',
  ].join('\n')
}

const PANELS = [
  ['find', 'Filter, 1 % hits, documents returned', 'million documents a second', 1_000_000],
  ['count', 'Count by a filter', 'million documents a second', 1_000_000],
  ['group', 'Group and sum', 'million documents a second', 1_000_000],
  ['top', 'Sort, first 20', 'million documents a second', 1_000_000],
  ['range', 'Range by an index', 'thousand documents found a second', 1_000],
  ['rangeCount', 'Range counted by an index', 'million documents counted a second', 1_000_000],
]

export function renderChart({ parameters, workload, figures, machine }) {
  const panels = []
  for (const [figure, title, note, divisor] of PANELS) {
    const byPeer = figures[figure]
    if (byPeer === undefined) continue
    const bars = Object.keys(PEERS)
      .filter((name) => byPeer[name] !== undefined)
      .map((name) => ({
        label: titleOf(name).replace(/(generated columns|directory) with an index on likes/, 'indexed'),
        value: byPeer[name].median / divisor,
        isOurs: PEERS[name].module === 'quiverdb',
      }))
    panels.push({ title, note, bars })
  }
  return drawBars({
    title: 'quiverdb beside other stores: queries',
    subtitle: `${count(parameters.rowsCount)} documents of ${Math.round(workload.jsonBytesMean)} bytes of JSON on average, one core, ${machine.cpu}, Node ${machine.node}`,
    panels,
  })
}
