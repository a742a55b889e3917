// The client that programs use.

import { EMBEDDED } from '../../../engine/index.ts'
import { DataType, DEFAULT_METRIC_TYPE, DEFAULT_PRIMARY_KEY_FIELD, DEFAULT_VECTOR_FIELD } from '../enums.ts'
import { MilvusError, success, wrongCall } from '../errors.ts'
import { convertToDataType } from '../schema.ts'
import type {
  CreateCollectionReq,
  CreateColReq,
  CreateColWithSchemaAndIndexParamsReq,
  CreateIndexesReq,
  ResStatus,
} from '../types/index.ts'
import { failureOf } from './caller.ts'
import { ClusterClient } from './cluster-client.ts'
import { named } from './requests.ts'
import { MilvusClientSession } from './session.ts'

/**
 * In-process Milvus: the `MilvusClient` of `@zilliz/milvus2-sdk-node` over a directory or memory. If the address is a
 * host or URL, it loads that package and passes every call on to it.
 *
 * @example
 * ```ts
 * const client = new MilvusClient({ address: './milvus.db' })
 * await client.createCollection({ collection_name: 'notes', dimension: 4 })
 * await client.insert({ collection_name: 'notes', data: [{ id: 1, vector: [1, 0, 0, 0], text: 'hello' }] })
 * const { results } = await client.search({ collection_name: 'notes', data: [1, 0, 0, 0], limit: 3 })
 * await client.closeConnection()
 * ```
 */
export class MilvusClient extends ClusterClient {
  static readonly [EMBEDDED] = true
  /** Collections that the short form is creating. */
  readonly #making = new Map<string, Promise<ResStatus>>()

  /** Which SDK this client replaces. */
  static get sdkInfo(): { version: string; recommendMilvus: string } {
    return { version: '3.0.6', recommendMilvus: 'v3.0.0' }
  }

  /** Reads from one cluster; here there is only one. */
  session(clusterId: string): MilvusClientSession {
    if (typeof clusterId === 'string' && clusterId !== '') return new MilvusClientSession(this, clusterId)
    throw new MilvusError(1100, 'clusterId must be a non-empty string', { isThrown: true })
  }

  /** The short form `{ collection_name, dimension }`, or the schema form `{ collection_name, fields }`. */
  async createCollection(
    data: CreateColReq | CreateColWithSchemaAndIndexParamsReq | CreateCollectionReq,
  ): Promise<ResStatus> {
    if (!data?.collection_name) throw wrongCall('CREATE_COLLECTION_CHECK_PARAMS')
    try {
      if ('fields' in data || 'schema' in data) return await this.#createWithIndexes(data)
      return await this.#createQuick(data as CreateColReq)
    } catch (error) {
      throw await failureOf(error, data)
    }
  }

  async #createWithIndexes(data: CreateColWithSchemaAndIndexParamsReq | CreateCollectionReq): Promise<ResStatus> {
    const given = 'index_params' in data ? data.index_params : undefined
    const admin = await this.administration()
    const created = await admin.createFromSchema(data)
    if (given === undefined || given === null) return created
    const { collection_name } = data
    const place = { collection_name, ...(data.db_name === undefined ? {} : { db_name: data.db_name }) }
    const indexes = (Array.isArray(given) ? given : [given]).map((one) => ({ ...one, ...place }))
    const indexed = await this.createIndex(indexes as CreateIndexesReq)
    if (indexed.error_code !== 'Success') {
      throw new MilvusError(Number(indexed.code), indexed.reason, { name: String(indexed.error_code), isThrown: true })
    }
    await this.loadCollection(place)
    return created
  }

  /** Calls for the same collection take turns: the second finds it indexed and loaded. */
  async #createQuick(data: CreateColReq): Promise<ResStatus> {
    const { collection_name, db_name = '' } = named(data) as CreateColReq
    const place = `${db_name}/${collection_name}`
    const made = (this.#making.get(place) ?? Promise.resolve()).then(
      () => this.#makeQuick(data),
      () => this.#makeQuick(data),
    )
    this.#making.set(place, made)
    try {
      return await made
    } catch (error) {
      // Another client on the store has created it meanwhile.
      if (error instanceof MilvusError && error.reason.startsWith('create duplicate collection')) return success()
      throw error
    } finally {
      if (this.#making.get(place) === made) this.#making.delete(place)
    }
  }

  async #makeQuick(data: CreateColReq): Promise<ResStatus> {
    const given = named(data) as CreateColReq & Record<string, unknown>
    const { collection_name, db_name, timeout } = given
    const place = { collection_name, ...(db_name === undefined ? {} : { db_name }) }
    const existing = await this.hasCollection(place)
    const isUnfinished = existing.value && (await this.#isUnfinished(place))
    if (existing.value && !isUnfinished) return success()
    const idType = idTypeOf(given.id_type)
    const isDynamic = given.enable_dynamic_field ?? given.enableDynamicField ?? true
    const vector = given.vector_field_name ?? DEFAULT_VECTOR_FIELD
    const index = { field_name: vector, index_type: 'AUTOINDEX', metric_type: given.metric_type ?? DEFAULT_METRIC_TYPE }
    const { metric_type = given.metric_type, ...indexParams } = { ...given.index_params } as Record<string, unknown>
    const indexes = [{ ...index, ...indexParams, ...(metric_type === undefined ? {} : { metric_type }) }]
    if (isUnfinished) {
      const { index_descriptions } = await this.describeIndex(place)
      if (index_descriptions.length === 0) {
        await this.createIndex(indexes.map((one) => ({ ...one, ...place })) as CreateIndexesReq)
      }
      await this.loadCollection(place).catch(() => {})
      return success()
    }
    return await this.#createWithIndexes({
      collection_name,
      enable_dynamic_field: isDynamic,
      fields: [
        {
          name: given.primary_field_name ?? DEFAULT_PRIMARY_KEY_FIELD,
          data_type: idType,
          is_primary_key: true,
          autoID: given.auto_id ?? false,
          ...(idType === DataType.VarChar ? { max_length: given.max_length ?? 65_535 } : {}),
        },
        { name: vector, data_type: DataType.FloatVector, dim: given.dimension },
      ],
      index_params: indexes,
      ...(given.description === undefined ? {} : { description: given.description }),
      ...(given['properties'] === undefined ? {} : { properties: given['properties'] }),
      ...(given.consistency_level === undefined ? {} : { consistency_level: given.consistency_level }),
      ...(db_name === undefined ? {} : { db_name }),
      ...(timeout === undefined ? {} : { timeout }),
    } as CreateColWithSchemaAndIndexParamsReq)
  }

  /** Whether a process seems to have died before the collection was indexed and loaded: it could never be searched. */
  async #isUnfinished(place: { collection_name: string; db_name?: string }): Promise<boolean> {
    const { state } = await this.getLoadState(place)
    if (String(state) !== 'LoadStateNotLoad') return false
    const { data } = await this.getCollectionStatistics(place)
    return Number(data.row_count) === 0
  }
}

/** A key type given by number, by name, or in pymilvus' words. */
function idTypeOf(given: unknown): DataType {
  if (given === undefined || given === null || given === 'int') return DataType.Int64
  return given === 'string' ? DataType.VarChar : convertToDataType(given as DataType)
}
