// Promise: a database leaves as one file and comes back the same, in memory or in a directory, whatever is written meanwhile; of a file
// that is damaged, cut short or foreign nothing comes in. Checked against what the database answers, seeded.

import { createReadStream, createWriteStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Database, open } from '../../src/index.ts'
import { collect } from '../core/garbage.ts'

const folders: string[] = []
const databases: Database[] = []
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'quiverdb-export-'))
  folders.push(path)
  return path
}
function kept(db: Database): Database {
  databases.push(db)
  return db
}
afterEach(async () => {
  for (const db of databases.splice(0)) await db.close()
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

/** A bit of everything: partitions, shards, vectors, indexes of all kinds, garbage in the log. */
async function fill(db: Database): Promise<void> {
  const posts = await db.createCollection('posts', { shards: 3, vectors: { v: { dimension: 4, metric: 'l2' } } })
  await posts.createIndex('n')
  await posts.createIndex('words', { type: 'text', fields: ['text'], analyzer: 'english' })
  await posts.createPartition('2026')
  const documents = Array.from({ length: 700 }, (_, id) => ({
    id,
    n: id % 10,
    text: `word${id % 7} more`,
    v: [id, 1, 2, 3],
  }))
  await posts.insert(documents)
  await posts.insert(
    documents.map((document) => ({ ...document, id: `p${document.id}` })),
    { partition: '2026' },
  )
  await posts.update({ n: 3 }, { n: 33, at: new Date(5), big: 7n, bytes: new Uint8Array([1, 2]) })
  await posts.delete({ n: 4 })
  await db.createCollection('empty', { primaryKey: 'key' })
  const gone = await db.createCollection('gone')
  await gone.insert({ id: 1 })
  await db.dropCollection('gone')
  const odd = await db.createCollection('\ud800 odd')
  await odd.insert({ id: [1, 'a'] })
}

async function picture(db: Database): Promise<unknown> {
  const collections = await db.collections()
  const all = []
  for (const info of collections) {
    const collection = db.collection(info.name)
    const documents = await collection.find().toArray()
    documents.sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))
    const indexes = await collection.indexes()
    all.push({ info, documents, indexes: indexes.map(({ name }) => name) })
  }
  return all
}

async function answers(db: Database): Promise<unknown> {
  const posts = db.collection('posts')
  return {
    near: (await posts.search({ vector: [12, 1, 2, 3], limit: 5 })).map(({ id, distance }) => [id, distance]),
    words: (await posts.search({ text: 'word5', limit: 400, select: ['text'] })).length,
    plan: (await posts.find({ filter: { n: 33 } }).explain()).plan,
    partition: await posts.find({ partitions: ['2026'] }).count(),
  }
}

describe('an export', () => {
  const PLACES = [':memory:', 'directory'] as const
  it.each(PLACES.flatMap((from) => PLACES.map((to) => [from, to] as const)))('goes from %s to %s', async (from, to) => {
    const place = (kind: string) => (kind === ':memory:' ? kind : folder())
    const source = kept(await open(place(from)))
    await fill(source)
    const target = place(to)
    const copy = kept(await open.import(await source.export(), target))
    expect(await picture(copy)).toEqual(await picture(source))
    expect(await answers(copy)).toEqual(await answers(source))
    // It is a database like any other.
    await copy.collection('posts').insert({ id: 'new', v: [0, 0, 0, 0] }, { partition: '2026' })
    await copy.createCollection('more')
    if (to === ':memory:') return
    await copy.close()
    const again = kept(await open(target))
    expect(await again.collection('posts').get('new')).toMatchObject({ id: 'new' })
    expect((await again.collections()).length).toBe(4)
    expect(again.repairs).toEqual([])
  })

  it('is a Blob, bytes or a stream, and is taken as any of them', async () => {
    const db = kept(await open(':memory:'))
    await fill(db)
    const blob = await db.export()
    expect(blob).toBeInstanceOf(Blob)
    const bytes = await db.export({ as: 'bytes' })
    expect(bytes).toBeInstanceOf(Uint8Array)
    const path = join(folder(), 'backup')
    await pipeline(Readable.fromWeb((await db.export({ as: 'stream' })) as never), createWriteStream(path))
    const wanted = await picture(db)
    const small = async function* () {
      for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const forms = [blob, bytes, bytes.slice().buffer, view, blob.stream(), createReadStream(path), small()]
    for (const form of forms) expect(await picture(kept(await open.import(form)))).toEqual(wanted)
  })

  it('is a state that was, whatever is written meanwhile', async () => {
    for (const place of [':memory:', folder()]) {
      const db = kept(await open(place, { durability: 'soft' }))
      const c = await db.createCollection('c', { shards: 2 })
      const filler = 'x'.repeat(300)
      await c.insert(Array.from({ length: 6_000 }, (_, id) => ({ id, round: 0, filler })))
      let isDone = false
      let round = 0
      const writing = (async () => {
        while (!isDone) {
          round++
          // All or nothing, over both shards; documents come and go in slots that others had.
          await c.upsert(
            [
              { id: 'a', round },
              { id: 'b', round },
              { id: 'c', round },
              { id: 1, round, filler },
            ],
            { atomic: true },
          )
          await c.delete([`t${round - 2}`, 4_000 + (round % 1_000)])
          await c.insert([{ id: `t${round}`, round }])
          await c.upsert({ id: 2, filler: 'y'.repeat(round % 500) })
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      const before = round
      const stream = await db.export({ as: 'stream' })
      const parts: Uint8Array[] = []
      for await (const part of stream as unknown as AsyncIterable<Uint8Array>) {
        parts.push(part)
        // As many rounds as it takes some milliseconds for, however slow the machine is.
        for (const until = round + 10; round < until; ) await new Promise((resolve) => setImmediate(resolve))
      }
      const after = round
      isDone = true
      await writing
      expect(after).toBeGreaterThan(before + 5)
      const copy = kept(await open.import(new Blob(parts as never)))
      const d = copy.collection('c')
      const [a, b, third, one] = await d.getMany(['a', 'b', 'c', 1])
      expect([b?.['round'], third?.['round'], one?.['round'] || undefined]).toEqual(Array(3).fill(a?.['round']))
      const at = (a?.['round'] as number | undefined) ?? 0
      expect(at).toBeGreaterThanOrEqual(before)
      expect(at).toBeLessThanOrEqual(after + 1)
      const temporary = (await d.find({ filter: { id: { $startsWith: 't' } } }).toArray()).map(({ id }) =>
        Number(String(id).slice(1)),
      )
      for (const n of temporary) expect(at - n).toBeLessThanOrEqual(2)
      await db.close()
    }
  })

  it('outlives a compaction, and leaves nothing behind', async () => {
    const path = folder()
    const db = kept(await open(path, { durability: 'soft' }))
    const c = await db.createCollection('c')
    await c.insert(Array.from({ length: 3_000 }, (_, id) => ({ id, text: 'x'.repeat(400) })))
    const stream = await db.export({ as: 'stream' })
    const beside = await db.export({ as: 'stream' })
    const reader = stream.getReader()
    const parts = [(await reader.read()).value!]
    await c.optimize()
    // It has read from the same log.
    await beside.cancel()
    await c.update({}, { text: 'new' })
    await c.optimize()
    for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value)
    const copy = kept(await open.import(new Blob(parts as never)))
    expect(await copy.collection('c').count({ text: 'x'.repeat(400) })).toBe(3_000)
    // One that is given up lets go as well.
    const given = await db.export({ as: 'stream' })
    await given.getReader().cancel()
    await c.update({}, { text: 'newer' })
    await c.optimize()
    await db.close()
    expect(readdirSync(path).filter((name) => name.endsWith('.log'))).toHaveLength(1)
  })

  // An export that nobody reads to its end, an abandoned download, kept the log a compaction had left until the next opening.
  it.each(['collection', 'partition', 'database'])('keeps no file of a dropped or closed %s on disk', async (what) => {
    const path = folder()
    const db = kept(await open(path, { durability: 'soft' }))
    const c = await db.createCollection('c')
    await c.createPartition('p')
    await c.insert(
      Array.from({ length: 3_000 }, (_, id) => ({ id, text: 'x'.repeat(400) })),
      { partition: 'p' },
    )
    const reader = (await db.export({ as: 'stream' })).getReader()
    await reader.read()
    await c.optimize()
    const logs = () => readdirSync(path).filter((name) => name.startsWith('c1.p1.'))
    expect(logs()).toEqual(expect.arrayContaining(['c1.p1.1.log', 'c1.p1.2.log']))
    if (what === 'collection') await db.dropCollection('c')
    else if (what === 'partition') await c.dropPartition('p')
    else await db.close()
    expect(logs()).toEqual(what === 'database' ? ['c1.p1.2.log', 'c1.p1.snapshot'] : [])
    const rest = (async () => {
      while (!(await reader.read()).done);
    })()
    await expect(rest).rejects.toMatchObject({ name: 'ClosedError' })
  })

  it('ends with an error when the database is closed under it', async () => {
    for (const place of [':memory:', folder()]) {
      const db = kept(await open(place))
      const c = await db.createCollection('c')
      await c.insert(Array.from({ length: 9_000 }, (_, id) => ({ id, text: 'x'.repeat(300) })))
      const reader = (await db.export({ as: 'stream' })).getReader()
      await reader.read()
      await reader.read()
      await reader.read()
      await db.close()
      const rest = (async () => {
        while (!(await reader.read()).done);
      })()
      await expect(rest).rejects.toMatchObject({ name: 'ClosedError' })
    }
  })

  // They were in no partition of the file: a backup that lacked them, and said nothing.
  it('does not leave out what moved into a partition made meanwhile', async () => {
    const db = kept(await open(':memory:'))
    const posts = await db.createCollection('posts')
    await posts.insert(Array.from({ length: 3000 }, (_, id) => ({ id, text: 'x'.repeat(500) })))
    const stream = await db.export({ as: 'stream' })
    const reader = stream.getReader()
    await reader.read()
    await posts.createPartition('empty')
    await posts.createPartition('2026')
    await posts.upsert({ id: 1, moved: true }, { partition: '2026' })
    const rest = async () => {
      while (!(await reader.read()).done);
    }
    await expect(rest()).rejects.toThrow(/partition "2026" of collection "posts" was made/)
    await expect(db.export()).resolves.toBeDefined()
  })

  it('goes one at a time in memory', async () => {
    const db = kept(await open(':memory:'))
    await fill(db)
    const stream = await db.export({ as: 'stream' })
    await expect(db.export()).rejects.toMatchObject({ name: 'StateError', message: expect.stringContaining('posts') })
    await stream.cancel()
    expect((await db.export()).size).toBeGreaterThan(1_000)
  })

  // Nobody cancels the stream of a client that has gone away: everything written from then on was gathered for it as well, for good, no
  // other export could begin, and in a directory the files of every compaction stayed.
  it('ends when its stream is dropped', async () => {
    const path = folder()
    for (const place of [':memory:', path]) {
      const db = kept(await open(place, { durability: 'soft' }))
      const c = await db.createCollection('c')
      await c.insert(Array.from({ length: 20_000 }, (_, id) => ({ id, text: 'x'.repeat(100) })))
      for (let i = 0; i < 2; i++) await begin(db, i)
      const isFree = async () => {
        collect()
        if (place === path) return readdirSync(path).filter((name) => name.endsWith('.log')).length === 1
        return await db.export({ as: 'stream' }).then(
          (stream) => stream.cancel().then(() => true),
          () => false,
        )
      }
      for (let i = 0; i < 20_000; i++) await c.upsert({ id: i, text: 'y' })
      await c.optimize()
      await vi.waitFor(async () => expect(await isFree()).toBe(true), { timeout: 60_000, interval: 5 })
      expect(await c.count()).toBe(20_000)
      await begin(db, 1)
      await db.close()
      collect()
    }

    /** Nothing of it is in the frame of the test, which lives on. */
    async function begin(db: Database, reads: number): Promise<void> {
      const stream = await db.export({ as: 'stream' }).catch(() => undefined)
      const reader = stream?.getReader()
      for (let i = 0; i < reads * 3; i++) await reader?.read()
    }
  })

  it('holds a few megabytes at a time', async () => {
    const path = folder()
    const db = kept(await open(path, { durability: 'soft' }))
    const c = await db.createCollection('c')
    const text = 'x'.repeat(8_000)
    for (let at = 0; at < 12_000; at += 2_000) {
      await c.insert(Array.from({ length: 2_000 }, (_, i) => ({ id: at + i, text })))
    }
    const file = join(folder(), 'backup')
    const held = () => {
      collect()
      return process.memoryUsage().arrayBuffers
    }
    let most = 0
    const before = held()
    const watch = setInterval(() => {
      most = Math.max(most, held() - before)
    }, 10)
    await pipeline(Readable.fromWeb((await db.export({ as: 'stream' })) as never), createWriteStream(file))
    clearInterval(watch)
    await db.close()
    // 96 MB in all.
    expect(most).toBeLessThan(12_000_000)
    const copy = kept(await open.import(createReadStream(file), folder()))
    expect(await copy.collection('c').count()).toBe(12_000)
  })
})

describe('an import', () => {
  async function exported(): Promise<Uint8Array> {
    const db = kept(await open(':memory:'))
    const c = await db.createCollection('c', { shards: 2 })
    await c.insert(Array.from({ length: 40 }, (_, id) => ({ id, text: `t${id}` })))
    return await db.export({ as: 'bytes' })
  }

  it('takes nothing of a damaged or cut file', async () => {
    const whole = await exported()
    const path = folder()
    const refused = async (bytes: Uint8Array) => {
      const error = await open.import(bytes, path).then(
        async (db) => {
          await db.close()
          return undefined
        },
        (reason: Error) => reason,
      )
      expect(error?.name).toMatch(/^(CorruptError|FormatVersionError)$/)
      return error!
    }
    // Every byte of heads and of the first piece, some of the rest.
    for (let at = 0; at < whole.length; at += at < 60 ? 1 : 97) {
      const damaged = whole.slice()
      damaged[at]! ^= 1 << (at % 8)
      await refused(damaged)
    }
    for (let bytes = 0; bytes < whole.length; bytes += bytes < 60 ? 7 : 211) await refused(whole.subarray(0, bytes))
    expect((await refused(new Uint8Array([...whole, 0]))).message).toMatch(/continues after its end mark/)
    expect(readdirSync(path)).toEqual([])
    const db = kept(await open.import(whole, path))
    expect(await db.collection('c').count()).toBe(40)
  })

  it('says what is wrong', async () => {
    const whole = await exported()
    const message = (bytes: unknown, ...rest: never[]) =>
      open.import(bytes as Uint8Array, ...rest).then(
        () => 'none',
        (error: Error) => error.message,
      )
    expect(await message(new TextEncoder().encode('{"this":"is something else"}'))).toMatch(/not an export of quiverdb/)
    expect(await message(new Uint8Array(0))).toMatch(/not an export of quiverdb: it is empty/)
    expect(await message(whole.subarray(0, whole.length - 1))).toMatch(/ends here, before its end mark/)
    expect(await message('./backup')).toMatch(/createReadStream/)
    expect(await message(undefined)).toMatch(/takes an export/)
    expect(await message([1, 2])).toMatch(/takes an export/)
    const later = whole.slice()
    later[8] = 9
    expect(await message(later)).toMatch(/checksum/)
    expect(await message(whole, ...([':memory:', { readOnly: true }] as never[]))).toMatch(/readOnly/)
  })

  it('makes a new database, and touches none that is there', async () => {
    const whole = await exported()
    const path = folder()
    const there = await open(path)
    await there.createCollection('mine')
    await expect(open.import(whole, path)).rejects.toMatchObject({ name: 'LockedError' })
    await there.close()
    await expect(open.import(whole, path)).rejects.toMatchObject({ name: 'ConflictError' })
    const again = kept(await open(path))
    expect((await again.collections()).map(({ name }) => name)).toEqual(['mine'])
  })

  // The folders it had made stayed, empty.
  it('leaves no folder behind that was made for it, and is given up by a signal of its source', async () => {
    const whole = await exported()
    const above = folder()
    const path = join(above, 'some', 'where')
    await expect(open.import(whole.subarray(0, 300), path)).rejects.toMatchObject({ name: 'CorruptError' })
    expect(readdirSync(above)).toEqual([])
    const file = join(above, 'backup')
    writeFileSync(file, whole)
    const abort = new AbortController()
    const source = createReadStream(file, { signal: abort.signal, highWaterMark: 100 })
    source.once('data', () => abort.abort())
    await expect(open.import(source, path)).rejects.toMatchObject({ name: 'AbortError' })
    expect(readdirSync(above)).toEqual(['backup'])
    await open.import(whole, path).then((db) => db.close())
    const again = kept(await open(path))
    expect(await again.collection('c').count()).toBe(40)
  })

  it('leaves an empty database when it is cut off by a crash', async () => {
    const whole = await exported()
    const path = folder()
    const stuck = async function* () {
      yield whole.subarray(0, whole.length - 100)
      await new Promise(() => {})
    }
    open.import(stuck(), path).catch(() => {})
    while (readdirSync(path).filter((name) => name.endsWith('.log')).length < 2)
      await new Promise((resolve) => setTimeout(resolve, 5))
    // As after a crash: what stands there, without the lock.
    const left = folder()
    const { cpSync } = await import('node:fs')
    for (const name of readdirSync(path))
      if (!name.startsWith('quiver.lock')) cpSync(join(path, name), join(left, name))
    const db = kept(await open(left))
    expect(await db.collections()).toEqual([])
    expect(readdirSync(left).filter((name) => name.endsWith('.log'))).toEqual([])
  })
})

it('refuses options of an export that make no sense, by what they are', async () => {
  const db = await open(':memory:')
  await expect(db.export(null as never)).rejects.toThrow('the options of export are an object, got null')
  await expect(db.export({ as: 10n as never })).rejects.toThrow('got a value of type bigint')
  await expect(db.export({ as: 'zip' as never })).rejects.toThrow('got "zip"')
  await db.close()
})
