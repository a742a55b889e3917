// Rows: write, delete, read by key or by condition.

import type { Filter } from '../../../engine/index.ts'
import type { Entry } from '../catalog.ts'
import { hybridTime } from '../clock.ts'
import { DataType, DEFAULT_COUNT_QUERY_STRING } from '../enums.ts'
import { Code, invalid, MilvusError, success, unexpected, wrongCall } from '../errors.ts'
import { normalizeOrderByFields } from '../formats.ts'
import { expiries, fillings, geometries, groupings, orderings, pagings, partials } from '../lazy.ts'
import { partitionOf } from '../load-state.ts'
import type { EntryRead } from '../pages.ts'
import type { FieldOps } from '../partial.ts'
import {
  compareKeys,
  filterOfRequest,
  type Key,
  keysOf,
  type Projection,
  project,
  projectionOf,
  type RowWindow,
  readPartitions,
  rowsByKey,
  schemaFor,
  windowOf,
  within,
} from '../read.ts'
import { type EncodedRows, encodeRows, type Row, type RowRules, requireLanes } from '../rows.ts'
import type {
  Anything,
  CountReq,
  CountResult,
  DeleteEntitiesReq,
  DeleteReq,
  DescribeCollectionResponse,
  GetReq,
  InsertReq,
  MutationResult,
  QueryIteratorReq,
  QueryReq,
  QueryResults,
  ResStatus,
  UpsertReq,
} from '../types/index.ts'
import { AdminClient } from './admin-client.ts'
import { failureOf } from './caller.ts'
import { named, requireDescribed } from './requests.ts'

type Given = Record<string, unknown>
type MutationKind = 'insert' | 'upsert' | 'delete'

/** An output field that is computed over rows; the engine itself counts all rows. */
const MEASURE = /^\s*(sum|avg|min|max|count)\s*\((?!\s*\*)/i

export class DataClient extends AdminClient {
  insert(data: InsertReq): Promise<MutationResult> {
    return this.#write(data as unknown as Given, 'insert')
  }

  upsert(data: UpsertReq): Promise<MutationResult> {
    return this.#write(data as unknown as Given, 'upsert')
  }

  // Not async, because it is called most: saves a promise.
  #write(data: Given, kind: 'insert' | 'upsert'): Promise<MutationResult> {
    try {
      const rows = rowsGiven(data)
      const isPlain = kind === 'insert' || (data['field_ops'] === undefined && data['partial_update'] !== true)
      // Programs override describeCollection to supply a schema of their own.
      const isOwn = this.describeCollection === DataClient.prototype.describeCollection
      return isPlain && isOwn
        ? this.#run(rows, data, kind, false)
        : this.#prepare(rows, data, kind, isOwn).catch((error) => rejected(error, data))
    } catch (error) {
      return rejected(error, data)
    }
  }

  async #prepare(
    rows: readonly unknown[],
    data: Given,
    kind: 'insert' | 'upsert',
    isOwn: boolean,
  ): Promise<MutationResult> {
    const givenOps = kind === 'upsert' ? data['field_ops'] : undefined
    const ops = givenOps === undefined ? undefined : (await partials()).fieldOpsOf(givenOps)
    const isPartial = kind === 'upsert' && (data['partial_update'] === true || ops !== undefined)
    if (!isOwn) requireKnownFields(await this.#described(data, data['collection_name'] as string), rows)
    return await this.#run(rows, data, kind, isPartial, ops)
  }

  #run(
    rows: readonly unknown[],
    data: Given,
    kind: 'insert' | 'upsert',
    isPartial: boolean,
    ops?: FieldOps,
  ): Promise<MutationResult> {
    return this.run(
      data as { timeout?: number; db_name?: string },
      (store, db) => {
        const entry = store.entry(db, data['collection_name'] as string)
        const answer = isPartial ? undefined : this.#applyNow(entry, rows, data, kind)
        return answer ?? this.#apply(entry, rows, data, kind, isPartial, ops)
      },
      (status) => {
        throwIfMissing(status)
        return { ...this.#mutation(status, kind, [], undefined), err_index: [...rows.keys()] }
      },
    )
  }

  async #described(data: Given, name: string): Promise<DescribeCollectionResponse> {
    const db = data['db_name'] as string | undefined
    const request = { collection_name: name, cache: true, ...(db === undefined ? {} : { db_name: db }) }
    const description = await this.describeCollection(request)
    requireDescribed(description)
    return description
  }

  /** Writes one row of a collection without partitions when the engine is in this thread; otherwise undefined. */
  #applyNow(
    entry: Entry,
    rows: readonly unknown[],
    data: Given,
    kind: 'insert' | 'upsert',
  ): MutationResult | Promise<MutationResult> | undefined {
    const { direct, record } = entry
    if (rows.length !== 1 || direct === undefined || entry.moving !== undefined) return undefined
    if (entry.expires || entry.schema.filled.length > 0 || entry.schema.places.length > 0) return undefined
    if (record.partitions.length > 1 || data['partition_name'] || data['timeout']) return undefined
    const rules = rulesOf(entry, data, kind)
    // Replacing a key with a new one takes two writes.
    if (kind === 'upsert' && entry.schema.primary.autoID && !rules.takesAutoID) return undefined
    const encoded = encodeRows(entry, rows, rules)
    const { result, done } = direct.insert(encoded.documents, true, direct.isHard)
    if (result.errors > 0) throw refusalOf(entry, rows, result.firstError)
    const answer = this.#mutation(success(), kind, encoded.keys, entry)
    return done === undefined ? answer : done.then(() => answer)
  }

  async #apply(
    entry: Entry,
    rows: readonly unknown[],
    data: Given,
    kind: 'insert' | 'upsert',
    isPartial: boolean,
    ops: FieldOps | undefined,
  ): Promise<MutationResult> {
    if (entry.moving !== undefined) await entry.moving
    const partition = writePartition(entry, data['partition_name'])
    const encoded = encodeRows(entry, rows, rulesOf(entry, data, isPartial ? 'partial' : kind))
    if (entry.schema.places.length > 0) (await geometries()).requireShapes(entry.schema, encoded.documents)
    if (kind === 'upsert') requireDistinct(encoded)
    const timeout = Number(data['timeout']) || 0
    if (isPartial) {
      encoded.documents.splice(
        0,
        encoded.documents.length,
        ...(await (await partials()).mergedRows(entry, encoded, ops)),
      )
    }
    const { documents } = encoded
    if (entry.schema.filled.length > 0) (await fillings()).fill(entry.schema, documents)
    if (entry.expires) (await expiries()).stamp(entry, documents)
    // Where keys are generated, a full upsert replaces each key it names with a new one.
    const isReplacing = encoded.replaced.length > 0 && !isPartial
    const isOne = documents.length === 1
    const options =
      isOne && partition === undefined && timeout <= 0
        ? undefined
        : {
            atomic: !isOne,
            ...(partition === undefined ? {} : { partition }),
            ...(timeout > 0 ? { timeout } : {}),
          }
    const result = await entry.rows.upsert(isOne ? documents[0]! : documents, options)
    if (result.errors > 0) throw refusalOf(entry, rows, result.firstError)
    if (isReplacing) await entry.rows.delete(encoded.replaced)
    return this.#mutation(success(), kind, encoded.keys, entry)
  }

  /** The answer to a write; without `entry` it was refused. */
  #mutation(
    status: ResStatus,
    kind: MutationKind,
    keys: readonly Key[],
    entry: Entry | undefined,
    count = keys.length,
  ) {
    const { long } = this
    const isInsert = kind !== 'delete'
    const isInt = entry?.schema.primary.type === DataType.Int64
    const ids = new Array<unknown>(keys.length)
    const positions = new Array<number>(keys.length)
    for (let i = 0; i < keys.length; i++) {
      ids[i] = isInt ? long(keys[i] as number) : keys[i]
      positions[i] = i
    }
    const insert_count = isInsert ? count : 0
    const delete_count = kind === 'insert' ? 0 : count
    const upsert_count = kind === 'upsert' ? count : 0
    let IDs = entry === undefined ? null : {}
    if (isInsert && IDs !== null) {
      IDs = isInt ? { int_id: { data: ids }, id_field: 'int_id' } : { str_id: { data: ids }, id_field: 'str_id' }
    }
    return {
      status,
      IDs,
      succ_index: positions,
      err_index: [],
      acknowledged: false,
      insert_cnt: long(insert_count),
      delete_cnt: long(delete_count),
      upsert_cnt: long(upsert_count),
      timestamp: IDs === null ? '0' : hybridTime(),
      insert_count,
      delete_count,
      upsert_count,
      ids,
    } as unknown as MutationResult
  }

  /** Deletes by ids or by a condition. With ids, throws if the collection is missing. */
  async delete(data: DeleteReq): Promise<MutationResult> {
    const given = named(data) as unknown as Given
    if (given['filter'] || given['expr']) return await this.deleteEntities(data as unknown as DeleteEntitiesReq)
    const { ids } = given
    if (ids === undefined || ids === null) throw wrongCall('FILTER_EXPR_REQUIRED')
    if (Array.isArray(ids) && ids.length === 0) throw wrongCall('IDS_REQUIRED')
    return await this.#delete(data, (entry) => keysOf(entry, ids), true)
  }

  async deleteEntities(data: DeleteEntitiesReq): Promise<MutationResult> {
    const text: unknown = named(data).filter || data.expr
    // A blank condition would match every row.
    if (!text || (typeof text === 'string' && text.trim() === '')) throw wrongCall('FILTER_EXPR_REQUIRED')
    return await this.#delete(data, async (entry) => (await filterOfRequest(entry, data)) ?? {})
  }

  async #delete(
    data: { collection_name: string; partition_name?: string; timeout?: number; db_name?: string },
    selectionFor: (entry: Entry) => Key[] | Promise<Filter>,
    isThrowing = false,
  ): Promise<MutationResult> {
    const answer = await this.withEntry<MutationResult>(
      data,
      async (entry) => {
        if (entry.moving !== undefined) await entry.moving
        const partition = writePartition(entry, data.partition_name, false)
        const chosen = await selectionFor(entry)
        const selection = Array.isArray(chosen) ? [...new Set(chosen)] : chosen
        const result = await entry.rows.delete(selection, partition === undefined ? undefined : { partition })
        return this.#mutation(success(), 'delete', [], entry, result.deleted)
      },
      (status) => this.#mutation(status, 'delete', [], undefined),
    )
    if (isThrowing && answer.status.code === Code.CollectionNotFound) {
      throw new MilvusError(Code.CollectionNotFound, answer.status.reason, { isThrown: true })
    }
    return answer
  }

  query(data: QueryReq): Promise<QueryResults> {
    try {
      named(data)
      if (data.group_by_fields !== undefined || data.order_by_fields || data.order_by) requireLists(data)
    } catch (error) {
      return rejected(error, data)
    }
    return this.withEntry<QueryResults>(
      data,
      (entry) => this.#query(entry, data),
      (status) => {
        if (hasIds(data.ids)) throwIfMissing(status)
        return { status, data: [] }
      },
    )
  }

  #query(entry: Entry, data: QueryReq): QueryResults | Promise<QueryResults> {
    const { ids } = data
    const partitions = readPartitions(entry, data.partition_names, 'query')
    const { limit, offset } = windowOf(
      data.params === undefined ? (data as unknown as Given) : { ...data.params, ...data },
    )
    const isGrouped = (data.group_by_fields?.length ?? 0) > 0 || data.output_fields?.some((name) => MEASURE.test(name))
    if (isGrouped) return this.#byGroups(entry, data, partitions, { limit, offset })
    const projection = projectionOf(schemaFor(entry, data), data.output_fields, {
      long: this.long,
      transformers: data.transformers,
      withKey: true,
    })
    if (!hasIds(ids)) return this.#byFilter(entry, data, projection, partitions, limit, offset)
    if (data.filter || data.expr) throw invalid('ids and filter cannot be given together')
    const keys = keysOf(entry, ids)
    const answer = (rows: Row[]): QueryResults => {
      const isWhole = offset === 0 && limit === undefined
      if (projection.isCount) rows = [{ [DEFAULT_COUNT_QUERY_STRING]: this.long(rows.length) }]
      else if (!isWhole) rows = rows.slice(offset, limit === undefined ? undefined : offset + limit)
      return { status: success(), data: rows }
    }
    const { direct } = entry
    if (direct === undefined || keys.length > 1 || partitions !== undefined || entry.expires) {
      return this.#byKeys(entry, keys, projection, partitions).then(answer)
    }
    const row = direct.get(keys[0]!) as Row | undefined
    return answer(row === undefined ? [] : [project(projection, row, {})])
  }

  /** The rows with these keys, in the form they are returned. */
  async #byKeys(
    entry: Entry,
    keys: readonly Key[],
    projection: Projection,
    partitions: readonly string[] | undefined,
  ): Promise<Row[]> {
    return (await rowsByKey(entry, keys, partitions)).map((row) => project(projection, row, {}))
  }

  async #byFilter(
    entry: Entry,
    data: QueryReq,
    projection: Projection,
    partitions: readonly string[] | undefined,
    limit: number | undefined,
    offset: number,
  ): Promise<QueryResults> {
    const answer = (rows: Row[]): QueryResults => ({ status: success(), data: rows })
    const text = data.filter || data.expr || ''
    const filter = await filterOfRequest(entry, data)
    if (projection.isCount) {
      if (limit !== undefined) throw invalid('count entities with pagination is not allowed')
      const count = await entry.rows.find(within(filter, partitions)).count()
      return answer([{ [DEFAULT_COUNT_QUERY_STRING]: this.long(count) }])
    }
    if (text.trim() === '' && limit === undefined) throw invalid('empty expression should be used with limit')
    const chosen = within(filter, partitions)
    const order = data.order_by_fields ?? data.order_by
    if (order && order.length !== 0) {
      const { orderedRows } = await orderings()
      return answer(await orderedRows(entry, order, chosen, projection, { limit, offset }))
    }
    const window = { skip: offset, ...(limit === undefined ? {} : { limit }) }
    const { name } = entry.schema.primary
    const rows = entry.rows.find({ ...chosen, ...window, select: projection.select, sort: name })
    return answer((await rows.toArray()).map((row) => project(projection, row, {})))
  }

  async #byGroups(
    entry: Entry,
    data: QueryReq,
    partitions: readonly string[] | undefined,
    window: RowWindow,
  ): Promise<QueryResults> {
    if (hasIds(data.ids)) throw invalid('ids and group_by_fields cannot be given together')
    const { groupedRows } = await groupings()
    const filter = await filterOfRequest(entry, data)
    return { status: success(), data: await groupedRows(entry, data, filter, partitions, window, this.long) }
  }

  /** Returns the rows with these keys; missing ones are left out. */
  get(data: GetReq): Promise<QueryResults> {
    const query = data as unknown as QueryReq
    if (!data?.collection_name || hasIds(data.ids)) return this.query(query)
    return Promise.resolve(query).then((given) => {
      requireLists(given)
      throw wrongCall('IDS_REQUIRED')
    })
  }

  async count(data: CountReq): Promise<CountResult> {
    const { limit: _limit, offset: _offset, filter, expr, ...asked } = named(data) as CountReq & Partial<QueryReq>
    const request = { ...asked, expr: filter || expr || '', output_fields: [DEFAULT_COUNT_QUERY_STRING] }
    const { status, data: rows } = await this.query(request as QueryReq)
    return { status, data: Number(rows[0]?.[DEFAULT_COUNT_QUERY_STRING] ?? 0) }
  }

  /** Pages in key order: the keys that match now, each row once, as it is when its page is read. */
  async queryIterator(data: QueryIteratorReq): Promise<Anything> {
    const request = named(data as unknown as QueryReq)
    const { rowPages } = await pagings()
    const read: EntryRead = (run) => this.withEntry(request, run)
    return await rowPages(read, request, this.long)
  }
}

async function rejected(error: unknown, request: unknown): Promise<never> {
  throw await failureOf(error, request)
}

function rulesOf(entry: Entry, data: Given, kind: RowRules['kind']): RowRules {
  return {
    kind,
    takesAutoID: entry.record.properties['allow_insert_auto_id'] === 'true',
    transformers: data['transformers'] as InsertReq['transformers'],
  }
}

/** Why rows were not stored: in Milvus' words if their vectors are the reason. */
function refusalOf(entry: Entry, rows: readonly unknown[], reason: string | undefined): MilvusError {
  requireLanes(entry, rows)
  return unexpected(reason ?? 'the rows could not be stored')
}

/** Throws if a collection or database is missing. */
export function throwIfMissing({ code, reason }: ResStatus): void {
  if (code === Code.CollectionNotFound || code === Code.DatabaseNotFound) {
    throw new MilvusError(code, reason, { isThrown: true })
  }
}

/** The shapes of list parameters that the SDK checks before it asks a server. */
function requireLists({ group_by_fields, order_by_fields, order_by }: QueryReq): void {
  if (group_by_fields !== undefined && !Array.isArray(group_by_fields)) {
    throw new MilvusError(Code.Parameter, 'Invalid group_by_fields format', { isThrown: true })
  }
  normalizeOrderByFields(order_by_fields ?? order_by)
}

/** The rows of a request that names a collection: one or a list. */
function rowsGiven(data: Given): readonly unknown[] {
  named(data as { collection_name?: string })
  const given = data['fields_data'] ?? data['data']
  const rows = Array.isArray(given) ? given : typeof given === 'object' && given !== null ? [given] : []
  if (rows.length === 0) throw wrongCall('INSERT_CHECK_FIELD_DATA_IS_REQUIRED')
  return rows
}

function hasIds(ids: unknown): boolean {
  return ids !== undefined && ids !== null && !(Array.isArray(ids) && ids.length === 0)
}

/** The partition a write goes to; undefined if there is nothing to choose. */
function writePartition(entry: Entry, name: unknown, isInsert = true): string | undefined {
  const { keyed, partitions } = entry.record
  if (name === undefined || name === null || name === '') {
    return isInsert && keyed === 0 && partitions.length > 1 ? '_default' : undefined
  }
  if (keyed > 0) throw unexpected('not support manually specifying the partition names if partition key mode is used')
  partitionOf(entry, String(name))
  return partitions.length > 1 ? String(name) : undefined
}

function requireDistinct({ keys, replaced }: EncodedRows): void {
  const own = replaced.length > 0 ? replaced : keys
  if (new Set(own).size === own.length) return
  const sorted = [...own].sort(compareKeys)
  const twice = sorted.find((key, i) => i > 0 && compareKeys(key, sorted[i - 1]!) === 0)
  throw invalid(`duplicate primary keys are not allowed in the same batch: ${twice}`)
}

/** A description that a program supplied may know fewer fields than the collection has. */
function requireKnownFields(description: DescribeCollectionResponse, rows: readonly unknown[]): void {
  const { schema } = description
  if (schema.enable_dynamic_field) return
  const names = new Set(schema.fields.map((field) => field.name))
  rows.forEach((row, i) => {
    for (const name of Object.keys(row as Row))
      if (!names.has(name)) throw wrongCall('INSERT_CHECK_WRONG_FIELD', ` ${i}`)
  })
}
