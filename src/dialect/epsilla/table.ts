// One table over one collection of the engine: records in, records out.

import { type Direct, type DirectInsert, directOf } from '../../engine/direct.ts'
import {
  type Collection,
  type Filter,
  fieldsProjection,
  type Projection,
  treeFilter,
  type WriteResult,
} from '../../engine/index.ts'
import type { Key } from '../../value/index.ts'
import { DocumentReader, type EpsillaRecord, SEQUENCE, type Stored, setField } from './document.ts'
import { compile } from './expression/compile.ts'
import { evaluate } from './expression/evaluate.ts'
import { type Expression, type FieldTypes, parseFilter } from './expression/parse.ts'
import { computeFacets, type Facet, type MeasuredRow, readFacets } from './facets.ts'
import { type EpsillaResponse, Refusal, reply, requireText, shown } from './response.ts'
import {
  expressionType,
  type Field,
  isDense,
  isList,
  isSparse,
  SKIP,
  type SparseVector,
  shownValue,
  sparseDistance,
  storedDense,
  storedSparse,
  Taking,
  wellFormed,
} from './schema.ts'

export interface GetConfig {
  response?: string[]
  primaryKeys?: (string | number)[]
  filter?: string
  skip?: number
  limit?: number
  facets?: Facet[]
}

export interface QueryConfig {
  queryField?: string
  queryIndex?: string
  /** Dense, or `{ indices, values }`. */
  queryVector?: number[] | Float32Array | SparseVector
  /** Text for an index to embed. */
  query?: string
  limit: number
  response?: string[]
  filter?: string
  withDistance?: boolean
  facets?: Facet[]
}

export interface DeleteConfig {
  primaryKeys?: (string | number)[]
  filter?: string
}

/** Turns texts into vectors, one for each. */
export type Embedder = (texts: string[]) => Promise<ArrayLike<number>[]> | ArrayLike<number>[]

/** An index of a table: its hidden field, the field it embeds, and the model. */
export interface TextIndex {
  readonly name: string
  readonly field: string
  readonly model: string
}

/** Up to this many keys are read one by one, all at once. */
const FEW_KEYS = 16
/** Number of parsed filters that are kept. */
const FILTERS_COUNT_MAX = 64
/** Longer filters are not kept; UTF-16 units. */
const FILTER_UNITS_MAX = 2_000

/** A filter, and the engine's form of it: undefined if there is no filter, or none that the engine can run. */
interface TableFilter {
  readonly expression: Expression | undefined
  readonly where: Filter | undefined
}

/** Which records a search covers, and how many it returns. */
interface TableSearch extends TableFilter {
  readonly limit: number
}

const GOT = 'Query get successfully.'
const NO_FILTER: TableFilter = { expression: undefined, where: undefined }

export class Table {
  readonly name: string
  readonly collection: Collection
  readonly #fields: readonly Field[]
  readonly #indices: readonly TextIndex[]
  readonly #key: Field | undefined
  readonly #types: FieldTypes
  readonly #reader: DocumentReader
  /** Fields that records show. */
  readonly #names: readonly string[]
  readonly #projection: Projection
  /** Those of `#names` that hold dense vectors. */
  readonly #vectors: readonly string[]
  /** Answers without waiting; undefined if the engine is in another thread. */
  readonly #direct: Direct | undefined
  readonly #filters = new Map<string, TableFilter>()

  constructor(name: string, collection: Collection, fields: readonly Field[], indices: readonly TextIndex[]) {
    this.name = name
    this.collection = collection
    this.#fields = fields
    this.#indices = indices
    this.#key = fields.find((field) => field.isKey)
    const shown = fields.filter((field) => !field.isHidden)
    const types = new Map(shown.map((one) => [one.name, expressionType(one)]))
    this.#types = (field) => types.get(field)
    this.#reader = new DocumentReader(shown)
    this.#names = shown.map((field) => field.name)
    this.#projection = fieldsProjection(this.#names)
    this.#vectors = shown.filter(isDense).map((field) => field.name)
    this.#direct = directOf(collection)
  }

  /** `insert` and `upsert`; they differ in which record wins when a key is taken. */
  write(
    records: unknown,
    isUpsert: boolean,
    scale: number,
    embedderOf: (model: string) => Embedder,
  ): EpsillaResponse<unknown> | Promise<EpsillaResponse<unknown>> {
    if (records === undefined) throw new Refusal(400, 'data is missing in your payload.')
    if (!Array.isArray(records) || records.length === 0) return this.#written()
    const direct = this.#direct
    if (direct !== undefined && this.#indices.length === 0 && direct.count + records.length <= scale) {
      return this.#storeNow(direct, isUpsert, records)
    }
    const documents = this.#reader.read(records, Taking.Copies)
    return this.#complete(documents, scale, embedderOf).then(() => this.#store(documents, isUpsert, records.length))
  }

  /** Everything is handed to the engine before anything else runs. */
  #storeNow(
    direct: Direct,
    isUpsert: boolean,
    records: readonly unknown[],
  ): EpsillaResponse<unknown> | Promise<EpsillaResponse<unknown>> {
    let stored: DirectInsert
    try {
      stored = direct.insertStrictly(this.#reader.read(records, Taking.Trusts), isUpsert)
    } catch {
      // Nothing is stored yet. Reading record by record reports what is wrong; if nothing is, the engine stores those
      // it takes.
      stored = direct.insert(this.#reader.read(records, Taking.Borrows), isUpsert, direct.isHard)
    }
    const { result, done } = stored
    if (done === undefined) return this.#stored(result, isUpsert, records.length)
    return done.then(() => this.#stored(result, isUpsert, records.length))
  }

  async #complete(documents: Stored[], scale: number, embedderOf: (model: string) => Embedder): Promise<void> {
    await this.#addIndices(documents, embedderOf)
    await this.#requireRoom(documents, scale)
  }

  async #store(documents: readonly Stored[], isUpsert: boolean, count: number): Promise<EpsillaResponse<unknown>> {
    const written = isUpsert ? this.collection.upsert(documents) : this.collection.insert(documents)
    return this.#stored(await written, isUpsert, count)
  }

  /** The engine refuses a key that is taken; here such a record counts as skipped. */
  #stored(result: WriteResult, isUpsert: boolean, count: number): EpsillaResponse<unknown> {
    const inserted = result.inserted + (isUpsert ? result.replaced + result.unchanged : 0)
    return this.#written({ inserted, skipped: count - inserted })
  }

  #written(result?: { inserted: number; skipped: number }): EpsillaResponse<unknown> {
    return reply(200, `Insert data to ${this.name} successfully.`, result)
  }

  /** Adds the hidden vectors of the indices. */
  async #addIndices(documents: Stored[], embedderOf: (model: string) => Embedder): Promise<void> {
    for (const { name, field, model } of this.#indices) {
      const hidden = this.#field(name)!
      const vectors = await embedderOf(model)(documents.map((document) => String(document[field])))
      documents.forEach((document, i) => {
        const vector = storedDense(hidden, Array.from(vectors[i] ?? []), i, Taking.Copies)
        if (vector === SKIP) {
          throw new Refusal(500, `Index ${name}: the model ${model} gave no vector of ${hidden.dimensions} numbers.`)
        }
        document[name] = vector
      })
    }
  }

  async #requireRoom(documents: readonly Stored[], scale: number): Promise<void> {
    const count = await this.collection.count()
    if (count + documents.length <= scale) return
    let fresh = documents.length
    if (this.#key !== undefined) {
      const keys = [...new Set(documents.map((document) => document[this.#key!.name]))] as Key[]
      const known = await this.collection.getMany(keys)
      fresh = known.filter((document) => document === undefined).length
    }
    if (count + fresh <= scale) return
    throw new Refusal(
      500,
      `Currently, each table in this database can hold up to ${scale} records. To insert more records, please unload the ` +
        'database and reload with a larger vectorScale parameter.',
    )
  }

  async delete({ primaryKeys, filter }: DeleteConfig): Promise<EpsillaResponse<unknown>> {
    const { expression, where } = this.#filter(filter, 400)
    // With neither, every record would match.
    const keys = primaryKeys === undefined && expression !== undefined ? undefined : this.#keys(primaryKeys, 400)
    const rows = keys === undefined ? await this.#scanned(expression, where) : await this.#chosen(keys, expression)
    const { deleted } = rows === undefined ? await this.collection.delete(where!) : await this.#remove(rows)
    return reply(200, `Delete data from ${this.name} successfully.`, { deleted })
  }

  #remove(rows: readonly Stored[]): Promise<{ deleted: number }> {
    const field = this.#key?.name ?? SEQUENCE
    return this.collection.delete(rows.map((row) => row[field] as Key))
  }

  get(config: GetConfig): EpsillaResponse<unknown> | Promise<EpsillaResponse<unknown>> {
    const { primaryKeys, filter, facets } = config
    const skip = readCount('skip', config.skip, 0)
    const limit = readCount('limit', config.limit, Infinity)
    const { expression, where } = this.#filter(filter, 500)
    const keys = primaryKeys === undefined ? undefined : this.#keys(primaryKeys, 500)
    const response = this.#response(config.response)
    const computed = readFacets(facets, this.#types, 500)
    if (keys !== undefined && this.#direct !== undefined && keys.length <= FEW_KEYS) {
      const rows = part(this.#chosenNow(this.#direct, keys, expression), skip, limit)
      if (response === undefined && computed === undefined) return reply(200, GOT, this.#shown(rows))
      return this.#answer(GOT, rows, undefined, response, computed)
    }
    const read =
      keys === undefined
        ? this.#page(expression, where, skip, limit)
        : this.#chosen(keys, expression).then((rows) => part(rows, skip, limit))
    return read.then((rows) => this.#answer(GOT, rows, undefined, response, computed))
  }

  async #page(
    expression: Expression | undefined,
    where: Filter | undefined,
    skip: number,
    limit: number,
  ): Promise<Stored[]> {
    const rows = await this.#scanned(expression, where)
    if (rows !== undefined) return rows.slice(skip, skip + limit)
    const page = { sort: SEQUENCE, skip, ...(limit === Infinity ? {} : { limit }) }
    return await this.collection.find({ ...(where === undefined ? {} : { filter: where }), ...page }).toArray()
  }

  /** The records with these keys that also match, in the order of the keys. */
  async #chosen(keys: readonly Key[], expression: Expression | undefined): Promise<Stored[]> {
    const rows = await this.collection.getMany(keys)
    return rows.filter((row) => row !== undefined && isMatch(row, expression)) as Stored[]
  }

  /** Same as `#chosen`, at once, with only the fields that records show. */
  #chosenNow(direct: Direct, keys: readonly Key[], expression: Expression | undefined): Stored[] {
    const rows: Stored[] = []
    for (let i = 0; i < keys.length; i++) {
      const row = direct.getFields(keys[i]!, this.#projection)
      if (row !== undefined && isMatch(row, expression)) rows.push(row)
    }
    return rows
  }

  /** Rows as records, with the fields that records show. */
  #shown(rows: Stored[]): EpsillaRecord[] {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      for (let j = 0; j < this.#vectors.length; j++) {
        const name = this.#vectors[j]!
        setField(row, name, shownValue(row[name]))
      }
    }
    return rows
  }

  /** The matching records, in order, where only this dialect can tell; undefined if the engine can. */
  async #scanned(expression: Expression | undefined, where: Filter | undefined): Promise<Stored[] | undefined> {
    if (expression === undefined || where !== undefined) return undefined
    const rows: Stored[] = []
    for await (const row of this.collection.find({ sort: SEQUENCE })) {
      if (evaluate(expression, row, 0) === true) rows.push(row)
    }
    return rows
  }

  async query(
    config: QueryConfig,
    embed: (model: string, text: string) => Promise<number[]>,
  ): Promise<EpsillaResponse<unknown>> {
    const { limit, withDistance = false, facets } = config
    const { field, vector } = await this.#target(config, embed)
    const search = { ...this.#filter(config.filter, 0), limit }
    const response = this.#response(config.response)
    const computed = readFacets(facets, this.#types, 400)
    const measured = isSparse(field)
      ? await this.#nearestSparse(field, vector as SparseVector, search)
      : await this.#nearestDense(
          field,
          vector as ArrayLike<number>,
          search,
          computed === undefined ? response : undefined,
        )
    const rows = measured.map(({ row }) => row)
    const distances = measured.map(({ distance }) => distance)
    return this.#answer('Query search successfully.', rows, distances, response, computed, withDistance)
  }

  /** The field to search, and the vector in its stored form. */
  async #target(
    { queryField, queryIndex, queryVector, query }: QueryConfig,
    embed: (model: string, text: string) => Promise<number[]>,
  ): Promise<{ field: Field; vector: ArrayLike<number> | SparseVector }> {
    let given: unknown = queryVector
    let name = queryField ?? queryIndex
    if ((queryVector ?? undefined) === undefined || (query && queryIndex)) {
      const index = !queryIndex ? this.#indices[0] : this.#indices.find((one) => one.name === queryIndex)
      if (this.#indices.length === 0) {
        throw new Refusal(400, 'There is no index in the table. Cannot search by query content.')
      }
      if (index === undefined) throw new Refusal(500, `Index name not found: ${shown(queryIndex)}`)
      requireText(query, 'query')
      name = index.name
      given = await embed(index.model, query)
    }
    const seen = this.#fields.filter((one) => !one.isHidden && (isDense(one) || isSparse(one)))
    // In a table that has only index vectors, these are searched.
    const vectors = seen.length > 0 ? seen : this.#fields.filter(isDense)
    if (name === undefined && vectors.length > 1) {
      throw new Refusal(400, 'Must specify queryField if there are more than 1 vector fields.')
    }
    const field = name === undefined ? vectors[0] : this.#field(name)
    if (field === undefined) throw new Refusal(500, `Field name not found: ${shown(name)}`)
    if (!isDense(field) && !isSparse(field)) throw new Refusal(500, 'Field type is not vector.')
    const isDenseGiven = isList(given)
    if (isDense(field) !== isDenseGiven) {
      throw new Refusal(500, 'Query vector and field vector type must be both dense or sparse')
    }
    const vector = isDenseGiven ? storedDense(field, given, -1, Taking.Copies) : storedSparse(field, given)
    if (vector === SKIP) throw new Refusal(500, "Query dimension doesn't match the vector field dimension.")
    return { field, vector }
  }

  /** @param response - the fields to show; undefined for all. */
  async #nearestDense(
    field: Field,
    vector: ArrayLike<number>,
    { expression, where, limit }: TableSearch,
    response: readonly string[] | undefined,
  ): Promise<MeasuredRow[]> {
    if (limit === 0) return []
    // A filter that the engine cannot run is tested on every record, nearest first.
    const isRun = expression === undefined || where !== undefined
    const count = isRun ? limit : Math.max(1, await this.collection.count())
    const names = isRun && response !== undefined ? response : this.#names
    const select = [...names, SEQUENCE]
    const search = { vector: vector as Float32Array, field: field.name, select, filter: where }
    // One more hit shows whether others are just as near as the last.
    let hits = await this.collection.search({ ...search, limit: count + 1 })
    const last = hits[count - 1]
    if (last !== undefined && hits[count]?.distance === last.distance) {
      hits = await this.collection.search({ ...search, limit: Infinity, radius: last.distance })
    }
    const measured = hits.map((hit) => ({ row: hit.document as Stored, distance: Math.fround(hit.distance) }))
    // The engine orders equals by slot, and a late record may have got an early slot from a deleted one.
    measured.sort(nearer)
    const matching = isRun ? measured : measured.filter((one) => evaluate(expression, one.row, one.distance) === true)
    return matching.slice(0, limit)
  }

  async #nearestSparse(
    field: Field,
    vector: SparseVector,
    { expression, where, limit }: TableSearch,
  ): Promise<MeasuredRow[]> {
    const measured: MeasuredRow[] = []
    const options = { sort: SEQUENCE, ...(where === undefined ? {} : { filter: where }) }
    for await (const row of this.collection.find(options)) {
      const distance = Math.fround(sparseDistance(field.metric, row[field.name] as SparseVector, vector))
      if (expression !== undefined && where === undefined && evaluate(expression, row, distance) !== true) continue
      measured.push({ row, distance })
    }
    return measured.sort(nearer).slice(0, limit)
  }

  /** @param distances - of the rows; undefined outside searches. */
  #answer(
    message: string,
    rows: readonly Stored[],
    distances: readonly number[] | undefined,
    response: readonly string[] | undefined,
    facets: ReturnType<typeof readFacets>,
    withDistance = false,
  ): EpsillaResponse<unknown> {
    const names = response ?? this.#names
    const records: EpsillaRecord[] = []
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      const record: EpsillaRecord = {}
      for (const name of names) setField(record, name, shownValue(row[name]))
      if (withDistance) record['@distance'] = distances![i]!
      records.push(record)
    }
    if (facets === undefined) return reply(200, message, records)
    const measured = rows.map((row, i) => ({ row, distance: distances?.[i] ?? 0 }))
    const computed = computeFacets(facets, measured)
    return reply(200, message, response === undefined ? computed : { records, facets: computed })
  }

  #field(name: string): Field | undefined {
    return this.#fields.find((field) => field.name === name)
  }

  #response(names: unknown): readonly string[] | undefined {
    if (!Array.isArray(names) || names.length === 0) return undefined
    for (const name of names as unknown[]) {
      const field = this.#fields.find((one) => one.name === name)
      if (field === undefined || field.isHidden) throw new Refusal(500, `Field name not found: ${shown(name)}`)
    }
    return names as string[]
  }

  /** `status` is the status of a wrong filter; 0 keeps that of the filter's own message. */
  #filter(text: unknown, status: number): TableFilter {
    if (text === undefined || text === null) return NO_FILTER
    requireText(text, 'filter', status || 400)
    const filter = text
    const known = this.#filters.get(filter)
    if (known !== undefined) return known
    try {
      const expression = parseFilter(filter, this.#types)
      const node = expression === undefined ? undefined : compile(expression)
      const parsed = { expression, where: node === undefined ? undefined : treeFilter(node) }
      if (this.#filters.size === FILTERS_COUNT_MAX) this.#filters.clear()
      if (filter.length <= FILTER_UNITS_MAX) this.#filters.set(filter, parsed)
      return parsed
    } catch (error) {
      if (error instanceof Refusal && status !== 0) throw new Refusal(status, error.message)
      throw error
    }
  }

  #keys(keys: unknown, status: number): readonly Key[] {
    if (!Array.isArray(keys) || keys.length === 0) {
      throw new Refusal(400, 'If the primaryKeys field is provided, it cannot be empty.')
    }
    const key = this.#key
    if (key === undefined) throw new Refusal(status, `Primary key not found: ${this.name}`)
    for (let position = 0; position < keys.length; position++) {
      const one: unknown = keys[position]
      const isFit = key.type === 'STRING' ? typeof one === 'string' : isWhole(one)
      if (!isFit) throw new Refusal(400, `Primary key type mismatch at field position ${position}`)
    }
    return key.type === 'STRING' ? keys.map(wellFormed) : (keys as Key[])
  }
}

function nearer(a: MeasuredRow, b: MeasuredRow): number {
  return a.distance - b.distance || (a.row[SEQUENCE] as number) - (b.row[SEQUENCE] as number)
}

function isMatch(row: Stored, expression: Expression | undefined): boolean {
  return expression === undefined || evaluate(expression, row, 0) === true
}

function part(rows: Stored[], skip: number, limit: number): Stored[] {
  return skip === 0 && limit >= rows.length ? rows : rows.slice(skip, skip + limit)
}

export function readCount(name: string, value: unknown, otherwise: number, status = 500): number {
  if (value === undefined || value === null) return otherwise
  if (Number.isInteger(value) && (value as number) >= 0) return value as number
  throw new Refusal(status, `${name} must be a whole number, got ${shown(value)}.`)
}

function isWhole(value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
}
