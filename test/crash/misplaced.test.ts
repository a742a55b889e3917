// Promise: a log that stands under another's name, as after a backup that was put back wrongly, is refused by name. Its checksums are
// all right: it opened as the other's, the documents of one collection, shard or database were another's, and nobody said so.

import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import { open } from '../../src/index.ts'
import { xxh64 } from '../core/reference-hash.ts'
import { SimulatedMedium } from './simulated-storage.ts'

let folder = ''
const at = (...names: string[]) => join(folder, ...names)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quiver-misplaced-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function fill(name: string, from: string): Promise<void> {
  const db = await open(at(name))
  for (const collection of ['debits', 'credits']) {
    const c = await db.createCollection(collection, { shards: 2 })
    await c.insert(Array.from({ length: 40 }, (_, id) => ({ id, from, collection })))
  }
  await db.close()
}

function swap(name: string, one: string, other: string): void {
  renameSync(at(name, one), at(name, 'x'))
  renameSync(at(name, other), at(name, one))
  renameSync(at(name, 'x'), at(name, other))
}

it.each([
  ['collections', 'c1.p0.1.log', 'c2.p0.1.log'],
  ['shards', 'c1.p0.1.log', 'c1.p1.1.log'],
])('refuses logs that were swapped between %s, and opens them when they are back', async (_, one, other) => {
  await fill('a', 'a')
  swap('a', one, other)
  const whose = other.replace('.1.log', '')
  const message = new RegExp(`${one} is the log of ${whose}, under a name that is not its own: rename it`)
  await expect(open(at('a'))).rejects.toMatchObject({
    name: 'CorruptError',
    message: expect.stringMatching(message),
    details: { belongsTo: whose },
  })
  await expect(open(at('a'), { readOnly: true })).rejects.toThrow(message)
  swap('a', one, other)
  const db = await open(at('a'))
  expect(await db.collection('credits').count({ collection: 'credits' })).toBe(40)
  await db.close()
})

// A repair kept all of them aside, and a database without a document was left.
it('gives them their names back in a repair', async () => {
  await fill('a', 'a')
  swap('a', 'c1.p0.1.log', 'c2.p0.1.log')
  swap('a', 'c2.p0.1.log', 'c1.p1.1.log')
  const db = await open(at('a'), { repair: true })
  expect(db.repairs.map(({ file, reason }) => [file, reason.split('; ')[1]])).toEqual([
    // Another's log stood under the name with this number still.
    ['c1.p0.1.log', 'it is c2.p0.2.log'],
    ['c1.p1.1.log', 'it is c1.p0.1.log'],
    ['c2.p0.1.log', 'it is c1.p1.1.log'],
  ])
  for (const name of ['debits', 'credits']) expect(await db.collection(name).count({ collection: name })).toBe(40)
  await db.close()
  expect(readdirSync(at('a')).filter((name) => name.startsWith('lost.'))).toEqual([])
  await (await open(at('a'))).close()
})

// Between two renames all of them stood under names that nobody reads: the next repair began with empty logs.
it('gives them their names back in a repair that was cut short, whatever was opened in between', async () => {
  const medium = new SimulatedMedium()
  const first = await openDatabase({ storage: medium.reopen() })
  for (const name of ['debits', 'credits']) await (await first.createCollection(name)).insert({ id: name })
  await first.close()
  const [debits, credits] = [medium.bytes('c1.p0.1.log'), medium.bytes('c2.p0.1.log')]
  medium.put('c1.p0.1.log', credits).put('c2.p0.1.log', debits)
  const cuts = await medium.cutsOf(
    async () => (await openDatabase({ storage: medium.reopen(), repair: true })).close(),
    ['all', 'nothing'],
  )
  expect(cuts.length).toBeGreaterThan(5)
  for (const cut of cuts) {
    await openDatabase({ storage: cut.reopen() })
      .then((db) => db.close())
      .catch(() => {})
    const db = await openDatabase({ storage: cut.reopen(), repair: true })
    for (const name of ['debits', 'credits']) expect(await db.collection(name).find().toArray()).toEqual([{ id: name }])
    await db.close()
  }
})

// A compaction took the number from the head: its new log had the name of the one that it replaced, and was removed with it.
it('opens a log under the number of another generation, which compactions do not remove', async () => {
  await fill('a', 'a')
  for (const shard of [0, 1]) renameSync(at('a', `c1.p${shard}.1.log`), at('a', `c1.p${shard}.2.log`))
  const db = await open(at('a'))
  await db.collection('debits').insert({ id: 'new' })
  await db.collection('debits').optimize()
  await db.close()
  const again = await open(at('a'))
  expect(await again.collection('debits').count()).toBe(41)
  await again.close()
})

/** A log whose head says something else, with its checksum. */
function reheaded(log: Buffer, change: (bytes: Buffer, head: number) => void): Buffer {
  for (const head of [0, 64]) {
    change(log, head)
    log.writeBigUInt64LE(xxh64(log.subarray(head, head + 56), 0n), head + 56)
  }
  return log
}

// A draft took the name, as it is of a newer generation, and the log was kept aside.
it('gives a log its name back before the draft of a compaction', async () => {
  await fill('a', 'a')
  const draft = reheaded(readFileSync(at('a', 'c1.p0.1.log')), (bytes, head) => {
    bytes.writeUInt32LE(2, head + 24)
    bytes.writeUInt32LE(0, head + 32)
  })
  swap('a', 'c1.p0.1.log', 'c2.p0.1.log')
  writeFileSync(at('a', 'c2.p0.2.log'), draft)
  const db = await open(at('a'), { repair: true })
  for (const name of ['debits', 'credits']) expect(await db.collection(name).count({ collection: name })).toBe(40)
  await db.close()
})

it('gives its name back to one of two copies of a log, and keeps the other aside', async () => {
  await fill('a', 'a')
  copyFileSync(at('a', 'c1.p0.1.log'), at('a', 'c2.p0.5.log'))
  renameSync(at('a', 'c1.p0.1.log'), at('a', 'c2.p1.5.log'))
  const db = await open(at('a'), { repair: true })
  expect(db.repairs.map(({ reason }) => reason.split('; ')[1]).sort()).toEqual([
    'it is c1.p0.1.log',
    expect.stringMatching(/^kept as lost\.c2\.p[01]\.5\.log$/),
  ])
  for (const name of ['debits', 'credits']) expect(await db.collection(name).count({ collection: name })).toBe(40)
  await db.close()
  expect(readdirSync(at('a')).filter((name) => name.startsWith('lost.')).length).toBe(1)
})

it('refuses the log of another database', async () => {
  await fill('a', 'a')
  await fill('b', 'b')
  copyFileSync(at('b', 'c1.p0.1.log'), at('a', 'c1.p0.1.log'))
  await expect(open(at('a'))).rejects.toThrow(/c1\.p0\.1\.log is the log of c1\.p0 of another database/)
  const db = await open(at('a'), { repair: true })
  expect(await db.collection('debits').count({ from: 'b' })).toBe(0)
  expect(await db.collection('credits').count({ from: 'a' })).toBe(40)
  expect(db.repairs).toMatchObject([
    { file: 'c1.p0.1.log', reason: expect.stringContaining('kept as lost.c1.p0.1.log') },
  ])
  await db.close()
})

it('keeps it aside in a repair, and what an interrupted compaction left beside it', async () => {
  await fill('a', 'a')
  copyFileSync(at('a', 'c2.p0.1.log'), at('a', 'c1.p0.2.log'))
  await expect(open(at('a'))).rejects.toThrow('is the log of c2.p0')
  const db = await open(at('a'), { repair: true })
  expect(await db.collection('debits').count({ collection: 'debits' })).toBe(40)
  expect(await db.collection('credits').count({ collection: 'credits' })).toBe(40)
  expect(db.repairs).toMatchObject([
    { file: 'c1.p0.2.log', reason: expect.stringMatching(/the log of c2\.p0.*kept as lost\./) },
  ])
  await db.close()
  expect(readdirSync(at('a')).filter((name) => name.startsWith('lost.'))).toEqual(['lost.c1.p0.2.log'])
})

it('keeps it also when it has nothing but what a compaction wrote, as a draft has', async () => {
  await fill('a', 'a')
  const first = await open(at('a'))
  await first.collection('credits').optimize()
  await first.close()
  copyFileSync(at('a', 'c2.p0.2.log'), at('a', 'c1.p0.2.log'))
  await expect(open(at('a'))).rejects.toThrow('is the log of c2.p0')
  const db = await open(at('a'), { repair: true })
  expect(await db.collection('debits').count({ collection: 'debits' })).toBe(40)
  await db.close()
  expect(readFileSync(at('a', 'lost.c1.p0.2.log'))).toEqual(readFileSync(at('a', 'c2.p0.2.log')))
})

it('opens copies, exports of a disk and of memory, and what compactions wrote', async () => {
  await fill('a', 'a')
  cpSync(at('a'), at('copy'), { recursive: true })
  const copy = await open(at('copy'))
  await copy.collection('debits').optimize()
  const file = await copy.export()
  await copy.close()
  const memory = await open.import(file)
  const imported = await open.import(await memory.export(), at('imported'))
  await memory.close()
  await imported.collection('debits').optimize()
  await imported.close()
  swap('imported', 'c1.p0.2.log', 'c1.p1.2.log')
  await expect(open(at('imported'))).rejects.toThrow('c1.p0.2.log is the log of c1.p1')
})

it('opens logs that do not say whose they are, as earlier versions wrote them', async () => {
  await fill('a', 'a')
  for (const name of readdirSync(at('a')).filter((file) => file.endsWith('.log'))) {
    const bytes = reheaded(readFileSync(at('a', name)), (log, head) => log.fill(0, head + 40, head + 56))
    writeFileSync(at('a', name), bytes)
  }
  const db = await open(at('a'))
  expect(await db.collection('credits').count({ collection: 'credits' })).toBe(40)
  await db.close()
})
