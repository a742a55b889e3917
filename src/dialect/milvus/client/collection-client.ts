// Collections and aliases: create, describe, change, drop.

import type { Entry, Store } from '../catalog.ts'
import { newId } from '../catalog.ts'
import { createEntry, dropEntry, rebuildEntry, updateEntry } from '../catalog-changes.ts'
import { hybridTime } from '../clock.ts'
import { describe, undescribed } from '../describe.ts'
import { ConsistencyLevelEnum, DataType } from '../enums.ts'
import { Code, invalid, MilvusError, success, told, unexpected, wrongCall } from '../errors.ts'
import { declarations, expiries } from '../lazy.ts'
import { convertToDataType, isVectorType, requireName } from '../schema.ts'
import type {
  AddCollectionFieldReq,
  AddCollectionFieldsReq,
  AlterAliasReq,
  AlterCollectionFieldPropertiesReq,
  AlterCollectionReq,
  BatchDescribeCollectionReq,
  BatchDescribeCollectionResponse,
  BoolResponse,
  CreateAliasReq,
  CreateCollectionReq,
  collectionNameReq,
  DescribeAliasReq,
  DescribeAliasResponse,
  DescribeCollectionReq,
  DescribeCollectionResponse,
  DropAliasReq,
  DropCollectionFieldReq,
  DropCollectionPropertiesReq,
  DropCollectionReq,
  FieldSchema,
  FieldType,
  HasCollectionReq,
  ListAliasesReq,
  ListAliasesResponse,
  RenameCollectionReq,
  ResStatus,
  resStatusResponse,
  ShowCollectionsReq,
  ShowCollectionsResponse,
} from '../types/index.ts'
import { changedProperties, DatabaseClient } from './database-client.ts'
import { named, requireDescribed } from './requests.ts'

const SHARDS_MAX = 16

export class CollectionClient extends DatabaseClient {
  /** The schema form, without indexes; MilvusClient does the rest of createCollection. */
  createFromSchema(data: CreateCollectionReq): Promise<ResStatus> {
    return this.run(data, (store, db) =>
      store.change(async () => {
        if (!data?.collection_name) throw wrongCall('CREATE_COLLECTION_CHECK_PARAMS')
        const { requireProperties, schemaOf, withStoredDefaults } = await declarations()
        const spec = schemaOf(data as unknown as Record<string, unknown>)
        const name = data.collection_name
        requireName(name, 'collection')
        store.requireDatabase(db)
        requireFreeName(store, db, name, `create duplicate collection with different parameters, collection: ${name}`)
        const { timezone, 'database.max.collections': most } = store.databases.get(db)!.properties
        if (Number(most) > 0 && store.list(db).length >= Number(most)) {
          const reason = `exceeded the limit number of collections[dbName=${db}][limit=${most}]`
          throw new MilvusError(Code.CollectionNumber, reason)
        }
        const properties = changedProperties(timezone === undefined ? {} : { timezone }, data.properties)
        requireProperties(spec.fields, properties)
        const shards = data.shards_num ?? 1
        if (shards > SHARDS_MAX) throw invalid(`maximum shards's number should be limited to ${SHARDS_MAX}`)
        const number = String(newId())
        const now = Date.now()
        const partitions = spec.keyedPartitions
          ? Array.from({ length: spec.keyedPartitions }, (_, i) => `_default_${i}`)
          : ['_default']
        await createEntry(store, {
          id: `collection/${number}`,
          kind: 'collection',
          db,
          name,
          number,
          fields: await withStoredDefaults(spec.fields),
          functions: spec.functions,
          isDynamic: !!(data.enableDynamicField || data.enable_dynamic_field),
          description: data.description ?? '',
          consistency: levelOf(data.consistency_level),
          shards,
          keyed: spec.keyedPartitions,
          partitions: partitions.map((one) => ({ name: one, id: String(newId()), created: now })),
          properties,
          aliases: [],
          indexes: [],
          loaded: 'none',
          created: now,
          updated: now,
        })
        return success()
      }),
    )
  }

  async hasCollection(data: HasCollectionReq): Promise<BoolResponse> {
    return this.run<BoolResponse>(
      named(data),
      (store, db) => {
        store.requireDatabase(db)
        return { status: success(), value: store.find(db, data.collection_name) !== undefined }
      },
      (status) => ({ status, value: false }),
    )
  }

  async describeCollection(data: DescribeCollectionReq): Promise<DescribeCollectionResponse> {
    return this.run(
      named(data),
      (store, db) => {
        store.requireDatabase(db)
        const entry = store.find(db, data.collection_name)
        if (entry === undefined) throw notDescribed(db, data.collection_name)
        if (data.cache !== true) return describe(entry)
        entry.description ??= describe(entry)
        return entry.description as DescribeCollectionResponse
      },
      undescribed,
    )
  }

  async batchDescribeCollections(data: BatchDescribeCollectionReq): Promise<BatchDescribeCollectionResponse> {
    return this.run<BatchDescribeCollectionResponse>(
      data,
      (store, db) => {
        if (!Array.isArray(data?.collection_names) || data.collection_names.length === 0) {
          throw invalid('collection_names of batchDescribeCollections are missing or empty')
        }
        const responses = data.collection_names.map((name) => {
          const entry = store.find(db, name)
          return entry === undefined ? undescribed(notDescribed(db, name).status) : describe(entry)
        })
        return { status: success(), responses }
      },
      (status) => ({ status, responses: [] }),
    )
  }

  async showCollections(data?: ShowCollectionsReq): Promise<ShowCollectionsResponse> {
    return this.run<ShowCollectionsResponse>(
      data,
      (store, db) => {
        const wanted = data?.collection_names?.length ? new Set(data.collection_names) : undefined
        const entries = store
          .list(db)
          .filter((entry) => !(Number(data?.type) === 1) || entry.record.loaded !== 'none')
          .filter((entry) => wanted === undefined || wanted.has(entry.name))
        const rows = entries.map(({ record }) => ({
          name: record.name,
          id: record.number,
          timestamp: String(record.created),
          loadedPercentage: '100',
        }))
        return {
          status: success(),
          data: rows,
          collection_names: rows.map((row) => row.name),
          collection_ids: rows.map((row) => row.id),
          created_timestamps: entries.map((entry) => hybridTime(entry.record.created)),
          created_utc_timestamps: rows.map((row) => row.timestamp),
          inMemory_percentages: rows.map(() => '100'),
        }
      },
      (status) => ({ status, data: [], created_timestamps: [], created_utc_timestamps: [] }),
    )
  }

  async listCollections(data?: ShowCollectionsReq): Promise<ShowCollectionsResponse> {
    return this.showCollections(data)
  }

  async list_collections(data?: ShowCollectionsReq): Promise<ShowCollectionsResponse> {
    return this.showCollections(data)
  }

  /** Takes only the collection's own name, no alias. Drops its aliases as well. */
  async dropCollection(data: DropCollectionReq): Promise<ResStatus> {
    return this.runStatus(named(data), (store, db) =>
      store.change(async () => {
        store.requireDatabase(db)
        const entry = store.find(db, data.collection_name)
        if (entry === undefined) return
        if (entry.name !== data.collection_name) {
          throw unexpected(`cannot drop the collection via alias = ${data.collection_name}`)
        }
        await dropEntry(store, entry)
      }),
    )
  }

  async drop_collection(data: DropCollectionReq): Promise<ResStatus> {
    return this.dropCollection(data)
  }

  /** Removes all rows; schema, indexes and partitions stay. */
  async truncateCollection(data: collectionNameReq): Promise<resStatusResponse> {
    return this.withEntry<resStatusResponse>(
      named(data),
      async (entry, store) => {
        await store.change(() => rebuildEntry(store, entry, {}, true))
        return { status: success() }
      },
      (status) => ({ status }),
    )
  }

  async renameCollection(data: RenameCollectionReq): Promise<ResStatus> {
    return this.runStatus(named(data), (store, db) =>
      store.change(async () => {
        const { new_collection_name: name, new_db_name } = data
        const entry = store.entry(db, data.collection_name)
        requireName(name, 'collection')
        const target = new_db_name || db
        store.requireDatabase(target)
        requireFreeName(
          store,
          target,
          name,
          `duplicated new collection name ${target}:${name} with other collection name or alias`,
        )
        if (target !== db && entry.record.aliases.length > 0) {
          throw unexpected(`fail to rename db name, must drop all aliases of this collection before rename`)
        }
        await updateEntry(store, entry, { name, db: target })
      }),
    )
  }

  async alterCollectionProperties(data: AlterCollectionReq): Promise<ResStatus> {
    return this.#changeProperties(data, data?.properties, data?.delete_keys)
  }

  async alterCollection(data: AlterCollectionReq): Promise<ResStatus> {
    return this.alterCollectionProperties(data)
  }

  async dropCollectionProperties(data: DropCollectionPropertiesReq): Promise<ResStatus> {
    return this.#changeProperties(data, undefined, data?.properties)
  }

  #changeProperties(
    data: collectionNameReq,
    set: AlterCollectionReq['properties'] | undefined,
    removed: readonly string[] | undefined,
  ): Promise<ResStatus> {
    return this.runStatus(named(data), (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, data.collection_name)
        const { fields, properties: own } = entry.record
        const properties = changedProperties(own, set, removed)
        const { isDynamicAfter, requireProperties } = await declarations()
        requireProperties(fields, properties)
        // Rows that have expired under the old rule stay gone.
        if (entry.expires) await (await expiries()).sweep(entry)
        const isOn = (of: Readonly<Record<string, string>>) => Number(of['collection.ttl.seconds']) > 0
        const isNew = isOn(properties) && !isOn(own)
        await updateEntry(store, entry, {
          properties,
          isDynamic: isDynamicAfter(entry.record.isDynamic, set),
          ...(isNew ? { ttlSince: Date.now() } : {}),
        })
      }),
    )
  }

  async alterCollectionFieldProperties(data: AlterCollectionFieldPropertiesReq): Promise<ResStatus> {
    const { alteredParams } = await declarations()
    return this.#changeRecord(data, (entry) => {
      const field = entry.schema.byName.get(data.field_name)
      if (field === undefined) throw fieldNotFound(data.field_name)
      const params = alteredParams(field, changedProperties(field.params, data.properties))
      return { fields: entry.record.fields.map((one) => (one === field ? { ...field, params } : one)) }
    })
  }

  async #changeRecord(data: collectionNameReq, change: (entry: Entry) => Partial<Entry['record']>): Promise<ResStatus> {
    return this.runStatus(named(data), (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, data.collection_name)
        await updateEntry(store, entry, change(entry))
      }),
    )
  }

  /** Adds a nullable field; in existing rows it reads as its default, or null. */
  async addCollectionField(data: AddCollectionFieldReq): Promise<ResStatus> {
    return this.addCollectionFields({ ...named(data), fields: [data.field] })
  }

  async addCollectionFields(data: AddCollectionFieldsReq): Promise<ResStatus> {
    const fields: unknown = named(data).fields
    if (!Array.isArray(fields) || fields.some((field) => typeof field !== 'object' || field === null)) {
      throw invalid('what is added is a field: { name, data_type, nullable: true }')
    }
    for (const field of data.fields) requireAddable(field)
    return this.runStatus(named(data), (store, db) =>
      store.change(async () => {
        const entry = store.entry(db, data.collection_name)
        const { checkFields, fieldOf, forget, withStoredDefaults } = await declarations()
        const { record } = entry
        let next = Math.max(...record.fields.map((field) => field.id + (field.fields?.length ?? 0))) + 1
        const added = data.fields.map((declared: FieldType) => {
          if (declared.nullable !== true) {
            throw invalid(`added field must be nullable, please check it, field name = ${declared.name}`)
          }
          if (declared.is_primary_key || declared.is_partition_key || declared.is_clustering_key) {
            throw invalid(`a key cannot be added to a collection: field ${declared.name}`)
          }
          const field = { ...fieldOf(declared, next), isAdded: true }
          next += 1 + (field.fields?.length ?? 0)
          return field
        })
        const fields = [...record.fields, ...(await withStoredDefaults(added))]
        checkFields(fields)
        await forget(
          entry.rows,
          added.map((field) => field.name),
        )
        // The engine must know vector fields when it creates a collection.
        if (added.some((field) => isVectorType(field.type))) await rebuildEntry(store, entry, { fields })
        else await updateEntry(store, entry, { fields })
      }),
    )
  }

  async dropCollectionField(data: DropCollectionFieldReq): Promise<ResStatus> {
    const { field_name: name, field_id: id } = named(data)
    if ((typeof name === 'string' && name !== '') === (id !== undefined && /^[1-9]\d*$/.test(String(id)))) {
      throw wrongCall('DROP_COLLECTION_FIELD_IDENTIFIER_IS_REQUIRED')
    }
    return this.#changeRecord(data, (entry) => {
      const { record, schema } = entry
      const field = record.fields.find((one) => one.name === name || String(one.id) === String(id))
      if (field === undefined) throw fieldNotFound(String(name ?? id))
      const isNeeded =
        field.isPrimary ||
        field.isPartitionKey ||
        field.name === record.properties['ttl_field'] ||
        (isVectorType(field.type) && schema.vectors.length === 1) ||
        record.functions.some((one) => one.inputs.includes(field.name) || one.outputs.includes(field.name))
      if (isNeeded) throw invalid(`field ${field.name} cannot be dropped: the collection needs it`)
      return {
        fields: record.fields.filter((one) => one !== field),
        indexes: record.indexes.filter((index) => index.field !== field.name),
      }
    })
  }

  async createAlias(data: CreateAliasReq): Promise<ResStatus> {
    return this.runStatus(aliased(data), (store, db) =>
      store.change(async () => {
        const { alias } = data
        const entry = store.entry(db, data.collection_name)
        requireName(alias, 'alias')
        const owner = store.find(db, alias)
        if (owner?.name === alias) throw aliasIsName(db, alias)
        if (owner === entry) return
        if (owner !== undefined) {
          throw new MilvusError(
            Code.AliasExists,
            `${alias} is alias to another collection: ${owner.name}: alias already exist[database=${db}][alias=${alias}]`,
          )
        }
        await updateEntry(store, entry, { aliases: [...entry.record.aliases, alias] })
      }),
    )
  }

  /** Points an existing alias at another collection. */
  async alterAlias(data: AlterAliasReq): Promise<ResStatus> {
    return this.runStatus(aliased(data), (store, db) =>
      store.change(async () => {
        const { alias } = data
        const entry = store.entry(db, data.collection_name)
        const owner = store.find(db, alias)
        if (owner?.name === alias) throw aliasIsName(db, alias)
        if (owner === undefined) throw aliasNotFound(db, alias)
        if (owner === entry) return
        await updateEntry(store, owner, { aliases: owner.record.aliases.filter((one) => one !== alias) })
        await updateEntry(store, entry, { aliases: [...entry.record.aliases, alias] })
      }),
    )
  }

  async dropAlias(data: DropAliasReq & { db_name?: string; collection_name?: string }): Promise<ResStatus> {
    if (!data?.alias) throw wrongCall('ALIAS_NAME_IS_REQUIRED')
    return await this.runStatus(data, (store, db) =>
      store.change(async () => {
        store.requireDatabase(db)
        const owner = store.find(db, data.alias)
        if (owner === undefined || owner.name === data.alias) return
        await updateEntry(store, owner, { aliases: owner.record.aliases.filter((one) => one !== data.alias) })
      }),
    )
  }

  async describeAlias(given: DescribeAliasReq): Promise<DescribeAliasResponse> {
    const data = aliased(given)
    const answer = (status: ResStatus, db = '', collection = '') => ({
      status,
      db_name: db,
      alias: data.alias,
      collection,
    })
    return this.run(
      data,
      (store, db) => {
        store.requireDatabase(db)
        const owner = store.find(db, data.alias)
        if (owner === undefined || owner.name === data.alias) throw aliasNotFound(db, data.alias)
        return answer(success(), db, owner.name)
      },
      (status) => answer(status),
    )
  }

  async listAliases(data: ListAliasesReq): Promise<ListAliasesResponse> {
    return this.withEntry<ListAliasesResponse>(
      named(data),
      (entry, _store, db) => ({
        status: success(),
        db_name: db,
        collection_name: entry.name,
        aliases: [...entry.record.aliases],
      }),
      (status) => ({ status, db_name: '', collection_name: data.collection_name, aliases: [] }),
    )
  }

  /** The description of the primary key. */
  async getPkField(data: DescribeCollectionReq): Promise<FieldSchema> {
    const description = await this.describeCollection(data)
    requireDescribed(description)
    return description.schema.fields.find((field) => field.is_primary_key)!
  }

  async getPkFieldName(data: DescribeCollectionReq, description?: DescribeCollectionResponse): Promise<string> {
    return (await this.#primary(data, description)).name
  }

  async getPkFieldType(data: DescribeCollectionReq, description?: DescribeCollectionResponse): Promise<string> {
    return (await this.#primary(data, description)).data_type
  }

  async #primary(data: DescribeCollectionReq, description?: DescribeCollectionResponse): Promise<FieldSchema> {
    return description?.schema.fields.find((field) => field.is_primary_key) ?? (await this.getPkField(data))
  }
}

/** What the SDK checks before it asks a server. */
function requireAddable({ data_type, element_type, nullable }: FieldType): void {
  const type = convertToDataType(data_type)
  const element = element_type === undefined ? DataType.None : convertToDataType(element_type)
  if (nullable === true) return
  if (isVectorType(type)) throw wrongCall('ADD_COLLECTION_FIELD_VECTOR_NULLABLE_REQUIRED')
  if (type === DataType.Array && element === DataType.Struct) {
    throw wrongCall('ADD_COLLECTION_STRUCT_FIELD_NULLABLE_REQUIRED')
  }
}

function aliased<T extends { collection_name?: string; alias?: string }>(data: T): T {
  if (!named(data).alias) throw wrongCall('ALIAS_NAME_IS_REQUIRED')
  return data
}

function levelOf(level: unknown): string {
  const name = typeof level === 'number' ? ConsistencyLevelEnum[level] : level
  return typeof name === 'string' && Number.isNaN(Number(name)) && name in ConsistencyLevelEnum ? name : 'Bounded'
}

function notDescribed(db: string, name: string): MilvusError {
  return new MilvusError(Code.CollectionNotFound, `can't find collection[database=${db}][collection=${name}]`, {
    name: 'UnexpectedError',
  })
}

function requireFreeName(store: Store, db: string, name: string, reason: string): void {
  const owner = store.find(db, name)
  if (owner === undefined) return
  throw owner.name === name ? unexpected(reason) : aliasIsName(db, name)
}

function fieldNotFound(name: string): MilvusError {
  return new MilvusError(Code.FieldNotFound, `field not found[field=${told(name)}]`)
}

function aliasNotFound(db: string, alias: string): MilvusError {
  return new MilvusError(Code.AliasNotFound, `alias not found[database=${db}][alias=${alias}]`)
}

function aliasIsName(db: string, alias: string): MilvusError {
  return new MilvusError(Code.AliasConflict, `alias and collection name conflict[database=${db}][alias=${alias}]`)
}
