// The bars: what a figure has to reach beside a peer measured in the same run, or by itself.
import { OURS_FILE, OURS_MEMORY } from './peers.mjs'

/** @type {import('../harness/bars.mjs').Bar[]} */
export const BARS = [
  ...against('insert, batches of 1,000', 'insertBatch', { 'map-json': 2.5, lmdb: 5, 'sqlite-file': 8 }),
  ...against('insert, one at a time, awaited', 'insertOne', { 'map-json': 1.5, lmdb: 5, 'sqlite-file': 10 }),
  ...against('get', 'get', { 'map-json': 1.3, lmdb: 1.3, 'sqlite-file': 3 }),
  ...against('getMany of 100', 'getMany', { lmdb: 2.5, 'sqlite-file': 6 }),
  ...against('upsert, batches of 1,000', 'upsertBatch', { lmdb: 4, 'sqlite-file': 5 }),
  ...against('upsert, one at a time, awaited', 'upsertOne', { lmdb: 3, 'sqlite-file': 5 }),
  ...against('durable, 1 caller', 'durable1', { lmdb: 2, 'sqlite-file': 1.2 }),
  ...against('durable, 16 callers', 'durable16', { lmdb: 4, 'sqlite-file': 8 }),
  ...against('durable, 256 callers', 'durable256', { lmdb: 6, 'sqlite-file': 30 }),
  ...against('durable, batches of 1,000', 'durableBatch', { lmdb: 5, 'sqlite-file': 5 }),
  ...against('open and full scan', 'openScanMs', { lmdb: 5, 'sqlite-file': 4 }),
  { title: 'open to first get', figure: 'openGetMs', ours: OURS_FILE, atMost: 45, unit: 'ms' },
  { title: 'disk bytes a document', figure: 'diskBytes', ours: OURS_FILE, atMost: 230, unit: 'bytes' },
  { title: 'resident bytes a document, memory', figure: 'rssBytes', ours: OURS_MEMORY, atMost: 450, unit: 'bytes' },
  { title: 'resident bytes a document, directory', figure: 'rssBytes', ours: OURS_FILE, atMost: 450, unit: 'bytes' },
]

// Beside a peer in memory quiverdb runs in memory; beside one on disk it runs on a directory.
function against(title, figure, peers) {
  return Object.entries(peers).map(([peer, times]) => ({
    title,
    figure,
    ours: peer === 'map-json' ? OURS_MEMORY : OURS_FILE,
    peer,
    times,
  }))
}

// Growth is flat where the largest size costs no more than this many times the 10^5 documents of the same run.
// 10^4 is printed and not compared: it carries the fixed cost of an instance.
const FLAT_TIMES = 1.2
const PAUSE_MS_MAX = 20

/** @returns {import('../harness/bars.mjs').Bar[]} the bars of the growth table, for the sizes that were run. */
export function growthBars(sizes) {
  const base = sizes.includes(100_000) ? 100_000 : sizes[0]
  const largest = sizes[sizes.length - 1]
  return [OURS_MEMORY, OURS_FILE].flatMap((ours) => {
    const medium = ours === OURS_MEMORY ? 'memory' : 'directory'
    const flat = (what, figure) => ({
      title: `${what} a document at ${power(largest)} over ${power(base)}, ${medium}`,
      figure: `${figure}@${largest}`,
      over: `${figure}@${base}`,
      ours,
      atMost: FLAT_TIMES,
      unit: 'times',
    })
    return [
      ...(largest > base ? [flat('time', 'growthUs'), flat('resident bytes', 'growthBytes')] : []),
      {
        title: `longest pause while inserting, ${medium}`,
        figures: sizes.map((size) => `growthPauseMs@${size}`),
        ours,
        atMost: PAUSE_MS_MAX,
        unit: 'ms',
      },
    ]
  })
}

export function power(rowsCount) {
  const exponent = Math.log10(rowsCount)
  return Number.isInteger(exponent) ? `10^${exponent}` : String(rowsCount)
}
