// The database `rethinkdb`, whose tables are computed from the current state. The tables of databases and tables can
// also be written; whatever only a cluster has is absent.

import { type Datum, equal, type Fields, isObject, Time } from './datum.ts'
import { failOperation } from './errors.ts'
import { type Listener, type RowChange, SERVER_NAME, type Store, type Table } from './store.ts'
import type { Virtual } from './values.ts'

function tableConfig(table: Table): Fields {
  const { info } = table
  return {
    id: info.id,
    name: info.name,
    db: info.db,
    primary_key: info.primaryKey,
    durability: info.durability,
    indexes: info.indexes.map(({ name }) => name).sort(),
    shards: [{ primary_replica: SERVER_NAME, replicas: [SERVER_NAME], nonvoting_replicas: [] }],
    write_acks: 'majority',
    write_hook: info.hook === null ? null : { function: null, query: info.hook.query },
    flush_interval: 'default',
    data: {},
  }
}

/** The visible fields of a configuration. */
export function shownConfig(table: Table): Fields {
  const { flush_interval: _interval, data: _data, ...shown } = tableConfig(table)
  return shown
}

/**
 * The server that these answers imitate. Programs read the version at the start, and refuse servers that are too old.
 */
const SERVER_VERSION = 'rethinkdb 2.4.4 (quiverdb)'

/** When this module was loaded, which is as good as any time before the first query. */
const STARTED = new Time(Date.now() / 1000, '+00:00')

export function tableStatus(table: Table): Fields {
  const { info } = table
  return {
    id: info.id,
    name: info.name,
    db: info.db,
    status: { all_replicas_ready: true, ready_for_outdated_reads: true, ready_for_reads: true, ready_for_writes: true },
    shards: [{ primary_replicas: [SERVER_NAME], replicas: [{ server: SERVER_NAME, state: 'ready' }] }],
    raft_leader: SERVER_NAME,
  }
}

function allTables(store: Store): Table[] {
  return store.databases().flatMap(({ name }) => store.tables(name))
}

const ROWS: Readonly<Record<string, (store: Store) => Fields[]>> = {
  cluster_config: () => [
    { id: 'auth', auth_key: null },
    { id: 'heartbeat', heartbeat_timeout_secs: 10 },
  ],
  current_issues: () => [],
  db_config: (store) => store.databases().map(({ id, name }) => ({ id, name })),
  jobs: () => [],
  logs: () => [],
  permissions: () => [],
  server_config: (store) => [{ id: store.id, name: SERVER_NAME, tags: ['default'], cache_size_mb: 'auto' }],
  server_status: (store) => [
    {
      id: store.id,
      name: SERVER_NAME,
      network: {
        canonical_addresses: [],
        connected_to: {},
        hostname: 'localhost',
        http_admin_port: '<no http admin>',
        time_connected: STARTED,
      },
      process: { argv: [], time_started: STARTED, version: SERVER_VERSION },
    },
  ],
  stats: () => [],
  table_config: (store) => allTables(store).map(shownConfig),
  table_status: (store) => allTables(store).map(tableStatus),
  users: () => [{ id: 'admin', password: false }],
}

export const SYSTEM_TABLES = Object.keys(ROWS)

/** Replaces names by ids, or ids by names, in rows about tables. */
function renamed(row: Fields, database: (name: Datum) => Datum, server: (name: Datum) => Datum): Fields {
  const one = (value: Datum): Datum => {
    if (Array.isArray(value)) return value.map(one)
    return isObject(value) ? { ...value, server: server(value.server) } : server(value)
  }
  const shards = Array.isArray(row.shards)
    ? row.shards.map((shard) => Object.fromEntries(Object.entries(shard as Fields).map(([k, v]) => [k, one(v)])))
    : row.shards
  return { ...row, db: database(row.db), shards }
}

function byIds(store: Store, row: Fields): Fields {
  if (row.db === undefined) return row
  const database = (name: Datum) => store.databases().find((one) => one.name === name)?.id ?? name
  return renamed(row, database, (name) => (name === SERVER_NAME ? store.id : name))
}

/** A written row that has ids, as one with names. */
export function named(store: Store, row: Datum): Datum {
  if (!isObject(row) || (row as Fields).db === undefined) return row
  const database = (id: Datum) => store.databases().find((one) => one.id === id)?.name ?? id
  return renamed(row as Fields, database, (id) => (id === store.id ? SERVER_NAME : id))
}

export function systemRows(store: Store, name: string, isById: boolean): Omit<Virtual, 'write'> {
  const computed = Object.hasOwn(ROWS, name) ? ROWS[name] : failOperation(`Table \`rethinkdb.${name}\` does not exist.`)
  const rows = (of: Store) => (isById ? computed(of).map((row) => byIds(of, row)) : computed(of))
  const hearing = new Map<Listener, () => void>()
  return {
    name,
    db: 'rethinkdb',
    primaryKey: 'id',
    rows: () => rows(store),
    listen(listener) {
      let known = byId(rows(store))
      let isDue = false
      const tell = () => {
        if (isDue) return
        isDue = true
        // The first save may be half of a change.
        queueMicrotask(() => {
          isDue = false
          const before = known
          known = byId(rows(store))
          if (hearing.has(listener)) listener.changed(changesFrom(before, known))
        })
      }
      hearing.set(listener, tell)
      store.savers.add(tell)
    },
    unlisten(listener) {
      const tell = hearing.get(listener)
      if (tell !== undefined) store.savers.delete(tell)
      hearing.delete(listener)
    },
  }
}

function byId(rows: readonly Fields[]): Map<unknown, Fields> {
  return new Map(rows.map((row) => [row.id, row]))
}

function changesFrom(before: Map<unknown, Fields>, after: Map<unknown, Fields>): RowChange[] {
  const changes: RowChange[] = []
  for (const [key, old] of before) {
    const next = after.get(key) ?? null
    if (next === null || !equal(old, next)) changes.push({ key, old, new: next })
  }
  for (const [key, next] of after) if (!before.has(key)) changes.push({ key, old: null, new: next })
  return changes
}
