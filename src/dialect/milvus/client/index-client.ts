// Indexes. Every type is accepted for its kind of field and described as given.

import type { Entry, IndexRecord, Store } from '../catalog.ts'
import { newId } from '../catalog.ts'
import { rebuildEntry, updateEntry } from '../catalog-changes.ts'
import { actualIndexType, indexParams } from '../describe.ts'
import { DataType } from '../enums.ts'
import { Code, invalid, MilvusError, success, unexpected } from '../errors.ts'
import { indexings } from '../lazy.ts'
import { engineVectors, isPlacedAlike } from '../placement.ts'
import { fieldAt, isVectorType } from '../schema.ts'
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
        const { indexOf } = await indexings()
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
        // Searches need them.
        const isSearched = ({ field }: IndexRecord) => isVectorType(fieldAt(entry.schema, field)?.field.type ?? 0)
        if (entry.record.loaded !== 'none' && gone.some(isSearched)) {
          throw invalid(`vector index cannot be dropped on loaded collection: ${entry.name}`)
        }
        // Vectors stay where they are: the next index says what is wanted.
        await updateEntry(store, entry, { indexes: indexes.filter((index) => !gone.includes(index)) })
      }),
    )
  }

  async alterIndexProperties(data: AlterIndexReq): Promise<ResStatus> {
    const { requireAlterable } = await indexings()
    return await this.#alterIndex(named(data), (index) => {
      requireAlterable(data.params)
      return { extra: changedProperties(index.extra, data.params) }
    })
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
