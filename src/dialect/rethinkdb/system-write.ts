// The effects of writing rows of the system's tables: databases and tables are created, changed and dropped, as by the
// terms for that.

import { asObject, asText, type Datum, type Fields, print } from './datum.ts'
import { fail, failOperation } from './errors.ts'
import { requireName } from './key.ts'
import { save } from './saving.ts'
import { createDatabase, createTable, dropDatabase, dropTable, renameDatabase, renameTable } from './schema.ts'
import type { DatabaseInfo, Store, Table } from './store.ts'
import { shownConfig } from './system.ts'

/** Applies a decided row, or null for none; resolves to the resulting row. */
export type SystemWrite = (store: Store, old: Fields | null, next: Datum) => Promise<Fields | null>

const WRITES: Readonly<Record<string, SystemWrite>> = {
  async db_config(store, old, next) {
    const info = store.databases().find(({ id }) => id === old?.id)
    if (next === null) {
      if (info !== undefined) await dropDatabase(store, info.name)
      return null
    }
    if (info !== undefined) {
      assignDatabase(store, info, next)
      return { id: info.id, name: info.name }
    }
    const { name } = newRow(next, 'database', 'db_config', ['name'])
    const made = createDatabase(store, requireName(name, 'Database'))
    return { id: made.id, name: made.name }
  },
  async table_config(store, old, next) {
    const table = store
      .databases()
      .flatMap(({ name }) => store.tables(name))
      .find(({ info }) => info.id === old?.id)
    if (next === null) {
      if (table !== undefined) await dropTable(table)
      return null
    }
    if (table !== undefined) {
      assignConfig(table, next)
      return shownConfig(table)
    }
    const row = newRow(next, 'table', 'table_config', ['name', 'db'])
    const { primary_key: key = 'id', durability = 'hard' } = row
    if (durability !== 'hard' && durability !== 'soft') {
      wrongFormat('table_config', `In \`durability\`: Expected "soft" or "hard", got: ${print(durability)}`)
    }
    const name = requireName(row.name, 'Table')
    return shownConfig(await createTable(store, asText(row.db), name, asText(key), durability))
  },
  users: () => failOperation('`rethinkdb.users` is not writable: a database in process has no users.'),
  permissions: () => failOperation('`rethinkdb.permissions` is not writable: a database in process has no users.'),
}

export function systemWriteOf(name: string): SystemWrite {
  return (
    (Object.hasOwn(WRITES, name) ? WRITES[name] : undefined) ??
    (() => fail(`It's illegal to write to the \`rethinkdb.${name}\` table.`))
  )
}

function wrongFormat(table: string, text: string): never {
  fail(`The change you're trying to make to \`rethinkdb.${table}\` has the wrong format. ${text}`)
}

function newRow(next: Datum, what: string, table: string, wanted: readonly string[]): Fields {
  const row = asObject(next)
  if (Object.hasOwn(row, 'id')) {
    fail(
      `If you want to create a new ${what} by inserting into \`rethinkdb.${table}\`, you must use an auto-generated primary key.`,
    )
  }
  for (const name of wanted) if (!Object.hasOwn(row, name)) wrongFormat(table, `Expected a field named \`${name}\`.`)
  return row
}

export function assignDatabase(store: Store, info: DatabaseInfo, next: Datum): void {
  const name = asText(asObject(next).name)
  if (name === info.name) return
  if (name === 'rethinkdb' || store.databases().some((other) => other.name === name)) {
    failOperation(`Cannot rename database \`${info.name}\` to \`${name}\` because database \`${name}\` already exists.`)
  }
  renameDatabase(store, info, requireName(name, 'Database'))
}

export function assignConfig(table: Table, next: Datum): void {
  const config = asObject(next)
  const known = Object.keys(shownConfig(table))
  const wrong = (text: string): never => wrongFormat('table_config', text)
  for (const name of known) if (!Object.hasOwn(config, name)) wrong(`Expected a field named \`${name}\`.`)
  const { durability, write_acks: acks } = config
  if (acks !== 'single' && acks !== 'majority') {
    wrong(`In \`write_acks\`: Expected "single" or "majority", got: ${print(acks)}`)
  }
  if (durability !== 'hard' && durability !== 'soft') {
    wrong(`In \`durability\`: Expected "soft" or "hard", got: ${print(durability)}`)
  }
  for (const name of Object.keys(config)) {
    if (!known.includes(name) && name !== 'flush_interval' && name !== 'data') wrong(`Unexpected key(s) \`${name}\`.`)
  }
  if (config.primary_key !== table.primaryKey) fail("It's illegal to change a table's primary key")
  const name = requireName(config.name, 'Table')
  const db = asText(config.db)
  if (name !== table.name || db !== table.info.db) {
    table.store.requireDatabase(db)
    if (table.store.find(db, name) !== undefined) {
      const taken = `\`${db}.${name}\``
      failOperation(`Can't rename table \`${table.label}\` to ${taken} because table ${taken} already exists.`)
    }
    renameTable(table, db, name)
  }
  table.info.durability = durability as 'hard' | 'soft'
  save(table.store, table.info)
}
