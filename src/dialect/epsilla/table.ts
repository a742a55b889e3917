// One table over one collection of the engine: records in, records out.

import type { Collection, Filter } from '../../engine/index.ts'
import { treeFilter } from '../../engine/index.ts'
import type { Key } from '../../value/index.ts'
import { compile } from './expression/compile.ts'
import { evaluate } from './expression/evaluate.ts'
import { type Expression, type FieldTypes, parseFilter } from './expression/parse.ts'
import { computeFacets, type Facet, type MeasuredRow, readFacets } from './facets.ts'
import { type EpsillaResponse, Refusal, reply } from './response.ts'
import {
  expressionType,
  type Field,
  isDense,
  isSparse,
  SKIP,
  type SparseVector,
  shownValue,
  sparseDistance,
  storedDense,
  storedSparse,
  storedValue,
} from './schema.ts'

/** A record in the form of the client. */
export type EpsillaRecord = Record<string, unknown>

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
  /** Text for an index. */
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

/** An index of a table: its hidden field, the field it embeds, and with what. */
export interface TextIndex {
  readonly name: string
  readonly field: string
  readonly model: string
}

/** Orders records by when they came. No field can be called so. */
export const SEQUENCE = '@sequence'

let lastSequence = 0

/** Greater than all before, also those of an earlier process. */
function nextSequence(): number {
  lastSequence = Math.max(lastSequence + 1, Date.now() * 4096)
  return lastSequence
}

type Stored = Record<string, unknown>

export class Table {
  readonly name: string
  readonly collection: Collection
  readonly #fields: readonly Field[]
  readonly #indices: readonly TextIndex[]
  readonly #key: Field | undefined
  readonly #types: FieldTypes

  constructor(name: string, collection: Collection, fields: readonly Field[], indices: readonly TextIndex[]) {
    this.name = name
    this.collection = collection
    this.#fields = fields
    this.#indices = indices
    this.#key = fields.find((field) => field.isKey)
    const types = new Map(fields.filter((field) => !field.isHidden).map((one) => [one.name, expressionType(one)]))
    this.#types = (field) => types.get(field)
  }

  /** `insert` and `upsert`, which differ in who wins where a key is taken. */
  async write(
    records: unknown,
    isUpsert: boolean,
    scale: number,
    embedderOf: (model: string) => Embedder,
  ): Promise<EpsillaResponse<unknown>> {
    const message = `Insert data to ${this.name} successfully.`
    if (records === undefined) throw new Refusal(400, 'data is missing in your payload.')
    if (!Array.isArray(records) || records.length === 0) return reply(200, message)
    this.#requireComplete(records)
    const made = this.#documentsOf(records)
    const documents = this.#indices.length === 0 ? made : await this.#withIndices(made, embedderOf)
    await this.#requireRoom(documents, scale)
    // A key that is taken is refused there, and counts as skipped here.
    const result = await (isUpsert ? this.collection.upsert(documents) : this.collection.insert(documents))
    const written = result.inserted + (isUpsert ? result.replaced + result.unchanged : 0)
    return reply(200, message, { inserted: written, skipped: records.length - written })
  }

  #requireComplete(records: readonly unknown[]): void {
    records.forEach((record, i) => {
      for (const { name, isHidden } of this.#fields) {
        if (!isHidden && (record as EpsillaRecord | null)?.[name] === undefined) {
          throw new Refusal(500, `Record ${i} missing field: ${name}`)
        }
      }
    })
  }

  #documentsOf(records: readonly unknown[]): Stored[] {
    const documents: Stored[] = []
    records.forEach((record, i) => {
      const document: Stored = { [SEQUENCE]: nextSequence() }
      for (const field of this.#fields) {
        if (field.isHidden) continue
        const value = storedValue(field, (record as EpsillaRecord)[field.name], `Record ${i}`)
        if (value === SKIP) return
        document[field.name] = value
      }
      documents.push(document)
    })
    return documents
  }

  /** Adds the hidden vectors of the indices. */
  async #withIndices(documents: Stored[], embedderOf: (model: string) => Embedder): Promise<Stored[]> {
    for (const { name, field, model } of this.#indices) {
      const hidden = this.#field(name)!
      const vectors = await embedderOf(model)(documents.map((document) => String(document[field])))
      documents.forEach((document, i) => {
        const vector = storedDense(hidden, Array.from(vectors[i] ?? []), `Record ${i}`)
        if (vector === SKIP) {
          throw new Refusal(500, `Index ${name}: the model ${model} gave no vector of ${hidden.dimensions} numbers.`)
        }
        document[name] = vector
      })
    }
    return documents
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
    const expression = this.#filter(filter, 400)
    const keys = primaryKeys === undefined ? undefined : this.#keys(primaryKeys, 400)
    const rows = await this.#select(keys, expression)
    const { deleted } =
      rows === undefined ? await this.collection.delete(this.#where(expression)!) : await this.#remove(rows)
    return reply(200, `Delete data from ${this.name} successfully.`, { deleted })
  }

  #remove(rows: readonly Stored[]): Promise<{ deleted: number }> {
    const field = this.#key?.name ?? SEQUENCE
    return this.collection.delete(rows.map((row) => row[field] as Key))
  }

  async get(config: GetConfig): Promise<EpsillaResponse<unknown>> {
    const { primaryKeys, filter, skip = 0, limit, facets } = config
    const expression = this.#filter(filter, 500)
    const keys = primaryKeys === undefined ? undefined : this.#keys(primaryKeys, 500)
    const response = this.#response(config.response)
    const computed = readFacets(facets, this.#types, 500)
    const end = limit === undefined ? undefined : skip + limit
    const found = await this.#select(keys, expression)
    let rows: Stored[]
    if (found !== undefined) rows = found.slice(skip, end)
    else {
      const where = this.#where(expression)
      const page = { sort: SEQUENCE, skip, ...(limit === undefined ? {} : { limit }) }
      rows = await this.collection.find({ ...(where === undefined ? {} : { filter: where }), ...page }).toArray()
    }
    const measured = rows.map((row) => ({ row, distance: 0 }))
    return this.#answer('Query get successfully.', measured, response, computed, false)
  }

  /**
   * The records with these keys that also match, or all that match, in order; undefined when there are no keys and the
   * engine can run the filter.
   */
  async #select(keys: readonly Key[] | undefined, expression: Expression | undefined): Promise<Stored[] | undefined> {
    const isMatch = (row: Stored) => expression === undefined || evaluate(expression, row, 0) === true
    if (keys !== undefined) {
      const rows = await this.collection.getMany(keys)
      return rows.filter((row): row is Stored => row !== undefined && isMatch(row))
    }
    if (expression === undefined || this.#where(expression) !== undefined) return undefined
    const rows: Stored[] = []
    for await (const row of this.collection.find({ sort: SEQUENCE })) if (isMatch(row)) rows.push(row)
    return rows
  }

  async query(
    config: QueryConfig,
    embed: (model: string, text: string) => Promise<number[]>,
  ): Promise<EpsillaResponse<unknown>> {
    const { limit, withDistance = false, facets } = config
    const { field, vector } = await this.#target(config, embed)
    const expression = this.#filter(config.filter, 0)
    const response = this.#response(config.response)
    const computed = readFacets(facets, this.#types, 400)
    const measured = isSparse(field)
      ? await this.#nearestSparse(field, vector as SparseVector, expression)
      : await this.#nearestDense(field, vector as Float32Array, expression, limit)
    return this.#answer('Query search successfully.', measured.slice(0, limit), response, computed, withDistance)
  }

  /** The field that is searched, and the vector in its stored form. */
  async #target(
    { queryField, queryIndex, queryVector, query }: QueryConfig,
    embed: (model: string, text: string) => Promise<number[]>,
  ): Promise<{ field: Field; vector: Float32Array | SparseVector }> {
    let given: unknown = queryVector
    let name = queryField ?? queryIndex
    if (queryVector === undefined || (query !== undefined && queryIndex !== undefined)) {
      const index = queryIndex === undefined ? this.#indices[0] : this.#indices.find((one) => one.name === queryIndex)
      if (this.#indices.length === 0) {
        throw new Refusal(400, 'There is no index in the table. Cannot search by query content.')
      }
      if (index === undefined) throw new Refusal(500, `Index name not found: ${queryIndex}`)
      name = index.name
      given = await embed(index.model, String(query))
    }
    const vectors = this.#fields.filter((one) => !one.isHidden && (isDense(one) || isSparse(one)))
    if (name === undefined && vectors.length > 1) {
      throw new Refusal(400, 'Must specify queryField if there are more than 1 vector fields.')
    }
    const field = name === undefined ? vectors[0] : this.#field(name)
    if (field === undefined) throw new Refusal(500, `Field name not found: ${name}`)
    if (!isDense(field) && !isSparse(field)) throw new Refusal(500, 'Field type is not vector.')
    const isList = Array.isArray(given) || ArrayBuffer.isView(given)
    if (isDense(field) !== isList) {
      throw new Refusal(500, 'Query vector and field vector type must be both dense or sparse')
    }
    const vector = isList ? storedDense(field, given, 'Query') : storedSparse(field, given)
    if (vector === SKIP) throw new Refusal(500, "Query dimension doesn't match the vector field dimension.")
    return { field, vector }
  }

  async #nearestDense(
    field: Field,
    vector: Float32Array,
    expression: Expression | undefined,
    limit: number,
  ): Promise<MeasuredRow[]> {
    if (limit === 0) return []
    const where = this.#where(expression)
    // What the engine cannot run is asked of every record, nearest first.
    const isRun = expression === undefined || where !== undefined
    const hits = await this.collection.search({
      vector,
      field: field.name,
      limit: isRun ? limit : Math.max(1, await this.collection.count()),
      select: this.#fields.filter((one) => !one.isHidden).map(({ name }) => name),
      ...(where === undefined ? {} : { filter: where }),
    })
    const measured = hits.map((hit) => ({ row: hit.document as Stored, distance: Math.fround(hit.distance) }))
    return isRun ? measured : measured.filter((one) => evaluate(expression!, one.row, one.distance) === true)
  }

  async #nearestSparse(field: Field, vector: SparseVector, expression: Expression | undefined): Promise<MeasuredRow[]> {
    const where = this.#where(expression)
    const measured: MeasuredRow[] = []
    const options = { sort: SEQUENCE, ...(where === undefined ? {} : { filter: where }) }
    for await (const row of this.collection.find(options)) {
      const distance = Math.fround(sparseDistance(field.metric, row[field.name] as SparseVector, vector))
      if (expression !== undefined && where === undefined && evaluate(expression, row, distance) !== true) continue
      measured.push({ row, distance })
    }
    return measured.sort((a, b) => a.distance - b.distance)
  }

  #answer(
    message: string,
    measured: readonly MeasuredRow[],
    response: readonly string[] | undefined,
    facets: ReturnType<typeof readFacets>,
    withDistance: boolean,
  ): EpsillaResponse<unknown> {
    const names = response ?? this.#fields.filter((field) => !field.isHidden).map(({ name }) => name)
    const records = measured.map(({ row, distance }) => {
      const record: EpsillaRecord = {}
      for (const name of names) record[name] = shownValue(row[name])
      if (withDistance) record['@distance'] = distance
      return record
    })
    if (facets === undefined) return reply(200, message, records)
    const computed = computeFacets(facets, measured)
    return reply(200, message, response === undefined ? computed : { records, facets: computed })
  }

  #field(name: string): Field | undefined {
    return this.#fields.find((field) => field.name === name)
  }

  #response(names: unknown): readonly string[] | undefined {
    if (!Array.isArray(names) || names.length === 0) return undefined
    for (const name of names) {
      const field = this.#field(String(name))
      if (field === undefined || field.isHidden) throw new Refusal(500, `Field name not found: ${name}`)
    }
    return names.map(String)
  }

  /** `status` is what a wrong filter answers; 0: as the filter's own message has it. */
  #filter(text: unknown, status: number): Expression | undefined {
    if (text === undefined || text === null) return undefined
    try {
      return parseFilter(String(text), this.#types)
    } catch (error) {
      if (error instanceof Refusal && status !== 0) throw new Refusal(status, error.message)
      throw error
    }
  }

  /** The filter for the engine; undefined where there is none, or none that it can run. */
  #where(expression: Expression | undefined): Filter | undefined {
    const node = expression === undefined ? undefined : compile(expression)
    return node === undefined ? undefined : treeFilter(node)
  }

  #keys(keys: unknown, status: number): readonly Key[] {
    if (!Array.isArray(keys) || keys.length === 0) {
      throw new Refusal(400, 'If the primaryKeys field is provided, it cannot be empty.')
    }
    const key = this.#key
    if (key === undefined) throw new Refusal(status, `Primary key not found: ${this.name}`)
    keys.forEach((one, position) => {
      const isFit = key.type === 'STRING' ? typeof one === 'string' : isWhole(one)
      if (!isFit) throw new Refusal(400, `Primary key type mismatch at field position ${position}`)
    })
    return keys as Key[]
  }
}

function isWhole(value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
}
