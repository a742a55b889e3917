// One process: the native interface and one dialect, in turns.
// node child.mjs '{"dialect":…,"groups":[…],"parameters":{…}}'
import { open } from '../../dist/index.js'
import { interfaces } from './interfaces.mjs'

const BATCH = 1_000
const ONES = 50_000
/** Documents without vectors are written in a tenth of the time; of them there are more, so that what is measured is no millisecond's work. */
const PLAIN_TIMES = 4
const CHUNK = 20

/** Numbers from a seed, below 1. */
function createRandom(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function makeDocuments({ seed, rowsCount, dimension }, hasVectors) {
  const random = createRandom(seed)
  return Array.from({ length: hasVectors ? rowsCount : PLAIN_TIMES * rowsCount }, (_, i) => ({
    id: `key-${i}`,
    title: `title ${Math.floor(random() * 1e6)}`,
    likes: Math.floor(random() * 1e5),
    published: random() < 0.5,
    ...(hasVectors && { embedding: Array.from({ length: dimension }, () => random() * 2 - 1) }),
  }))
}

async function rate(count, run) {
  const began = performance.now()
  await run()
  return count / ((performance.now() - began) / 1_000)
}

/** Repeats `run`, which does `count` operations, for a while. */
async function rateFor(timeMs, count, run) {
  let done = 0
  const began = performance.now()
  do {
    await run(done)
    done += count
  } while (performance.now() - began < timeMs)
  return done / ((performance.now() - began) / 1_000)
}

const MEASURES = {
  insert: async (store, { documents }) => {
    return await rate(documents.length, async () => {
      for (let from = 0; from < documents.length; from += BATCH) await store.insert(documents.slice(from, from + BATCH))
    })
  },
  get: async (store, { documents, timeMs }) =>
    await rateFor(timeMs, BATCH, async (from) => {
      for (let i = 0; i < BATCH; i++) await store.get(documents[((from + i) * 7_919) % documents.length].id)
    }),
  search: async (store, { documents, timeMs }) =>
    await rateFor(timeMs, CHUNK, async (from) => {
      for (let i = 0; i < CHUNK; i++) await store.search(documents[((from + i) * 7_919) % documents.length].embedding)
    }),
  insertOne: async (store, { documents }) => {
    const ones = documents.slice(0, ONES).map((document, i) => ({ ...document, id: `one-${i}` }))
    return await rate(ones.length, async () => {
      for (const document of ones) await store.insert(document)
    })
  },
}

async function measure({ dialect, groups, parameters }) {
  const { hasVectors, connect } = interfaces[dialect]
  const documents = makeDocuments(parameters, hasVectors)
  const names = ['insert', 'get', 'search', 'insertOne'].filter((name) => name !== 'search' || hasVectors)
  const rounds = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round <= parameters.roundsCount; round++) {
    const order = [() => interfaces.native.connect(open, parameters, hasVectors), () => connect(open, parameters)]
    const stores = []
    for (const make of order) stores.push(await make())
    for (const name of names) {
      const found = []
      // Who goes first changes from round to round.
      for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
        found[at] = await MEASURES[name](stores[at], { documents, timeMs: parameters.timeMs })
      }
      // The first round warms up.
      if (round > 0 || parameters.roundsCount === 1) rounds[name].push({ native: found[0], dialect: found[1] })
    }
    for (const store of stores) await store.close()
  }
  return Object.fromEntries(names.filter((name) => groups.includes(name)).map((name) => [name, rounds[name]]))
}

const outcome = {}
try {
  outcome.rounds = await measure(JSON.parse(process.argv[2]))
} catch (error) {
  outcome.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
}
process.send(outcome, () => process.exit(0))
