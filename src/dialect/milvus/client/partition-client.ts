// Partitions, and which of them are loaded. Loading moves no memory: it is a state that queries require, as on a
// server.

import { ConflictError } from '../../../error/index.ts'
import type { Entry } from '../catalog.ts'
import { newId } from '../catalog.ts'
import { updateEntry } from '../catalog-changes.ts'
import { hybridTime } from '../clock.ts'
import { DEFAULT_DYNAMIC_FIELD, type LoadState } from '../enums.ts'
import { Code, invalid, MilvusError, shown, success, told, unexpected, wrongCall } from '../errors.ts'
import { loadedPartitions, notLoaded, partitionOf } from '../load-state.ts'
import { filterOfRequest } from '../read.ts'
import { type Field, isVectorType, requireName } from '../schema.ts'
import type {
  BoolResponse,
  CreatePartitionReq,
  collectionNameReq,
  DropPartitionReq,
  GetCollectionStatisticsReq,
  GetLoadingProgressReq,
  GetLoadingProgressResponse,
  GetLoadStateReq,
  GetLoadStateResponse,
  GetPartitionStatisticsReq,
  HasPartitionReq,
  LoadCollectionReq,
  LoadPartitionsReq,
  ReleaseLoadCollectionReq,
  ReleasePartitionsReq,
  ResStatus,
  ShowPartitionsReq,
  ShowPartitionsResponse,
  StatisticsResponse,
} from '../types/index.ts'
import { IndexClient } from './index-client.ts'
import { named } from './requests.ts'

const PARTITIONS_MAX = 1024

export class PartitionClient extends IndexClient {
  // --- load states

  /** Throws if the collection cannot be loaded: a vector field has no index. */
  async loadCollection(data: LoadCollectionReq): Promise<ResStatus> {
    const status = await this.loadCollectionAsync(data)
    if (status.error_code === 'Success') return status
    throw new MilvusError(Number(status.code), `ErrorCode: ${status.error_code}. Reason: ${status.reason}`, {
      name: String(status.error_code),
      isThrown: true,
    })
  }

  loadCollectionSync(data: LoadCollectionReq): Promise<ResStatus> {
    return this.loadCollection(data)
  }

  async loadCollectionAsync(data: LoadCollectionReq): Promise<ResStatus> {
    return await this.#setLoaded(named(data), (entry) => {
      requireLoadFields(entry, data.load_fields)
      return 'all'
    })
  }

  refreshLoad(data: LoadCollectionReq): Promise<ResStatus> {
    return this.loadCollectionAsync(data)
  }

  async releaseCollection(data: ReleaseLoadCollectionReq): Promise<ResStatus> {
    return await this.#setLoaded(named(data), () => 'none')
  }

  async loadPartitions(data: LoadPartitionsReq): Promise<ResStatus> {
    const names = partitionNames(named(data))
    return await this.#setLoaded(data, (entry, own) => {
      for (const name of names) partitionOf(entry, name)
      return [...new Set([...own, ...names])]
    })
  }

  async loadPartitionsSync(data: LoadPartitionsReq): Promise<ResStatus> {
    const status = await this.loadPartitions(data)
    if (status.error_code !== 'Success') {
      throw new MilvusError(Number(status.code), `ErrorCode: ${status.error_code}. Reason: ${status.reason}`)
    }
    return status
  }

  async releasePartitions(data: ReleasePartitionsReq): Promise<ResStatus> {
    const names = partitionNames(named(data))
    return await this.#setLoaded(data, (entry, own) => {
      for (const name of names) partitionOf(entry, name)
      return own.filter((name) => !names.includes(name))
    })
  }

  #setLoaded(
    data: collectionNameReq,
    change: (entry: Entry, own: readonly string[]) => 'all' | 'none' | string[],
  ): Promise<ResStatus> {
    return this.runStatus(data, (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, data.collection_name)
        const all = entry.record.partitions.map((one) => one.name)
        const names = change(entry, loadedPartitions(entry))
        const isAll = names === 'all' || (names.length === all.length && names !== 'none')
        const loaded = isAll ? 'all' : names === 'none' || names.length === 0 ? 'none' : names
        if (loaded !== 'none') requireVectorIndexes(entry)
        if (JSON.stringify(loaded) !== JSON.stringify(entry.record.loaded)) await updateEntry(store, entry, { loaded })
      }),
    )
  }

  async getLoadState(data: GetLoadStateReq): Promise<GetLoadStateResponse> {
    const answer = (status: ResStatus, state: string) => ({ status, state: state as LoadState })
    return await this.run(
      named(data),
      (store, db) => {
        const entry = store.find(db, data.collection_name)
        if (entry === undefined) return answer(success(), 'LoadStateNotExist')
        const loaded = loadedPartitions(entry)
        const wanted = data.partition_names ?? []
        for (const name of wanted) partitionOf(entry, name)
        const isLoaded = wanted.length === 0 ? loaded.length > 0 : wanted.every((name) => loaded.includes(name))
        return answer(success(), isLoaded ? 'LoadStateLoaded' : 'LoadStateNotLoad')
      },
      (status) => answer(status, 'LoadStateNotExist'),
    )
  }

  async getLoadingProgress(
    data: GetLoadingProgressReq,
  ): Promise<GetLoadingProgressResponse & { refresh_progress: string }> {
    return await this.withEntry(
      named(data),
      (entry) => {
        const loaded = loadedPartitions(entry)
        for (const name of data.partition_names ?? []) partitionOf(entry, name)
        if (loaded.length === 0) throw notLoaded(entry)
        return { status: success(), progress: '100', refresh_progress: '0' }
      },
      (status) => ({ status, progress: '0', refresh_progress: '0' }),
    )
  }

  // --- partitions

  async createPartition(data: CreatePartitionReq): Promise<ResStatus> {
    return await this.runStatus(withPartition(data), (store, db) =>
      store.change(async () => {
        const { partition_name: name } = data
        const entry = store.entry(db, data.collection_name)
        requireName(name, 'partition')
        requireUnkeyed(entry)
        const { partitions, loaded } = entry.record
        if (partitions.some((one) => one.name === name)) return
        if (partitions.length >= PARTITIONS_MAX) {
          throw unexpected(`partition number (${partitions.length}) exceeds max configuration (${PARTITIONS_MAX})`)
        }
        await entry.rows.createPartition(name).catch((error: unknown) => {
          // A process created it and died before it saved the record.
          if (!(error instanceof ConflictError)) throw error
        })
        const next = [...partitions, { name, id: String(newId()), created: Date.now() }]
        await updateEntry(store, entry, { partitions: next, loaded })
      }),
    )
  }

  async hasPartition(data: HasPartitionReq): Promise<BoolResponse> {
    return await this.withEntry<BoolResponse>(
      withPartition(data),
      (entry) => ({
        status: success(),
        value: entry.record.partitions.some((one) => one.name === data.partition_name),
      }),
      (status) => ({ status, value: false }),
    )
  }

  async dropPartition(data: DropPartitionReq): Promise<ResStatus> {
    return await this.runStatus(withPartition(data), (store, db) =>
      store.change(async () => {
        const { partition_name: name } = data
        const entry = store.entry(db, data.collection_name)
        if (name === '_default') throw invalid('default partition cannot be deleted')
        requireUnkeyed(entry)
        const { partitions, loaded } = entry.record
        if (!partitions.some((one) => one.name === name)) return
        if (loadedPartitions(entry).includes(name)) {
          throw unexpected('partition cannot be dropped, partition is loaded, please release it first')
        }
        // Rows first: if the record went first, they would be found in the collection but in no partition.
        await entry.rows.dropPartition(name)
        await updateEntry(store, entry, {
          partitions: partitions.filter((one) => one.name !== name),
          loaded: Array.isArray(loaded) ? loaded.filter((one) => one !== name) : loaded,
        })
      }),
    )
  }

  async listPartitions(data: ShowPartitionsReq): Promise<ShowPartitionsResponse> {
    return await this.withEntry<ShowPartitionsResponse>(
      named(data),
      (entry) => {
        const loaded = loadedPartitions(entry)
        const chosen = entry.record.partitions.filter((one) => Number(data.type) !== 1 || loaded.includes(one.name))
        const times = chosen.map((one) => String(one.created))
        const percentages = chosen.map((one) => (loaded.includes(one.name) ? '100' : '0'))
        return {
          status: success(),
          partition_names: chosen.map((one) => one.name),
          partitionIDs: chosen.map((one) => one.id) as unknown as number[],
          created_timestamps: chosen.map((one) => hybridTime(one.created)),
          created_utc_timestamps: times,
          inMemory_percentages: percentages,
          data: chosen.map((one, i) => ({
            name: one.name,
            id: one.id,
            timestamp: times[i]!,
            loadedPercentage: percentages[i]!,
          })),
        }
      },
      (status) => ({
        status,
        partition_names: [],
        partitionIDs: [],
        created_timestamps: [],
        created_utc_timestamps: [],
        inMemory_percentages: [],
        data: [],
      }),
    )
  }

  showPartitions(data: ShowPartitionsReq): Promise<ShowPartitionsResponse> {
    return this.listPartitions(data)
  }

  // --- statistics

  async getCollectionStatistics(data: GetCollectionStatisticsReq): Promise<StatisticsResponse> {
    return await this.withEntry<StatisticsResponse>(
      named(data),
      async (entry) => statistics(success(), await entry.rows.count(await filterOfRequest(entry, {}))),
      (status) => statistics(status),
    )
  }

  getCollectionStats(data: GetCollectionStatisticsReq): Promise<StatisticsResponse> {
    return this.getCollectionStatistics(data)
  }

  async getPartitionStatistics(data: GetPartitionStatisticsReq): Promise<StatisticsResponse> {
    return await this.withEntry<StatisticsResponse>(
      withPartition(data),
      async (entry) => statistics(success(), await countPartition(entry, data.partition_name)),
      (status) => statistics(status),
    )
  }

  getPartitionStats(data: GetPartitionStatisticsReq): Promise<StatisticsResponse> {
    return this.getPartitionStatistics(data)
  }
}

function statistics(status: ResStatus, count?: number): StatisticsResponse {
  const stats = count === undefined ? [] : [{ key: 'row_count', value: String(count) }]
  return { status, stats, data: Object.fromEntries(stats.map(({ key, value }) => [key, value])) }
}

function requireVectorIndexes(entry: Entry): void {
  const lacking = entry.schema.vectors.filter(({ name }) => !entry.record.indexes.some((index) => index.field === name))
  if (lacking.length === 0) return
  const names = lacking.map((field) => field.name).join(' ')
  throw unexpected(`there is no vector index on field: [${names}], please create index firstly`)
}

/** Fields to load are checked as a server does; whatever is named, all fields can be read. */
function requireLoadFields({ schema }: Entry, given: unknown): void {
  if (given === undefined || given === null) return
  if (!Array.isArray(given)) throw invalid(`load_fields is a list of field names, got ${shown(given)}`)
  if (given.length === 0) return
  for (const name of given) {
    if (schema.byName.has(name) || (schema.isDynamic && name === DEFAULT_DYNAMIC_FIELD)) continue
    throw new MilvusError(Code.FieldNotFound, `field not found[field=${told(name)}]`)
  }
  const list = `load field list [${given.join(' ')}] does not contain`
  const keys = [schema.primary, schema.partitionKey, ...schema.fields.filter((field) => field.isClusteringKey)]
  for (const key of keys) if (key && !given.includes(key.name)) throw invalid(`${list} the key field ${key.name}`)
  const isSearched = ({ name, type, fields = [] }: Field) =>
    given.includes(name) && [type, ...fields.map((part) => part.type)].some(isVectorType)
  if (!schema.fields.some(isSearched)) throw invalid(`${list} a vector field`)
}

function requireUnkeyed(entry: Entry): void {
  if (entry.record.keyed > 0) throw unexpected('disable partition operation if partition key mode is used')
}

function withPartition<T extends { collection_name?: string; partition_name?: string }>(data: T): T {
  if (!data?.collection_name || !data.partition_name) throw wrongCall('COLLECTION_PARTITION_NAME_ARE_REQUIRED')
  return data
}

function partitionNames(data: { partition_names?: readonly string[] }): readonly string[] {
  if (Array.isArray(data.partition_names) && data.partition_names.length > 0) return data.partition_names
  throw wrongCall('PARTITION_NAMES_IS_REQUIRED')
}

/** The partition that a value of the partition key goes to. */
function routeOf(value: unknown, partitions: number): number {
  let hash = 2166136261
  for (const unit of String(value)) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619)
  return (hash >>> 0) % partitions
}

async function countPartition(entry: Entry, name: string): Promise<number> {
  partitionOf(entry, name)
  const { keyed, partitions } = entry.record
  const filter = await filterOfRequest(entry, {})
  if (keyed === 0) return await entry.rows.find({ partitions: [name], filter }).count()
  const wanted = partitions.findIndex((one) => one.name === name)
  const key = entry.schema.partitionKey!.name
  let count = 0
  for await (const row of entry.rows.find({ select: [key], filter })) if (routeOf(row[key], keyed) === wanted) count++
  return count
}
