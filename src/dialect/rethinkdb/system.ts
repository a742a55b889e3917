// The database `rethinkdb`: tables that are computed from what there is. Reading them works; what a cluster would have is not there.

import { equal, type Fields } from './datum.ts'
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

/** The fields of a configuration that are told. */
export function shownConfig(table: Table): Fields {
  const { flush_interval: _interval, data: _data, ...shown } = tableConfig(table)
  return shown
}

/** The server whose answers these are. Programs read the version before they begin, and refuse servers that are too old. */
const SERVER_VERSION = 'rethinkdb 2.4.4 (quiverdb)'

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
      network: { canonical_addresses: [], connected_to: {}, hostname: 'localhost', http_admin_port: '<no http admin>' },
      process: { argv: [], version: SERVER_VERSION },
    },
  ],
  stats: () => [],
  table_config: (store) => allTables(store).map(shownConfig),
  table_status: (store) => allTables(store).map(tableStatus),
  users: () => [{ id: 'admin', password: false }],
}

export const SYSTEM_TABLES = Object.keys(ROWS)

export function systemTable(store: Store, name: string): Virtual {
  const rows = Object.hasOwn(ROWS, name) ? ROWS[name] : failOperation(`Table \`rethinkdb.${name}\` does not exist.`)
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
        // What is saved first may be half of a change.
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
