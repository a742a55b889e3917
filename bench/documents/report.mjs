// The suite's result as Markdown and as a chart.
import { drawBars } from '../harness/chart.mjs'
import { table } from '../harness/markdown.mjs'
import { short } from '../harness/numbers.mjs'
import { count, renderBars, renderChecks, renderFigures } from '../harness/report.mjs'
import { power } from './bars.mjs'
import { PEERS } from './peers.mjs'

const RATES = {
  insertBatch: 'insert, batches of 1,000',
  insertOne: 'insert, one at a time',
  get: 'get, random key',
  getMany: 'getMany of 100',
  upsertOne: 'upsert, one at a time',
  upsertBatch: 'upsert, batches of 1,000',
  upsertUnchanged: 'upsert, nothing changed',
  scan: 'full scan',
}
const VECTOR_RATES = { vectorInsertBatch: 'insert, batches of 1,000', vectorGet: 'get, random key' }
const DURABLE_RATES = {
  durable1: '1 caller',
  durable16: '16 callers',
  durable256: '256 callers',
  durableBatch: 'batches of 1,000',
}
const SIZES = {
  openGetMs: 'open to first get, ms',
  openScanMs: 'open and full scan, ms',
  diskBytes: 'disk bytes a document',
  rssBytes: 'resident bytes a document',
}

export function renderMarkdown(result) {
  const { parameters, workload, figures, bars, checks, notes } = result
  const sections = [
    '# Documents',
    `Workload W1: documents of ${workload.jsonBytesMean} bytes of JSON on average (${workload.shapesCount} shapes, ` +
      `${workload.nonAsciiPercent} % not ASCII) under UUID keys; ${count(parameters.rowsCount)} of them, seed ${parameters.seed}. ` +
      `Median of ${parameters.roundsCount} ${parameters.roundsCount === 1 ? 'round' : 'rounds'}, each peer and group of figures in a process of its own, with the peers interleaved.`,
  ]
  if (bars.length > 0) {
    const metCount = bars.filter((bar) => bar.isMet).length
    sections.push('## Bars', `${metCount} of ${bars.length} met.`, renderBars(bars, titleOf))
  }
  renderFigures(sections, 'Thousand operations a second', figures, RATES, 1_000, PEERS)
  renderFigures(sections, 'Durable writes, thousand documents a second', figures, DURABLE_RATES, 1_000, PEERS)
  renderFigures(sections, 'Opening, disk and memory', figures, SIZES, 1, PEERS)
  renderFigures(
    sections,
    `With a vector of 128 lanes (W2, ${count(parameters.rowsVectorCount)} documents), thousand operations a second`,
    figures,
    VECTOR_RATES,
    1_000,
    PEERS,
  )
  renderGrowth(sections, figures, parameters.growthRowsCounts)
  sections.push('## How it was measured', howMeasured(parameters))
  sections.push('## Same documents, same answers', renderChecks(checks, titleOf))
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

const titleOf = (name) => PEERS[name]?.title ?? name

function renderGrowth(sections, figures, sizes) {
  const rows = []
  for (const name of Object.keys(PEERS)) {
    for (const size of sizes) {
      const value = (figure) => figures[`${figure}@${size}`]?.[name]?.median
      if (value('growthUs') === undefined) continue
      rows.push([
        titleOf(name),
        power(size),
        short(value('growthUs')),
        short(value('growthBytes')),
        short(value('growthPauseMs')),
        short(value('growthLoopMs')),
        String(value('growthPauses')),
      ])
    }
  }
  if (rows.length === 0) return
  const head = [
    '',
    'documents',
    'µs each',
    'resident bytes each',
    'longest batch of 100, ms',
    'longest event-loop block, ms',
    'batches over 20 ms',
  ]
  sections.push('## Growth', table(head, rows, ['left', ...head.slice(1).map(() => 'right')]))
}

function howMeasured({ rowsOneCount, timeMs }) {
  return [
    '- Documents are made outside the clock, after the peer is loaded. They pass through `JSON.parse`, as if they came over a network. Keys to read are strings that were never hashed.',
    `- \`insert\` is one pass into an empty store, 10,000 new documents at a time (${count(rowsOneCount)} in all where one at a time). To warm up, a tenth of the documents of a batched pass first go into another store. Durable writes run twice as well, first into a store that is thrown away.`,
    '- During inserts, the young generation is collected before the clock of each chunk starts and again before it stops: a peer pays for the garbage it makes, not for the documents.',
    `- \`get\`, \`getMany\`, \`upsert\` and \`scan\` run on the full store under tinybench for ${count(timeMs)} ms after a warm-up, 1,000 operations an iteration.`,
    '- Single writes are awaited call by call with every peer. All other calls are made as the users of a peer make them: synchronous ones (Map, sqlite, loki, reads and batches of lmdb) synchronously, asynchronous ones (quiverdb, level, nedb) awaited. lmdb writing through `putSync` has a row of its own.',
    '- Soft writes resolve when they are applied and handed to the operating system: sqlite in WAL mode with `synchronous = NORMAL`, lmdb with `noSync`, level without `sync`.',
    '- Durable writes resolve when they are on stable storage: sqlite `FULL`, lmdb awaiting `flushed`, level with `sync`. Afterwards the store is opened anew and its documents are counted.',
    '- `get` returns a fresh object with every peer but the plain Map, which returns the stored object itself and serves as the floor.',
    '- `upsert` replaces a random existing document by one with another title and counter. A sample of the stored documents is then compared with what was written.',
    '- Disk bytes are allocated blocks after a clean close. Resident bytes are the growth of the process after garbage collection, divided by the number of documents.',
    '- nedb holds only 20,000 documents, because more take too long.',
  ].join('\n')
}

const PANELS = [
  ['insertBatch', 'Insert, batches of 1,000', 'thousand documents a second'],
  ['insertOne', 'Insert, one at a time, awaited', 'thousand documents a second'],
  ['get', 'Get by random key', 'thousand documents a second'],
  ['getMany', 'getMany of 100', 'thousand documents a second'],
  ['upsertBatch', 'Upsert, batches of 1,000', 'thousand documents a second'],
  ['upsertOne', 'Upsert, one at a time, awaited', 'thousand documents a second'],
  ['durable1', 'Durable, 1 caller', 'thousand documents a second'],
  ['durable256', 'Durable, 256 callers', 'thousand documents a second'],
  ['openScanMs', 'Open and full scan', 'milliseconds, shorter is better'],
  ['diskBytes', 'Disk', 'bytes a document, shorter is better'],
  ['rssBytes', 'Memory', 'resident bytes a document, shorter is better'],
  ['scan', 'Full scan', 'thousand documents a second'],
]

export function renderChart({ parameters, workload, figures, machine }) {
  const panels = []
  for (const [figure, title, note] of PANELS) {
    const byPeer = figures[figure]
    if (byPeer === undefined) continue
    const divisor = figure.endsWith('Ms') || figure.endsWith('Bytes') ? 1 : 1_000
    const bars = Object.keys(PEERS)
      // The plain Map hands out its own objects: a floor for the table, not a bar to look at. Variants are in the tables.
      .filter((name) => name !== 'map' && !PEERS[name].isVariant && byPeer[name] !== undefined)
      .map((name) => ({
        label: PEERS[name].short ?? titleOf(name),
        value: byPeer[name].median / divisor,
        isOurs: PEERS[name].module === 'quiverdb',
      }))
    panels.push({ title, note, bars })
  }
  return drawBars({
    title: 'quiverdb beside other stores: documents',
    subtitle: `${count(parameters.rowsCount)} documents of ${Math.round(workload.jsonBytesMean)} bytes of JSON on average, one core, ${machine.cpu}, Node ${machine.node}`,
    panels,
  })
}
