// Milvus databases: namespaces for collections.

import { type DatabaseRecord, databaseKey, newId, type Store } from '../catalog.ts'
import { removeDatabase, saveDatabase } from '../catalog-changes.ts'
import { hybridTime } from '../clock.ts'
import { pairs } from '../describe.ts'
import { DEFAULT_DB } from '../enums.ts'
import { invalid, shown, success, unexpected } from '../errors.ts'
import { requireName } from '../schema.ts'
import type {
  AlterDatabaseRequest,
  CreateDatabaseRequest,
  DescribeDatabaseRequest,
  DescribeDatabaseResponse,
  DropDatabasePropertiesRequest,
  DropDatabasesRequest,
  ListDatabasesRequest,
  ListDatabasesResponse,
  Properties,
  ResStatus,
} from '../types/index.ts'
import { requireZone } from '../zone.ts'
import { Caller } from './caller.ts'

const DATABASES_MAX = 64

/** Properties with some set and some removed; all values are strings. */
export function changedProperties(
  own: Readonly<Record<string, string>>,
  set: Properties | undefined,
  removed: readonly string[] = [],
): Record<string, string> {
  const next = { ...own }
  if (removed !== null && !Array.isArray(removed))
    throw invalid(`properties go by a list of their names, got ${shown(removed)}`)
  for (const [key, value] of Object.entries(set ?? {})) next[key] = String(value)
  for (const key of removed ?? []) delete next[key]
  if (set?.['timezone'] !== undefined) requireZone(set['timezone'])
  return next
}

export class DatabaseClient extends Caller {
  createDatabase(data: CreateDatabaseRequest): Promise<ResStatus> {
    return this.runStatus({ timeout: data?.timeout }, (store) =>
      store.change(async () => {
        const name = data?.db_name
        requireName(name, 'database')
        if (store.databases.has(name)) throw unexpected(`database already exist: ${name}`)
        if (store.databases.size >= DATABASES_MAX) {
          throw unexpected(`database number (${DATABASES_MAX}) exceeds max configuration (${DATABASES_MAX})`)
        }
        await saveDatabase(store, {
          id: databaseKey(name),
          kind: 'database',
          name,
          number: String(newId()),
          properties: changedProperties({}, data.properties),
          created: Date.now(),
        })
      }),
    )
  }

  listDatabases(data?: ListDatabasesRequest): Promise<ListDatabasesResponse> {
    return this.run(
      { timeout: data?.timeout },
      (store) => {
        const all = [...store.databases.values()]
        return {
          status: success(),
          db_names: all.map((one) => one.name),
          db_ids: all.map((one) => one.number),
          created_timestamp: all.map((one) => hybridTime(one.created)),
        }
      },
      (status) => ({ status, db_names: [], db_ids: [], created_timestamp: [] }),
    )
  }

  describeDatabase(data: DescribeDatabaseRequest): Promise<DescribeDatabaseResponse> {
    const answer = (status: ResStatus, record?: DatabaseRecord) =>
      ({
        status,
        db_name: record?.name ?? '',
        dbID: record?.number ?? '0',
        created_timestamp: record === undefined ? '0' : hybridTime(record.created),
        properties: pairs(record?.properties ?? {}),
      }) as unknown as DescribeDatabaseResponse
    return this.run(
      data,
      (store) => {
        store.requireDatabase(data?.db_name)
        return answer(success(), store.databases.get(data.db_name))
      },
      (status) => answer(status),
    )
  }

  dropDatabase(data: DropDatabasesRequest): Promise<ResStatus> {
    return this.runStatus({ timeout: data?.timeout }, (store) =>
      store.change(async () => {
        const name = data?.db_name
        requireName(name, 'database')
        if (name === DEFAULT_DB) throw unexpected('can not drop default database')
        if (!store.databases.has(name)) return
        if (store.list(name).length > 0) {
          throw unexpected(`database:${name} not empty, must drop all collections before drop database`)
        }
        await removeDatabase(store, name)
      }),
    )
  }

  alterDatabase(data: AlterDatabaseRequest): Promise<ResStatus> {
    return this.runStatus({ timeout: data?.timeout }, (store) =>
      changeDatabase(store, data?.db_name, data?.properties, data?.delete_keys),
    )
  }

  alterDatabaseProperties(data: AlterDatabaseRequest): Promise<ResStatus> {
    return this.alterDatabase(data)
  }

  dropDatabaseProperties(data: DropDatabasePropertiesRequest): Promise<ResStatus> {
    return this.runStatus({ timeout: data?.timeout }, (store) =>
      changeDatabase(store, data?.db_name, undefined, data?.properties),
    )
  }
}

function changeDatabase(
  store: Store,
  name: string,
  set: Properties | undefined,
  removed: readonly string[] | undefined,
): Promise<void> {
  return store.change(async () => {
    store.requireDatabase(name)
    const record = store.databases.get(name)!
    await saveDatabase(store, { ...record, properties: changedProperties(record.properties, set, removed) })
  })
}
