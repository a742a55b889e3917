// One process of the suite: loads one peer, fills it, measures its queries, sends back what it found. All figures are documents of
// the collection a second, hits or not, but for `range` and `rangeCount`: documents found a second.
// node --expose-gc child.mjs '{"peer":…,"groups":[…],"parameters":{…}}'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { repeat } from '../harness/repeat.mjs'
import { Checksum, createWorkload } from '../workload.mjs'
import { loadPeer } from './peers.mjs'

const BATCH_DOCUMENTS_COUNT = 1_000
// Of likes, which are spread evenly below 100,000, and lang, of which four in ten are `en`: one document in a hundred.
const LANG = 'en'
const LIKES_BELOW = 2_500
const RANGE_FROM = 50_000
const RANGE_TO = 51_000
const TOP = 20

const QUERIES = {
  find: (store) => store.find(LANG, LIKES_BELOW),
  count: (store) => store.count(LANG, LIKES_BELOW),
  group: (store) => store.group(),
  top: (store) => store.top(TOP),
  range: (store) => store.range(RANGE_FROM, RANGE_TO),
  rangeCount: (store) => store.rangeCount(RANGE_FROM, RANGE_TO),
}

/** What shows that two peers answered the same. */
const CHECKS = {
  find: checksumOf,
  range: checksumOf,
  count: (count) => `${count}`,
  rangeCount: (count) => `${count}`,
  group: (rows) => {
    const sorted = rows.toSorted((a, b) => (a.lang < b.lang ? -1 : 1))
    return `${rows.length}:${sorted.map(({ lang, count, likes }) => `${lang} ${count} ${likes}`).join(' ')}`
  },
  // Which of those with equal likes come last may differ.
  top: (documents) => `${documents.length}:${documents.reduce((sum, { likes }) => sum + likes, 0)}`,
}

function checksumOf(documents) {
  const checksum = new Checksum()
  for (const document of documents) checksum.add(document)
  return String(checksum)
}

async function measure(peer, groups, { seed, rowsCount, timeMs, isOnDisk, scratch }) {
  const path = join(scratch, 'store')
  if (isOnDisk) mkdirSync(path)
  const store = await peer.open({ ...(isOnDisk && { path }), rowsCount })
  const workload = createWorkload({ seed, rowsCount })
  for (let from = 0; from < rowsCount; from += BATCH_DOCUMENTS_COUNT) {
    await store.insertBatch(workload.documents(from, Math.min(from + BATCH_DOCUMENTS_COUNT, rowsCount)))
  }
  const names = groups.filter((name) => store[name] !== undefined)
  const checksums = {}
  let foundCount = 0
  for (const name of names) {
    const answer = await QUERIES[name](store)
    checksums[name] = CHECKS[name](answer)
    if (name === 'range') foundCount = answer.length
    if (name === 'rangeCount') foundCount = answer
  }
  globalThis.gc?.()
  let sink = 0
  const figures = await repeat(
    timeMs,
    names.map((name) => ({
      name,
      perIteration: name.startsWith('range') ? foundCount : rowsCount,
      isAwaited: true,
      run: async () => {
        const answer = await QUERIES[name](store)
        sink += answer.length ?? answer
      },
    })),
  )
  await store.close()
  if (!Number.isFinite(sink)) throw new Error('an answer without a length')
  return { figures, checksums }
}

const job = JSON.parse(process.argv[2])
const outcome = { isLoaded: false, figures: {}, checksums: {} }
try {
  const peer = await loadPeer(job.peer)
  outcome.version = peer.version
  outcome.isLoaded = true
  Object.assign(outcome, await measure(peer, job.groups, job.parameters))
} catch (error) {
  outcome.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
}
process.send(outcome, () => process.exit(0))
