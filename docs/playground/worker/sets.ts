// The data sets that come with the page, put into collections.

import type { Collection, Database } from 'quiverdb'
import { lineDocument } from '../../../src/cli/rows.ts'
import type { DataSet } from '../protocol.ts'
import { collectionOf, insertAll, type Tell } from './loading.ts'

const DIGIT_SIDE = 14
const DIGIT_BYTES = DIGIT_SIDE * DIGIT_SIDE
const WORDNET_COUNT = 117_791
const FILMS_COUNT = 3_201

/** Loads a set anew, and makes the indexes that its questions like. */
export async function loadSet(
  db: Database,
  set: DataSet,
  tell: Tell,
): Promise<{ collection: string; documents: number }> {
  const { documents } = await LOADERS[set](db, tell)
  return { collection: set, documents }
}

const LOADERS: Readonly<Record<DataSet, (db: Database, tell: Tell) => Promise<{ documents: number }>>> = {
  async films(db, tell) {
    const films = await anew(db, 'films')
    const sum = await insertAll(films, linesOf('films.ndjson.gz'), (count) => tell('films', count / FILMS_COUNT))
    await films.createIndex('released')
    await films.createIndex('by_genre', { fields: ['genre', 'ratings.imdb.score'] })
    await films.createIndex('words', { type: 'text', fields: ['title', 'director'], analyzer: 'standard' })
    return sum
  },
  async wordnet(db, tell) {
    const synsets = await anew(db, 'wordnet')
    const sum = await insertAll(synsets, linesOf('wordnet.ndjson.gz'), (count) =>
      tell('synsets', count / WORDNET_COUNT),
    )
    await synsets.createIndex('topic')
    await synsets.createIndex('words', { multi: true })
    tell('indexing the texts', undefined)
    await synsets.createIndex('glosses', {
      type: 'text',
      fields: ['words', 'definition', 'examples'],
      analyzer: 'english',
    })
    await synsets.search({ text: 'index', limit: 1 })
    return sum
  },
  async digits(db, tell) {
    const digits = await anew(db, 'digits', { image: { dimension: DIGIT_BYTES, metric: 'l2' as const } })
    const bytes = new Uint8Array(await new Response(await fetchUnzipped('digits.bin.gz')).arrayBuffer())
    const count = bytes.length / DIGIT_BYTES
    function* documents() {
      for (let id = 0; id < count; id++) {
        const image = Float32Array.from(bytes.subarray(id * DIGIT_BYTES, (id + 1) * DIGIT_BYTES), (grey) => grey / 127)
        yield { id, digit: id % 10, image }
      }
    }
    return await insertAll(digits, documents(), (inserted) => tell('digits', inserted / count))
  },
}

async function anew(
  db: Database,
  name: string,
  vectors: Readonly<Record<string, { dimension: number; metric: 'l2' }>> = {},
): Promise<Collection> {
  if ((await db.collections()).some((one) => one.name === name)) await db.dropCollection(name)
  return await collectionOf(db, name, vectors)
}

async function* linesOf(name: string): AsyncGenerator<object> {
  const reader = (await fetchUnzipped(name)).pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let number = 0
  for (;;) {
    const { done, value = '' } = await reader.read()
    const lines = (rest + value).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) {
      const document = lineDocument(line, ++number)
      if (document !== undefined) yield document
    }
    if (done) return
  }
}

/** A file beside the page, unzipped; some servers and browsers have done that already. */
async function fetchUnzipped(name: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await fetch(new URL(name, PAGE))
  if (!response.ok || response.body === null) throw new Error(`${name} could not be fetched: status ${response.status}`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const body = new Blob([bytes]).stream()
  return isZipped ? body.pipeThrough(new DecompressionStream('gzip')) : body
}

let PAGE = ''

/** Says where the page lies: a worker's own address is that of its bundle. */
export function setPage(address: string): void {
  PAGE = address
}
