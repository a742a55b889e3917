// The suite's result as Markdown and as a chart.
import { drawBars } from '../harness/chart.mjs'
import { drawCurves } from '../harness/curve.mjs'
import { table } from '../harness/markdown.mjs'
import { short } from '../harness/numbers.mjs'
import { renderBars } from '../harness/report.mjs'
import { PEERS } from './peers.mjs'

const EXACT = {
  exact: 'queries a second',
  exactRecall: 'recall@10',
  insert: 'rows inserted a second',
}
const GRAPH = {
  buildMs: 'build, ms',
  graph90: 'queries a second at recall 0.90',
  graph95: '0.95',
  graph99: '0.99',
  rowBytes: 'memory a row, bytes',
  fileRowBytes: 'file a row, bytes',
  readMs: 'reading the file, ms',
  openMs: 'open to first answer, ms',
}

const titleOf = (name) => PEERS[name]?.title ?? name

export function renderMarkdown(result) {
  const { parameters, titles, figures, curves, bars, notes } = result
  const sections = [
    '# Vectors',
    `${Object.values(titles).join('; ')}. Each query asks for the ten nearest by dot product of unit vectors. Recall is measured against plain loops over doubles, on ${parameters.checkedCount} queries that are not among the rows.`,
  ]
  if (bars.length > 0) {
    sections.push(
      '## Bars',
      `${bars.filter((bar) => bar.isMet).length} of ${bars.length} met.`,
      renderBars(bars, titleOf),
    )
  }
  for (const [data, title] of Object.entries(titles)) {
    renderTable(sections, `Exact search: ${title}`, figures, data, EXACT)
    renderTable(sections, `Graphs: ${title}`, figures, data, GRAPH)
    renderCurves(sections, curves[data])
  }
  sections.push('## How it was measured', howMeasured(parameters))
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

function renderTable(sections, title, figures, data, columns) {
  const present = Object.entries(columns).filter(([name]) => figures[`${data}:${name}`] !== undefined)
  if (present.length === 0) return
  const measured = Object.keys(PEERS).filter((peer) =>
    present.some(([name]) => figures[`${data}:${name}`][peer] !== undefined),
  )
  const rows = measured.map((peer) => [
    titleOf(peer),
    ...present.map(([name]) => short(figures[`${data}:${name}`][peer]?.median ?? Number.NaN)),
  ])
  const head = ['', ...present.map(([, label]) => label)]
  sections.push(`## ${title}`, table(head, rows, ['left', ...present.map(() => 'right')]))
}

/** Every point of every curve: the width of the walk, and what it gives and costs. */
function renderCurves(sections, curves) {
  if (curves === undefined) return
  const efs = [...new Set(Object.values(curves).flatMap((curve) => curve.map(({ ef }) => ef)))].sort((a, b) => a - b)
  const rows = Object.entries(curves).map(([peer, curve]) => [
    titleOf(peer),
    ...efs.map((ef) => {
      const point = curve.find((one) => one.ef === ef)
      return point === undefined ? '' : `${point.recall.toFixed(3)} / ${short(point.rate)}`
    }),
  ])
  const head = ['recall / queries a second', ...efs.map((ef) => `ef ${ef}`)]
  sections.push(table(head, rows, ['left', ...efs.map(() => 'right')]))
}

function howMeasured({ timeMs, queriesCount }) {
  return [
    `- Each process has one core and runs one query after the other, over ${queriesCount} queries for ${timeMs} ms, after a warm-up of a quarter of that.`,
    '- Rows are inserted in batches of 1,000. quiverdb stores a document for each row and returns its id; usearch and hnswlib return row numbers.',
    '- Graphs: M 16, efConstruction 128. The argument `ef` sets the width of a walk; where an interface fixes it, there is one point.',
    '- orama is measured on at most 20,000 rows. Its rate is scaled to the full number, as the time of a scan is proportional to the number of rows.',
    '- Opening the files and only reading them take turns; the figures are medians of five, from the page cache.',
    '- The rate at a recall is interpolated between the two measured points around it.',
  ].join('\n')
}

const PANELS = [
  ['glove:exact', 'Exact, GloVe', 'queries a second'],
  ['clustered:exact', 'Exact, 768 lanes', 'queries a second'],
  ['glove:graph95', 'Graph, GloVe, recall 0.95', 'queries a second'],
  ['clustered:graph99', 'Graph, 768 lanes, recall 0.99', 'queries a second'],
  ['glove:insert', 'Insert without a graph, GloVe', 'rows a second'],
]

export function renderChart({ figures, curves, machine, titles }) {
  const panels = PANELS.flatMap(([figure, title, note]) => {
    const byPeer = figures[figure]
    if (byPeer === undefined) return []
    const bars = Object.keys(PEERS)
      .filter((name) => byPeer[name] !== undefined)
      .map((name) => ({ label: titleOf(name), value: byPeer[name].median, isOurs: PEERS[name].module === 'quiverdb' }))
    return [{ title, note, bars }]
  })
  return drawBars({
    title: 'quiverdb beside other libraries: vectors',
    subtitle: `${Object.values(titles).join('; ')}; one core, ${machine.cpu}, Node ${machine.node}`,
    panels,
    below: Object.entries(curves).map(([data, byPeer]) => (x, y, width) => {
      const series = Object.entries(byPeer).map(([peer, points]) => ({
        label: titleOf(peer),
        isOurs: PEERS[peer].module === 'quiverdb',
        points,
      }))
      return drawCurves({ title: `Recall@10 and queries a second: ${titles[data]}`, series }, x, y, width)
    }),
  })
}
