// The commands, as run on an open database.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { type Collection, type Database, damagedSpares, open, ownField } from '../engine/index.ts'
import { QuiverError } from '../error/index.ts'
import { type Format, formatOf, type Reading, readDocuments } from './readers.ts'
import { Exit, megabytes, Progress, print, type Streams, table } from './screen.ts'
import { toJson } from './typed-json.ts'

export interface Options {
  readonly json: boolean
  readonly quiet: boolean
  readonly format?: string | undefined
  readonly key?: string | undefined
  readonly partition?: string | undefined
  readonly conflict?: string | undefined
  readonly filter?: string | undefined
  readonly select?: string | undefined
  readonly sort?: string | undefined
  readonly limit?: string | undefined
  readonly out?: string | undefined
  readonly text: boolean
  readonly plain: boolean
}

/** What the engine says of a document's place in what it was given, which is a part of the file here. */
const PLACE = / \(position (\d+) of the batch\)$/
const BATCH = 1_000

async function within<R>(path: string, options: Parameters<typeof open>[1], run: (db: Database) => Promise<R>) {
  const db = await open(path, options)
  try {
    return await run(db)
  } finally {
    await db.close()
  }
}

interface CollectionFacts {
  readonly name: string
  readonly primaryKey: string
  readonly documents: number
  readonly bytes: number
  readonly vectors: object
  readonly indexes: readonly object[]
  readonly partitions: readonly string[]
}

async function factsOf(db: Database): Promise<CollectionFacts[]> {
  const facts: CollectionFacts[] = []
  for (const { name, primaryKey, vectors, partitions } of await db.collections()) {
    const collection = db.collection(name)
    const { documents, bytes } = await collection.stats()
    const indexes = await collection.indexes()
    facts.push({ name, primaryKey, documents, bytes, vectors, indexes, partitions })
  }
  return facts
}

/** Lists the content of a directory. */
export async function info(path: string, options: Options, streams: Streams): Promise<void> {
  const collections = await within(path, { readOnly: true }, factsOf)
  if (options.json) {
    print(streams, toJson({ path, collections }, true))
    return
  }
  print(streams, `${path}: ${collections.length} collection${collections.length === 1 ? '' : 's'}`)
  if (collections.length === 0) return
  const rows = collections.map((one) => [
    one.name,
    one.primaryKey,
    one.documents,
    megabytes(one.bytes),
    (one.vectors as { name: string; dimension: number; metric: string }[])
      .map(({ name, dimension, metric }) => `${name} ${dimension} ${metric}`)
      .join(', '),
    (one.indexes as { name: string }[]).map(({ name }) => name).join(', '),
    one.partitions.length,
  ])
  print(streams, table(['collection', 'key', 'documents', 'size', 'vectors', 'indexes', 'partitions'], rows))
}

/** Imports the documents of a file into a collection, which is created if missing. */
export async function importFile(
  [path, name, file]: readonly [string, string, string],
  options: Options,
  streams: Streams,
): Promise<void> {
  const { conflict = 'error' } = options
  if (!['error', 'replace', 'update'].includes(conflict)) {
    throw new Exit(2, `--conflict is error, replace or update; got "${conflict}"`)
  }
  const format = (options.format ?? (file === '-' ? 'ndjson' : formatOf(file))) as Format
  await within(path, {}, async (db) => {
    const collection = await importTarget(db, name, options.key)
    const reading = await readDocuments(file, format, options.text, streams)
    const progress = new Progress(streams, 'documents', options.quiet)
    const began = performance.now()
    let sum: ImportSum
    try {
      sum = await insertAll(collection, reading, options, progress)
    } finally {
      progress.end()
      await db.sync()
    }
    const seconds = (performance.now() - began) / 1000
    if (options.json) print(streams, toJson({ collection: name, ...sum, seconds }, true))
    else {
      const { read, inserted, replaced, unchanged, errors } = sum
      print(
        streams,
        `${read} documents in ${seconds.toFixed(1)} s: ${inserted} inserted, ${replaced} replaced, ` +
          `${unchanged} unchanged, ${errors} refused`,
      )
    }
    if (sum.errors > 0) throw new Exit(1, `${sum.errors} documents were refused; the first: ${sum.firstError}`)
  })
}

async function importTarget(db: Database, name: string, key: string | undefined): Promise<Collection> {
  const isThere = (await db.collections()).some((one) => one.name === name)
  if (!isThere) return db.createCollection(name, key === undefined ? {} : { primaryKey: key })
  const collection = db.collection(name)
  if (key !== undefined && collection.primaryKey !== key) {
    throw new Exit(2, `the key of collection "${name}" is "${collection.primaryKey}", not "${key}"`)
  }
  return collection
}

interface ImportSum {
  read: number
  inserted: number
  replaced: number
  unchanged: number
  errors: number
  firstError: string | undefined
}

async function insertAll(
  collection: Collection,
  reading: Reading,
  { conflict = 'error', partition }: Options,
  progress: Progress,
): Promise<ImportSum> {
  const sum: ImportSum = { read: 0, inserted: 0, replaced: 0, unchanged: 0, errors: 0, firstError: undefined }
  let batch: object[] = []
  const write = async () => {
    const result = await collection.insert(batch, {
      conflict: conflict as 'error',
      durability: 'soft',
      ...(partition === undefined ? {} : { partition }),
    })
    for (const counter of ['inserted', 'replaced', 'unchanged', 'errors'] as const) sum[counter] += result[counter]
    const place = (_: string, at: string) => ` (document ${sum.read + Number(at) + 1} of the input)`
    sum.firstError ??= result.firstError?.replace(PLACE, place)
    sum.read += batch.length
    batch = []
    progress.update(sum.read, reading.part())
  }
  for await (const document of reading.documents) {
    batch.push(document)
    if (batch.length === BATCH) await write()
  }
  await write()
  return sum
}

const EXPORTED: readonly string[] = ['ndjson', 'json', 'csv']

/** Exports a collection's documents. */
export async function exportFile([path, name]: readonly [string, string], options: Options, streams: Streams) {
  const { filter, sort, limit, out } = options
  const select = options.select?.split(',')
  const format = options.format ?? (out === undefined ? 'ndjson' : formatOf(out, EXPORTED))
  if (!EXPORTED.includes(format)) {
    throw new Exit(2, `--format of export is ndjson, json or csv; got "${format}"`)
  }
  await within(path, { readOnly: true }, async (db) => {
    const cursor = db.collection(name).find({
      filter: filter === undefined ? {} : (jsonOption(filter, '--filter') as object as never),
      select,
      sort,
      limit: limit === undefined ? undefined : numberOption(limit, '--limit'),
    })
    const progress = new Progress(streams, 'documents', options.quiet || out === undefined)
    const columns = select?.map((path) => ({ heading: path, steps: path.split('.') }))
    const form =
      format === 'csv' ? csvForm(columns ?? (await columnsOf(cursor))) : jsonForm(format === 'json', options.plain)
    // The file is opened once there is something to write: until then it keeps what it has, should the call be refused.
    const documents = cursor[Symbol.asyncIterator]()
    let step = await documents.next()
    const target: NodeJS.WritableStream = out === undefined ? streams.output : createWriteStream(out)
    const failed = new Promise<never>((_, reject) => {
      target.once('error', (error: Error) => reject(new Exit(1, `cannot write: ${error.message}`)))
    })
    failed.catch(() => {})
    const write = async (text: string) => {
      if (text !== '' && !target.write(text)) await Promise.race([once(target, 'drain'), failed])
    }
    let count = 0
    await write(form.head)
    for (; step.done !== true; step = await documents.next()) {
      await write(form.document(step.value, count))
      progress.update(++count)
    }
    await write(form.tail(count))
    progress.end()
    if (out === undefined) return
    target.end()
    await Promise.race([once(target, 'finish'), failed])
    if (options.json) print(streams, toJson({ collection: name, documents: count, out }))
    else print(streams, `${count} documents written to ${out}`)
  })
}

/** The text of an export: what precedes the documents, each of them, and what follows them. */
interface Form {
  readonly head: string
  document(document: Readonly<Record<string, unknown>>, position: number): string
  tail(count: number): string
}

function jsonForm(isList: boolean, isPlain: boolean): Form {
  if (!isList) return { head: '', document: (document) => `${toJson(document, isPlain)}\n`, tail: () => '' }
  return {
    head: '[',
    document: (document, position) => `${position === 0 ? '' : ','}\n${toJson(document, isPlain)}`,
    tail: (count) => (count === 0 ? ']\n' : '\n]\n'),
  }
}

interface Column {
  readonly heading: string
  readonly steps: readonly string[]
}

/**
 * The fields of all documents, in the order in which they are met: the header comes before the rows, so they are read
 * twice. Nobody writes in between: the directory is locked.
 */
async function columnsOf(documents: AsyncIterable<object>): Promise<readonly Column[]> {
  const fields = new Set<string>()
  for await (const document of documents) for (const field of Object.keys(document)) fields.add(field)
  return Array.from(fields, (field) => ({ heading: field, steps: [field] }))
}

function csvForm(columns: readonly Column[]): Form {
  const line = (cells: readonly unknown[]) => `${cells.map(csvCell).join(',')}\n`
  return {
    head: columns.length === 0 ? '' : line(columns.map(({ heading }) => heading)),
    document: (document) => line(columns.map(({ steps }) => steps.reduce(fieldOf, document))),
    tail: () => '',
  }
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? ownField(value, field) : undefined
}

function csvCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const json = toJson(value, true)
  const text = json.startsWith('"') ? (JSON.parse(json) as string) : json
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function jsonOption(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Exit(2, `${name} takes JSON, such as '{"likes":{"$gt":10}}': ${(cause as Error).message}`)
  }
}

function numberOption(text: string, name: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0) return number
  throw new Exit(2, `${name} is a whole number, got "${text}"`)
}

/**
 * Reads every document, and so verifies every checksum of the logs. What the database can do without is checked, too:
 * nothing is lost where that is damaged.
 */
export async function check(path: string, options: Options, streams: Streams): Promise<void> {
  const progress = new Progress(streams, 'documents', options.quiet)
  let documents = 0
  let problem: string | undefined
  let spares: readonly string[] = []
  try {
    await within(path, { readOnly: true }, async (db) => {
      for (const { name, documents: expected } of await db.collections()) {
        let seen = 0
        for await (const _ of db.collection(name).find()) progress.update(documents + ++seen)
        documents += seen
        if (seen !== expected)
          throw new Exit(1, `collection "${name}" lists ${expected} documents, and ${seen} were read`)
      }
      spares = await damagedSpares(path)
    })
  } catch (error) {
    // A directory that is missing, or open elsewhere, was not checked at all.
    const isFound = error instanceof QuiverError && /^QUIVER_(CORRUPT|FORMAT_VERSION|DATA)$/.test(error.code)
    if (!isFound && !(error instanceof Exit)) throw error
    problem = (error as Error).message
  } finally {
    progress.end()
  }
  const warnings = spares.map((file) => `${file} is damaged: ${file === 'catalog.copy' ? NO_COPY : NO_SNAPSHOT}`)
  if (options.json) print(streams, toJson({ path, isWhole: problem === undefined, documents, problem, warnings }))
  else if (problem === undefined) print(streams, `${path}: whole, ${documents} documents`)
  if (!options.json) for (const warning of warnings) print(streams, `warning: ${warning}`)
  if (problem !== undefined) throw new Exit(1, `${problem}\n"quiverdb repair ${path}" keeps what is whole`)
}

const NO_COPY =
  'nothing is lost; should the catalog be damaged, too, a repair has nothing to go by. It is written anew with the next collection or index'
const NO_SNAPSHOT =
  'nothing is lost; opening takes longer. It is written anew when the database is closed after a write'

/** Opens a database with what is intact, and rewrites it. */
export async function repair(path: string, options: Options, streams: Streams): Promise<void> {
  const { repairs, documents } = await within(path, { repair: true }, async (db) => {
    let count = 0
    for (const { documents: one } of await db.collections()) count += one
    return { repairs: db.repairs, documents: count }
  })
  if (options.json) {
    print(streams, toJson({ path, documents, repairs }))
    return
  }
  if (repairs.length === 0) print(streams, `${path}: nothing was wrong, ${documents} documents`)
  else {
    const rows = repairs.map(({ file, offset, bytes, reason }) => [file, offset, bytes, reason])
    print(streams, table(['file', 'offset', 'bytes', 'what was dropped'], rows))
    print(streams, `${documents} documents are kept`)
  }
}

/** Rewrites logs without replaced and deleted documents, and completes graphs. */
export async function compact([path, name]: readonly [string, string?], options: Options, streams: Streams) {
  const rows = await within(path, {}, async (db) => {
    const all: Collection[] =
      name === undefined ? (await db.collections()).map((one) => db.collection(one.name)) : [db.collection(name)]
    const done: { collection: string; bytes: number }[] = []
    for (const collection of all) {
      await collection.optimize()
      done.push({ collection: collection.name, bytes: (await collection.stats()).bytes })
    }
    return done
  })
  if (options.json) print(streams, toJson({ path, collections: rows }))
  else for (const { collection, bytes } of rows) print(streams, `${collection}: ${megabytes(bytes)} of documents`)
}

/** Benchmarks this machine: the same few steps in memory, or on a disk if a directory is given. */
export async function bench(path: string, options: Options, streams: Streams): Promise<void> {
  const count = options.limit === undefined ? 50_000 : numberOption(options.limit, '--limit')
  const rows: { step: string; perSecond: number }[] = []
  const step = async (name: string, operations: number, run: () => Promise<unknown>) => {
    const began = performance.now()
    await run()
    rows.push({ step: name, perSecond: Math.round(operations / ((performance.now() - began) / 1000)) })
  }
  await within(path, {}, async (db) => {
    const name = `bench-${Date.now()}`
    const collection = await db.createCollection(name)
    try {
      const documents = Array.from({ length: count }, (_, i) => ({
        id: `document-${i}`,
        title: `title ${(i * 7919) % count}`,
        likes: (i * 31) % 1000,
        author: { name: `author ${i % 100}` },
        tags: ['a', 'b'],
      }))
      await step('insert, batches of 1,000', count, async () => {
        for (let i = 0; i < count; i += BATCH) await collection.insert(documents.slice(i, i + BATCH))
      })
      await step('get', count, async () => {
        for (let i = 0; i < count; i++) await collection.get(`document-${(i * 7919) % count}`)
      })
      await step('find, 1 % of them', count, () => collection.find({ filter: { likes: { $lt: 10 } } }).toArray())
      await step('upsert, one by one', Math.min(count, 2_000), async () => {
        for (let i = 0; i < Math.min(count, 2_000); i++) await collection.upsert({ ...documents[i]!, likes: -1 })
      })
    } finally {
      await db.dropCollection(name)
    }
  })
  if (options.json) print(streams, toJson({ path, documents: count, steps: rows }))
  else
    print(
      streams,
      table(
        ['step', 'a second'],
        rows.map(({ step: what, perSecond }) => [what, perSecond]),
      ),
    )
}
