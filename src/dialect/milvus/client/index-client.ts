// Indexes. Every type is accepted for its kind of field and described as given.

import type { Entry, IndexRecord, Store } from '../catalog.ts'
import { newId } from '../catalog.ts'
import { rebuildEntry, updateEntry } from '../catalog-changes.ts'
import { actualIndexType, indexParams } from '../describe.ts'
import { DataType, IndexType, MetricType } from '../enums.ts'
import { Code, invalid, MilvusError, success, told, unexpected } from '../errors.ts'
import { metricOf } from '../metrics.ts'
import { engineVectors, isPlacedAlike } from '../placement.ts'
import { dimOf, type Field, fieldAt, isVectorType } from '../schema.ts'
import type {
  AlterIndexReq,
  CreateIndexesReq,
  collectionNameReq,
  DescribeIndexReq,
  DescribeIndexResponse,
  DropIndexPropertiesReq,
  DropIndexReq,
  GetIndexBuildProgressReq,
  GetIndexBuildProgressResponse,
  GetIndexStateReq,
  GetIndexStateResponse,
  ListIndexResponse,
  ResStatus,
} from '../types/index.ts'
import { CollectionClient } from './collection-client.ts'
import { changedProperties } from './database-client.ts'
import { named } from './requests.ts'

type Given = Record<string, unknown>

const DENSE_METRICS = ['L2', 'IP', 'COSINE']
const STRUCT_METRICS = ['MAX_SIM', 'MAX_SIM_COSINE', 'MAX_SIM_IP', 'MAX_SIM_L2', 'COSINE', 'IP', 'L2']
const BINARY_METRICS = ['HAMMING', 'JACCARD', 'MHJACCARD']
const SCALAR_INDEXES = ['STL_SORT', 'Trie', 'TRIE', 'INVERTED', 'BITMAP', 'RTREE', 'NGRAM', 'FMINDEX', 'AUTOINDEX']

/** Whether an index type suits a kind of field. */
function fits(type: string, field: Field): boolean {
  const known = Object.values(IndexType) as string[]
  if (type === 'AUTOINDEX') return true
  if (field.type === DataType.SparseFloatVector) return type.startsWith('SPARSE_')
  if (field.type === DataType.BinaryVector) return type.startsWith('BIN_') || type === 'HNSW' || type === 'MINHASH_LSH'
  if (isVectorType(field.type)) {
    return known.includes(type) && !SCALAR_INDEXES.includes(type) && !/^(SPARSE|BIN)_|MINHASH/.test(type)
  }
  return SCALAR_INDEXES.includes(type)
}

function metricsOf(field: Field, type: string): readonly string[] {
  if (field.type === DataType.SparseFloatVector) return field.isFunctionOutput ? ['BM25'] : ['IP']
  if (field.type !== DataType.BinaryVector) return DENSE_METRICS
  if (type === 'MINHASH_LSH' || field.isFunctionOutput) return ['MHJACCARD']
  return /^(BIN_FLAT|AUTOINDEX)$/.test(type) ? BINARY_METRICS : BINARY_METRICS.slice(0, 2)
}

const OWN_KEYS = ['index_type', 'metric_type', 'params']

function paramsText(params: unknown): string {
  try {
    return JSON.stringify(params)
  } catch (cause) {
    throw invalid(`params of an index is JSON: ${(cause as Error).message}`)
  }
}

/** An index as requested, in any form of the request. */
function indexOf(entry: Entry, data: Given): IndexRecord {
  const name = data['field_name'] as string
  const target = fieldAt(entry.schema, name ?? '') ?? fieldAt(entry.schema, /^\w+/.exec(name ?? '')?.[0] ?? '')
  const field = target?.field
  if (field === undefined && !entry.schema.isDynamic) {
    throw unexpected(`cannot create index on non-exist field: ${told(name)}`)
  }
  const given: Given = { ...(data['extra_params'] as Given | undefined) }
  if (data['params'] !== undefined) given['params'] = paramsText(data['params'])
  for (const key of ['index_type', 'metric_type']) if (data[key]) given[key] = data[key]
  const rawParams = given['params']
  const params = typeof rawParams === 'object' && rawParams !== null ? paramsText(rawParams) : (rawParams as string)
  let inner: Given = {}
  try {
    inner = (JSON.parse(params ?? '{}') ?? {}) as Given
  } catch {
    throw invalid(`params of an index is JSON, got ${params}`)
  }
  // A key of the dynamic field has the type that the request gives it.
  if (field === undefined && ({ ...given, ...inner }['json_cast_type'] ?? '') === '') {
    throw unexpected(`cannot create index on non-exist field: ${told(name)}`)
  }
  const type = String(given['index_type'] ?? inner['index_type'] ?? 'AUTOINDEX')
  const isVector = field !== undefined && isVectorType(field.type)
  if (field === undefined ? !SCALAR_INDEXES.includes(type) : !fits(type, field)) {
    throw invalid(`invalid index type: ${type} on field ${name}`, 'valid index', type)
  }
  const metric = (given['metric_type'] ?? inner['metric_type']) as string | undefined
  if (isVector && metric) {
    const wanted = String(metric).toUpperCase()
    const fit = target?.owner === undefined ? metricsOf(field, type) : STRUCT_METRICS
    if (!(wanted in MetricType) || !fit.includes(wanted)) {
      throw invalid(
        `index ${type} on field ${name}: metric type ${metric} not found or not supported`,
        fit.join(' '),
        metric,
      )
    }
  }
  checkParams({ ...given, ...inner }, type, field)
  const extra: Record<string, string> = {}
  for (const [key, value] of Object.entries(given)) if (!OWN_KEYS.includes(key)) extra[key] = String(value)
  const indexName = (data['index_name'] as string | undefined) || name
  const base = { name: indexName, id: '', field: name, type, extra }
  return {
    ...base,
    ...(isVector ? { metric: metric ? String(metric).toUpperCase() : ownMetric(type, field, target?.owner) } : {}),
    ...(params === undefined ? {} : { params }),
  }
}

/** The metric of an index that does not name one. */
function ownMetric(type: string, field: Field, owner: string | undefined): string {
  return type === 'MINHASH_LSH' ? 'MHJACCARD' : metricOf(field, [], owner)
}

function checkParams(params: Given, type: string, field: Field | undefined): void {
  const within = (key: string, from: number, to: number) => {
    if (params[key] === undefined) return
    const value = Number(params[key])
    if (!(Number.isInteger(value) && value >= from && value <= to)) {
      throw invalid(
        `param '${key}' (${params[key]}) should be in range [${from}, ${to}]`,
        `${from}..${to}`,
        params[key],
      )
    }
  }
  if (type.startsWith('HNSW')) {
    within('M', 2, 2048)
    within('efConstruction', 1, 2 ** 31 - 1)
  }
  if (/IVF|SCANN/.test(type)) within('nlist', 1, 65_536)
  if (field?.type !== DataType.BinaryVector) return
  const bits = Number(params['mh_element_bit_width'] ?? (field.isFunctionOutput ? 32 : 8))
  if (![8, 16, 32, 64].includes(bits) || dimOf(field) % bits !== 0) {
    const reason = `mh_element_bit_width is 8, 16, 32 or 64, and divides the dim of field ${field.name}`
    throw invalid(reason, '8 16 32 64', params['mh_element_bit_width'])
  }
  if (field.isFunctionOutput && bits !== 32) {
    throw invalid('mh_element_bit_width of signatures that a MINHASH function makes is 32', 32, bits)
  }
  within('mh_lsh_band', 1, dimOf(field) / bits)
}

function isSameIndex(a: IndexRecord, b: IndexRecord): boolean {
  const plain = ({ name, type, metric, params, extra }: IndexRecord) =>
    JSON.stringify([name, type, metric, params, extra])
  return plain(a) === plain(b)
}

export class IndexClient extends CollectionClient {
  async createIndex(data: CreateIndexesReq): Promise<ResStatus> {
    if (!Array.isArray(data)) return await this.#createIndex(data as unknown as Given)
    // All are tried, whether or not one fails.
    const statuses = await Promise.all(Array.from(data, (one) => this.#createIndex(one as unknown as Given)))
    return statuses.find((status) => status.error_code !== 'Success') ?? statuses[0] ?? success()
  }

  async #createIndex(data: Given): Promise<ResStatus> {
    const request = named(data as unknown as collectionNameReq)
    return await this.runStatus(request, (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, request.collection_name)
        const index = { ...indexOf(entry, data), id: String(newId()) }
        const { indexes } = entry.record
        const field = entry.schema.byName.get(index.field)
        const isSeveral = field === undefined || field.type === DataType.JSON
        const own = indexes.find((one) => one.field === index.field && (!isSeveral || one.name === index.name))
        if (own !== undefined) {
          if (isSameIndex(own, index)) return
          throw unexpected(
            own.name === index.name
              ? 'at most one distinct index is allowed per field'
              : `creating multiple indexes on same field is not supported: ${index.field}`,
          )
        }
        if (indexes.some((one) => one.name === index.name)) {
          throw invalid(`index name ${index.name} is taken by another field`)
        }
        await applyIndexes(store, entry, [...indexes, index])
      }),
    )
  }

  async describeIndex(data: DescribeIndexReq): Promise<DescribeIndexResponse> {
    return await this.withEntry<DescribeIndexResponse>(
      named(data),
      async (entry) => {
        const chosen = entry.record.indexes.filter(
          (index) =>
            (!data.index_name || index.name === data.index_name) &&
            (!data.field_name || index.field === data.field_name),
        )
        if (chosen.length === 0) throw indexNotFound(data)
        const rows = String(await entry.rows.count())
        return {
          status: success(),
          index_descriptions: chosen.map((index) => ({
            params: indexParams(index),
            index_name: index.name,
            indexID: index.id as unknown as number,
            field_name: index.field,
            indexed_rows: rows,
            total_rows: rows,
            state: 'Finished',
            index_state_fail_reason: '',
            pending_index_rows: '0',
            actual_index_type: actualIndexType(entry, index),
          })),
        }
      },
      (status) => ({ status, index_descriptions: [] }),
    )
  }

  getIndexStatistics(data: DescribeIndexReq): Promise<DescribeIndexResponse> {
    return this.describeIndex(data)
  }

  async listIndexes(data: DescribeIndexReq): Promise<ListIndexResponse> {
    const { status, index_descriptions } = await this.describeIndex(data)
    const isNone = status.code === Code.IndexNotFound
    return { status: isNone ? success() : status, indexes: index_descriptions.map((one) => one.index_name) }
  }

  async getIndexState(data: GetIndexStateReq): Promise<GetIndexStateResponse & { fail_reason: string }> {
    const { status } = await this.describeIndex(data)
    const state = (status.error_code === 'Success' ? 'Finished' : 'IndexStateNone') as unknown as never
    return { status, state, fail_reason: '' }
  }

  async getIndexBuildProgress(data: GetIndexBuildProgressReq): Promise<GetIndexBuildProgressResponse> {
    const { status, index_descriptions } = await this.describeIndex(data)
    const rows = (index_descriptions[0]?.total_rows ?? '0') as unknown as number
    return { status, indexed_rows: rows, total_rows: rows }
  }

  async dropIndex(data: DropIndexReq): Promise<ResStatus> {
    return await this.runStatus(named(data), (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, data.collection_name)
        const { indexes } = entry.record
        const { index_name, field_name } = data
        const gone = indexes.filter(
          (index) => (!index_name || index.name === index_name) && (!field_name || index.field === field_name),
        )
        if (gone.length === 0) return
        if (!index_name && !field_name && indexes.length > 1) {
          throw invalid('there are multiple indexes, please specify the index_name')
        }
        // Vectors stay where they are: the next index says what is wanted.
        await updateEntry(store, entry, { indexes: indexes.filter((index) => !gone.includes(index)) })
      }),
    )
  }

  async alterIndexProperties(data: AlterIndexReq): Promise<ResStatus> {
    return await this.#alterIndex(named(data), (index) => ({ extra: changedProperties(index.extra, data.params) }))
  }

  alterIndex(data: AlterIndexReq): Promise<ResStatus> {
    return this.alterIndexProperties(data)
  }

  async dropIndexProperties(data: DropIndexPropertiesReq): Promise<ResStatus> {
    return await this.#alterIndex(named(data), (index) => ({
      extra: changedProperties(index.extra, undefined, data.properties),
    }))
  }

  #alterIndex(
    data: collectionNameReq & { index_name: string },
    change: (index: IndexRecord) => Partial<IndexRecord>,
  ): Promise<ResStatus> {
    return this.runStatus(data, (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, data.collection_name)
        const index = entry.record.indexes.find((one) => one.name === data.index_name)
        if (index === undefined) throw indexNotFound(data)
        const next = { ...index, ...change(index) }
        await updateEntry(store, entry, { indexes: entry.record.indexes.map((one) => (one === index ? next : one)) })
      }),
    )
  }
}

/** Saves the changed indexes; moves the rows if the engine has to hold them differently. */
async function applyIndexes(store: Store, entry: Entry, indexes: readonly IndexRecord[]): Promise<void> {
  const { fields } = entry.record
  const isAlike = isPlacedAlike(engineVectors(fields, entry.record.indexes), engineVectors(fields, indexes))
  if (isAlike) await updateEntry(store, entry, { indexes })
  else await rebuildEntry(store, entry, { indexes })
}

function indexNotFound({ collection_name, index_name, field_name }: DescribeIndexReq): MilvusError {
  const what = index_name ?? field_name
  const where = what === undefined ? `[collection=${collection_name}]` : `[indexName=${what}]`
  return new MilvusError(Code.IndexNotFound, `index not found${where}`)
}
