// Terms about databases, tables and their configuration.

import { compareText } from '../../../query/index.ts'
import { asInteger, asText, type Datum, type Fields, field, isObject, typeName } from '../datum.ts'
import { fail, failOperation } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import { requireName } from '../key.ts'
import type { Operations } from '../registry.ts'
import { createDatabase, createTable, dropDatabase, dropTable } from '../schema.ts'
import type { Store, Table } from '../store.ts'
import { named, SYSTEM_TABLES, shownConfig, systemRows, tableStatus } from '../system.ts'
import { assignConfig, assignDatabase, systemWriteOf } from '../system-write.ts'
import { Db, Row, TableSlice, type Val, type Virtual, VirtualTable, wrongKind } from '../values.ts'
import { infoOf } from './info.ts'
import { tableOf } from './reading.ts'

/** The database and the name of `r.db(x).tableCreate(name)` or `r.tableCreate(name)`. */
function target(call: Call): { db: string; name: string } {
  const hasDb = call.count === 2
  const db = hasDb ? databaseOf(call.first) : call.query.db
  return { db, name: requireName(call.text(hasDb ? 1 : 0), 'Table') }
}

function databaseOf(value: Val): string {
  return value instanceof Db ? value.name : wrongKind('DATABASE', value)
}

function special(db: string, what: string): void {
  if (db === 'rethinkdb') failOperation(`Database \`rethinkdb\` is special; you can't ${what}.`)
}

function checkShards(call: Call): void {
  const shards = call.datumOption('shards')
  if (shards !== undefined) {
    if (typeof shards !== 'number') fail(`Expected type NUMBER but found ${typeName(shards)}.`)
    if (!Number.isInteger(shards)) fail(`Number not an integer: ${shards}`)
    if (shards <= 0) fail('Every table must have at least one shard.')
    if (shards > 64) failOperation('Maximum number of shards is 64.')
  }
  const replicas = call.datumOption('replicas')
  const primary = call.datumOption('primary_replica_tag')
  if (replicas !== undefined && isObject(replicas)) {
    if (primary === undefined) fail('`primary_replica_tag` must be specified when `replicas` is an OBJECT.')
    for (const count of Object.values(replicas)) {
      if (typeof count !== 'number') fail(`Expected type NUMBER but found ${typeName(count)}.`)
      if (count < 0) fail("Can't have a negative number of replicas")
    }
    if (field(replicas, asText(primary as Datum)) === undefined) {
      failOperation(
        `Can't use server tag \`${primary}\` for primary replicas because you specified no replicas in server tag \`${primary}\`.`,
      )
    }
    const tags = Object.keys(replicas).filter((tag) => tag !== 'default' && (replicas[tag] as number) > 0)
    if (tags.length > 0) notEnough(replicas[tags[0]] as number, tags[0], 0)
    if ((replicas.default as number) > 1) notEnough(replicas.default as number, 'default', 1)
  } else if (replicas !== undefined) {
    if (typeof replicas !== 'number')
      fail(`Expected type OBJECT or NUMBER but found ${typeName(replicas)}:\n${JSON.stringify(replicas)}`)
    if (primary !== undefined) fail('`replicas` must be an OBJECT if `primary_replica_tag` is specified.')
    if (call.datumOption('nonvoting_replica_tags') !== undefined) {
      fail('`replicas` must be an OBJECT if `nonvoting_replica_tags` is specified.')
    }
    if (!Number.isInteger(replicas)) fail(`Number not an integer: ${replicas}`)
    if (replicas < 1)
      failOperation(
        'You must set `replicas` to at least one. `replicas` includes the primary replica; if there are zero replicas, there is nowhere to put the data.',
      )
    if (replicas > 1) notEnough(replicas, 'default', 1)
  }
}

function notEnough(wanted: number, tag: string, available: number): never {
  failOperation(
    `Can't put ${wanted} replicas on servers with the tag \`${tag}\` because there ${available === 1 ? 'is only 1 server' : `are only ${available} servers`} with the tag \`${tag}\`. It's impossible to have more replicas of the data than there are servers.`,
  )
}

function tableCreate(call: Call): Val {
  const { db, name } = target(call)
  checkShards(call)
  const primaryKey = call.textOption('primary_key') ?? 'id'
  const durability = call.datumOption('durability') === undefined ? 'hard' : (call.durability() as 'hard' | 'soft')
  special(db, 'create new tables in it')
  const { query } = call
  const table = query.suspend(() => createTable(query.store, db, name, primaryKey, durability))
  return { tables_created: 1, config_changes: [{ old_val: null, new_val: shownConfig(table) }] }
}

function tableDrop(call: Call): Val {
  const { db, name } = target(call)
  special(db, 'drop tables in it')
  const { query } = call
  const old = query.suspend(async () => {
    query.store.requireDatabase(db)
    const table = query.store.table(db, name)
    const config = shownConfig(table)
    await dropTable(table)
    return config
  })
  return { tables_dropped: 1, config_changes: [{ old_val: old, new_val: null }] }
}

/** The tables of `wait` and similar terms: a single one, or all of a database. */
function tablesOf(call: Call, what: string): Table[] {
  const value = call.count === 0 ? new Db(null, call.query.db) : call.first
  if (value instanceof Db) {
    if (value.name === 'rethinkdb') {
      failOperation(
        `Database \`rethinkdb\` is special; the system tables in it are always available and don't need to be ${what}.`,
      )
    }
    call.query.store.requireDatabase(value.name)
    return call.query.store.tables(value.name)
  }
  if (value instanceof VirtualTable) {
    failOperation(`Database \`rethinkdb\` is special; you can't ${what} the tables in it.`)
  }
  return [tableOf(value)]
}

/** The tables of the system that configurations and states are rows of. */
const tables = new WeakMap<Row, Virtual>()

/** The table of the system that a configuration is a row of; undefined for other rows. */
export function configTable(row: Row): Virtual | undefined {
  return tables.get(row)
}

function followed(row: Row, store: Store, name: string): Row {
  tables.set(row, systemTable(store, name, false))
  return row
}

function config(call: Call): Val {
  const { first, query } = call
  const { store } = query
  if (first instanceof Db) {
    special(first.name, 'configure it')
    const info = store.requireDatabase(first.name)
    const row = new Row(
      undefined as never,
      info.id,
      () => ({ id: info.id, name: info.name }),
      (next) => assignDatabase(store, info, next),
    )
    return followed(row, store, 'db_config')
  }
  if (first instanceof VirtualTable)
    failOperation("Database `rethinkdb` is special; you can't configure the tables in it.")
  const table = tableOf(first)
  const row = new Row(
    table,
    table.info.id,
    () => shownConfig(table),
    (next) => {
      if (next === null) fail("It's illegal to delete from the `rethinkdb.table_config` table here; use `tableDrop`.")
      assignConfig(table, next)
    },
  )
  return followed(row, store, 'table_config')
}

/** There is a single server, so nothing is ever broken in a way that this repairs. */
function refuseRepair(call: Call, mode: string): never {
  if (!/^(_debug_recommit|unsafe_rollback(_or_erase)?)$/.test(mode)) {
    fail('`emergency_repair` should be "unsafe_rollback" or "unsafe_rollback_or_erase"')
  }
  if (['nonvoting_replica_tags', 'primary_replica_tag', 'replicas', 'shards'].some((name) => call.optionNode(name))) {
    fail("In emergency repair mode, you can't specify shards, replicas, etc.")
  }
  if (call.first instanceof Db) {
    fail(
      "Can't emergency repair an entire database at once; instead you should run `reconfigure()` on each table individually.",
    )
  }
  tablesOf(call, 'reconfigure')
  return failOperation("This table doesn't need to be repaired.")
}

const STATES = ['ready_for_outdated_reads', 'ready_for_reads', 'ready_for_writes', 'all_replicas_ready']

function wait(call: Call): Val {
  const state = call.textOption('wait_for')
  if (state !== undefined && !STATES.includes(state)) {
    const [first, second, third, last] = STATES
    fail(`Unknown table readiness state: '${state}', must be one of '${first}', '${second}', '${third}', or '${last}'`)
  }
  const timeout = call.datumOption('timeout')
  if (timeout !== undefined && asInteger(timeout) < 0) fail(`Integer too large: ${timeout}`)
  return { ready: tablesOf(call, 'waited on').length }
}

function reconfigure(call: Call): Val {
  const repair = call.datumOption('emergency_repair') ?? null
  if (repair !== null) return refuseRepair(call, asText(repair))
  for (const name of ['shards', 'replicas']) {
    if (call.optionNode(name) === undefined) fail(`Missing required argument \`${name}\`.`)
  }
  checkShards(call)
  const isDry = call.boolOption('dry_run')
  const changes = tablesOf(call, 'reconfigure').map((table) => ({
    config_changes: [{ old_val: shownConfig(table), new_val: shownConfig(table) }],
    status_changes: [{ old_val: tableStatus(table), new_val: tableStatus(table) }],
  }))
  const result: Fields = {
    reconfigured: isDry ? 0 : changes.length,
    config_changes: changes.flatMap((one) => one.config_changes),
  }
  if (!isDry) result.status_changes = changes.flatMap((one) => one.status_changes)
  return result
}

/** A table of the system; with `isById`, its rows name databases and servers by id. */
export function systemTable(store: Store, name: string, isById: boolean): Virtual {
  const write = systemWriteOf(name)
  const table = systemRows(store, name, isById)
  return { ...table, write: (old, next) => write(store, old, isById ? named(store, next) : next) }
}

export const terms: Operations = {
  dbCreate(call) {
    const name = requireName(call.text(0), 'Database')
    const info = call.query.once(() => createDatabase(call.query.store, name))
    return { dbs_created: 1, config_changes: [{ old_val: null, new_val: { id: info.id, name: info.name } }] }
  },
  dbDrop(call) {
    const name = requireName(call.text(0), 'Database')
    special(name, 'delete it')
    const { query } = call
    const { info, tables } = query.suspend(() => dropDatabase(query.store, name))
    return {
      dbs_dropped: 1,
      tables_dropped: tables,
      config_changes: [{ old_val: { id: info.id, name: info.name }, new_val: null }],
    }
  },
  // Lists stay as the query first saw them: if it creates and drops by them, it can be evaluated again.
  dbList: ({ query }) =>
    query.once(() => [...query.store.databases().map(({ name }) => name), 'rethinkdb'].sort(compareText)),
  tableCreate,
  tableDrop,
  tableList(call) {
    const db = call.count === 0 ? call.query.db : databaseOf(call.first)
    if (db === 'rethinkdb') return [...SYSTEM_TABLES]
    const { store } = call.query
    return call.query.once(() => {
      store.requireDatabase(db)
      return store
        .tables(db)
        .map(({ name }) => name)
        .sort(compareText)
    })
  },
  config,
  status(call) {
    if (call.first instanceof TableSlice) {
      const table = tableOf(call.first)
      const row = new Row(
        table,
        table.info.id,
        () => tableStatus(table),
        () => fail("It's illegal to write to the `rethinkdb.table_status` table."),
      )
      return followed(row, call.query.store, 'table_status')
    }
    return wrongKind('TABLE', call.first)
  },
  wait,
  reconfigure,
  rebalance(call) {
    const statuses = tablesOf(call, 'rebalance').map(tableStatus)
    return { rebalanced: statuses.length, status_changes: statuses.map((one) => ({ old_val: one, new_val: one })) }
  },
  info: (call) => infoOf(call.first),
  grant: () => failOperation('`grant` is not supported: a database in process has no users.'),
}
