// Promise: databases are loaded, shared, unloaded and dropped as Epsilla's are, and what was acknowledged is on disk.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { EpsillaDB, VectorDB } from '../../../src/dialect/epsilla/index.ts'
import { open } from '../../../src/index.ts'
import { client, FIELDS, ids, RECORDS } from './samples.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'quiverdb-epsilla-'))
  folders.push(path)
  return path
}

it('lets calls wait for a load that is under way: stores begin one in their constructor, where nothing is awaited', async () => {
  const db = new EpsillaDB()
  const load = db.loadDB(folder(), 'unawaited')
  db.useDB('unawaited')
  const calls = [db.createTable('MyTable', FIELDS), db.listTables()]
  expect(await Promise.all([load, ...calls])).toMatchObject([
    { statusCode: 200 },
    { statusCode: 200 },
    { statusCode: 200 },
  ])
  expect(await db.insert('MyTable', RECORDS)).toMatchObject({ statusCode: 200, result: { inserted: 5 } })
  void db.loadDB(':memory:', 'unawaited2')
  expect(await db.unloadDB('unawaited2')).toMatchObject({ statusCode: 200 })
  await db.unloadDB('unawaited')
})

it('loads, uses, unloads and loads again under another name', async () => {
  const path = folder()
  const db = new EpsillaDB()
  expect(await db.loadDB(path, 'one')).toEqual({ statusCode: 200, message: 'Load/Create one successfully.' })
  db.useDB('one')
  await db.createTable('MyTable', FIELDS)
  await db.insert('MyTable', RECORDS)
  expect(await db.loadDB(path, 'two')).toEqual({
    statusCode: 409,
    message: `Database catalog file is already loaded: ${path}`,
  })
  expect(await db.loadDB(folder(), 'one')).toEqual({ statusCode: 409, message: 'DB already exists: one' })
  expect(await db.unloadDB('one')).toEqual({ statusCode: 200, message: 'Unload one successfully.' })
  expect(await db.unloadDB('one')).toEqual({ statusCode: 500, message: 'Database not found: one' })
  expect(await db.loadDB(path, 'two')).toMatchObject({ statusCode: 200 })
  // Another client of the process sees it.
  const other = new EpsillaDB()
  other.useDB('two')
  expect(await other.listTables()).toEqual({
    statusCode: 200,
    message: 'Get all tables in two successfully.',
    result: ['MyTable'],
  })
  expect(await ids(other.get('MyTable'))).toEqual([1, 2, 3, 4, 5])
  await db.unloadDB('two')
})

it('refuses names that are none', async () => {
  const db = new EpsillaDB()
  const message = "DB name should start with a letter or '_' and can contain only letters, digits, and underscores."
  for (const name of ['1a', 'a-b', '', 'a b']) {
    expect(await db.loadDB(':memory:', name)).toEqual({ statusCode: 500, message })
  }
  expect(await db.loadDB(':memory:', 'default')).toEqual({ statusCode: 409, message: 'DB already exists: default' })
})

it('asks for a database before anything else, and takes a scale of 0 for none', async () => {
  const db = new EpsillaDB()
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(await db.delete('t')).toEqual(new Error('[ERROR] Please useDB() first!'))
  log.mockRestore()
  await db.loadDB(':memory:', 'scale', 0)
  db.useDB('scale')
  expect(await db.delete('t', { primaryKeys: null, filter: null } as never)).toEqual(
    new Error('[ERROR] Please provide primary keys or filter expression to delete records!'),
  )
  await db.createTable('t', FIELDS)
  expect(await db.insert('t', RECORDS)).toMatchObject({ result: { inserted: 5, skipped: 0 } })
  const query = { queryVector: null, query: null, limit: 1 } as never
  expect(await db.query('t', query)).toEqual({ statusCode: 400, message: 'query or queryVector must be provided.' })
})

it('removes its files when dropped, and no others', async () => {
  const path = folder()
  const db = new EpsillaDB()
  await db.loadDB(path, 'gone')
  db.useDB('gone')
  await db.createTable('MyTable', FIELDS)
  await db.insert('MyTable', RECORDS)
  writeFileSync(join(path, 'notes.txt'), 'mine')
  expect(await db.dropDB('gone')).toEqual({ statusCode: 200, message: 'Drop gone successfully.' })
  expect(readdirSync(path)).toEqual(['notes.txt'])
  expect(await db.dropDB('gone')).toEqual({ statusCode: 500, message: 'Database not found: gone' })
})

it('answers without a database as the original does', async () => {
  const db = new EpsillaDB()
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const error = await db.listTables()
  expect(error).toBeInstanceOf(Error)
  expect((error as Error).message).toBe('[ERROR] Please useDB() first!')
  expect(print).toHaveBeenCalledWith('[ERROR] Please useDB() first!')
  print.mockRestore()
  db.useDB('nowhere')
  const missing = { statusCode: 500, message: 'DB not found: nowhere' }
  expect(await db.listTables()).toEqual({ ...missing, result: null })
  expect(await db.insert('t', [])).toEqual(missing)
  expect(await db.get('t')).toEqual(missing)
  expect(await db.query('t', { queryVector: [1], limit: 1 })).toEqual(missing)
  expect(await db.delete('t', { filter: 'a = 1' })).toEqual({ ...missing, statusCode: 400 })
  expect(await db.createTable('t', FIELDS)).toEqual({ statusCode: 500, message: 'Database not found: nowhere' })
  expect(await db.dropTable('t')).toEqual({ statusCode: 500, message: 'Database not found: nowhere' })
})

it('stands on an open database', async () => {
  const database = await open(':memory:')
  const db = new EpsillaDB({ database })
  await db.createTable('MyTable', FIELDS)
  await db.insert('MyTable', RECORDS)
  expect(await database.collection('MyTable').count()).toBe(5)
  expect((await database.collection('MyTable').get(3))?.['Doc']).toBe('The library was a quiet haven.')
  await db.loadDB('./anywhere', 'other')
  db.useDB('other')
  expect(await db.listTables()).toMatchObject({ result: [] })
  const again = new EpsillaDB({ database })
  expect(await again.listTables()).toMatchObject({ result: ['MyTable'] })
  await database.close()
})

it('has the class of the cloud over a local client', async () => {
  const db = new EpsillaDB()
  await db.loadDB(':memory:', 'clouded')
  const cloud = new VectorDB('clouded', db)
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const first = '[ERROR] Please connect to vector database first!'
  expect(await cloud.createTable('MyTable', FIELDS)).toEqual(new Error(first))
  expect(print).toHaveBeenCalledWith(first)
  print.mockRestore()
  expect(await cloud.connect()).toMatchObject({ statusCode: 200 })
  await cloud.createTable('MyTable', FIELDS)
  expect(await cloud.insert('MyTable', RECORDS)).toMatchObject({ result: { inserted: 5, skipped: 0 } })
  expect(await ids(cloud.get('MyTable', { primaryKeys: [5, 1] }))).toEqual([5, 1])
  const engine = cloud.asSearchEngine().addRetriever({ table: 'MyTable', queryVector: [0, 0, 0, 1], limit: 3 })
  expect(await engine.search()).toHaveLength(3)
  // Each keeps to its own database, and the client to the one it uses.
  await db.loadDB(':memory:', 'aside')
  const aside = new VectorDB('aside', db)
  await aside.connect()
  await aside.createTable('Aside', FIELDS)
  expect(await ids(cloud.get('MyTable', { limit: 1 }))).toEqual([1])
  db.useDB('aside')
  expect(await db.listTables()).toMatchObject({ result: ['Aside'] })
  expect(await cloud.dropTable('MyTable')).toMatchObject({ statusCode: 200 })
})

// Both were loaded: one store under two names, and dropping one closed it under the other.
it('knows a loaded path by another spelling, and when it is loaded twice at once', async () => {
  const path = folder()
  const db = new EpsillaDB()
  await db.loadDB(path, 'spelt')
  for (const other of [`${path}/`, join(path, '..', basename(path), '.')]) {
    expect(await db.loadDB(other, 'again')).toEqual({
      statusCode: 409,
      message: `Database catalog file is already loaded: ${other}`,
    })
  }
  await db.unloadDB('spelt')
  const answers = await Promise.all(['one', 'two', 'one'].map((name) => db.loadDB(path, name)))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409])
  for (const name of ['one', 'two']) await db.unloadDB(name)
  expect(await db.loadDB(path, 'spelt')).toMatchObject({ statusCode: 200 })
  await db.unloadDB('spelt')
})

// Of two tables that a program made at once in a new database the second was refused, with a text about a collection.
it('makes tables at once', async () => {
  const db = new EpsillaDB()
  await db.loadDB(':memory:', 'atOnce')
  db.useDB('atOnce')
  const answers = await Promise.all(['a', 'b', 'c', 'a'].map((name) => db.createTable(name, FIELDS)))
  expect(answers.map(({ message }) => message).sort()).toEqual([
    'Create a successfully.',
    'Create b successfully.',
    'Create c successfully.',
    'Table already exists: a',
  ])
  expect(await db.listTables()).toMatchObject({ result: ['a', 'b', 'c'] })
  await db.unloadDB('atOnce')
})

// A process that ended while it made a table left a collection that no table belonged to, and no table of that name could be made again.
it('can make a table again whose making a crash cut short', async () => {
  const store = await open(':memory:')
  const seen: unknown[] = []
  const make = store.createCollection.bind(store)
  vi.spyOn(store, 'createCollection').mockImplementation((async (name: string, options?: object) => {
    if (name === 'cut') seen.push(await store.collection('epsilla.tables').get('cut'))
    return await make(name, options)
  }) as never)
  await new EpsillaDB({ database: store }).createTable('cut', FIELDS)
  // What is on disk when the process ends in there: the settings, and no collection.
  expect(seen).toEqual([expect.objectContaining({ id: 'cut' })])
  await store.dropCollection('cut')
  const again = new EpsillaDB({ database: store })
  expect(await again.listTables()).toMatchObject({ result: [] })
  expect(await again.createTable('cut', FIELDS)).toMatchObject({ statusCode: 200 })
  await store.close()
})

// The end of the drop took the settings of the new table with it: its records were acknowledged, and gone with the next load.
it('makes a table while one of its name is dropped', async () => {
  const path = folder()
  const db = new EpsillaDB()
  await db.loadDB(path, 'remade')
  db.useDB('remade')
  await db.createTable('t', FIELDS)
  const calls = await Promise.all([db.dropTable('t'), db.createTable('t', FIELDS)])
  expect(calls).toMatchObject([{ statusCode: 200 }, { statusCode: 200 }])
  await db.insert('t', RECORDS)
  await db.unloadDB('remade')
  await db.loadDB(path, 'remade')
  expect(await ids(db.get('t'))).toEqual([1, 2, 3, 4, 5])
  await db.unloadDB('remade')
})

// They were answered by the engine, with the path of its directory, or acknowledged and dropped.
it('refuses calls behind an unload and a drop', async () => {
  const db = await client()
  await db.createTable('t', FIELDS)
  await db.loadDB(':memory:', 'going')
  db.useDB('going')
  await db.createTable('t', FIELDS)
  const [dropped, written] = await Promise.all([db.dropDB('going'), db.insert('t', RECORDS)])
  expect(dropped).toMatchObject({ statusCode: 200 })
  expect(written).toEqual({ statusCode: 500, message: 'DB not found: going' })
})

// It was listed for as long as the database was loaded, and could be neither read nor dropped.
it('has no table whose collection another interface has dropped', async () => {
  const database = await open(':memory:')
  const db = new EpsillaDB({ database })
  for (const name of ['gone', 'kept']) await db.createTable(name, FIELDS)
  await database.dropCollection('gone')
  expect(await db.listTables()).toMatchObject({ result: ['kept'] })
  expect(await db.get('gone')).toEqual({ statusCode: 500, message: 'Table not found: gone' })
  expect(await db.dropTable('gone')).toEqual({ statusCode: 500, message: 'Table not found: gone' })
  expect(await db.createTable('gone', FIELDS)).toMatchObject({ statusCode: 200 })
  await db.insert('gone', RECORDS)
  expect(await ids(db.get('gone'))).toEqual([1, 2, 3, 4, 5])
  await database.close()
})
