// Promise: a damaged or missing catalog is refused, naming the file, and `repair` opens the database from its second copy and says so.

import { expect, it } from 'vitest'
import { openDatabase } from '../../../src/engine/index.ts'
import { CorruptError } from '../../../src/error/index.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'

async function filled(): Promise<SimulatedMedium> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  await (await db.createCollection('posts', { primaryKey: 'slug' })).insert({ slug: 'a' })
  await db.createCollection('authors')
  await db.close()
  return medium.crash({ seed: 1, mode: 'all' })
}

/** The medium without one of its files. */
function without(medium: SimulatedMedium, missing: string): SimulatedMedium {
  const other = new SimulatedMedium()
  for (const name of medium.names()) if (name !== missing) other.put(name, medium.bytes(name))
  return other
}

it('every flipped bit in the catalog is a CorruptError, and repair gets everything back', async () => {
  const medium = await filled()
  const size = medium.bytes('catalog').length
  for (let offset = 0; offset < size; offset += 7) {
    const damaged = medium.clone().flipBit('catalog', offset, offset % 8)
    const failure = await openDatabase({ storage: damaged.reopen() }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CorruptError)
    expect(failure).toMatchObject({ details: { file: 'catalog', offset: expect.any(Number) } })
    const db = await openDatabase({ storage: damaged.reopen(), repair: true })
    expect(db.repairs).toEqual([
      { file: 'catalog', offset: 0, bytes: size, reason: expect.stringContaining('second copy') },
    ])
    expect(await db.collection('posts').get('a')).toEqual({ slug: 'a' })
    await db.close()
    const again = await openDatabase({ storage: damaged.reopen() })
    expect((await again.collections()).map(({ name }) => name)).toEqual(['posts', 'authors'])
    expect(again.repairs).toEqual([])
    await again.close()
  }
})

it('a missing catalog beside the files of a database is not taken for a new database', async () => {
  const medium = without(await filled(), 'catalog')
  const before = medium.names()
  await expect(openDatabase({ storage: medium.reopen() })).rejects.toThrow(CorruptError)
  expect(medium.names()).toEqual(before)
  const db = await openDatabase({ storage: medium.reopen(), repair: true })
  expect(await db.collection('posts').get('a')).toEqual({ slug: 'a' })
  expect(db.repairs.length).toBe(1)
  await db.close()
})

it("a damaged second copy is nobody's concern while the catalog is whole", async () => {
  const medium = (await filled()).flipBit('catalog.copy', 30, 1)
  const db = await openDatabase({ storage: medium.reopen() })
  expect(await db.collection('posts').count()).toBe(1)
  await db.createCollection('more')
  await db.close()
  expect(medium.bytes('catalog.copy')).toEqual(medium.bytes('catalog'))
})

it('when both are damaged, repair says that there is nothing to repair from', async () => {
  const medium = (await filled()).flipBit('catalog', 30, 1).flipBit('catalog.copy', 40, 2)
  const before = medium.names()
  await expect(openDatabase({ storage: medium.reopen(), repair: true })).rejects.toThrow('no better')
  expect(medium.names()).toEqual(before)
})

it('files of a collection that the second copy has not heard of are put aside, not removed', async () => {
  const medium = await filled()
  const older = medium.bytes('catalog.copy')
  const db = await openDatabase({ storage: medium.reopen() })
  await (await db.createCollection('late')).insert({ id: 1 })
  await db.close()
  const damaged = new SimulatedMedium()
  for (const name of medium.names()) damaged.put(name, name === 'catalog.copy' ? older : medium.bytes(name))
  damaged.flipBit('catalog', 25, 0)
  const repaired = await openDatabase({ storage: damaged.reopen(), repair: true })
  expect(repaired.repairs.map(({ file }) => file)).toEqual(['catalog', 'c3.p0.1.log', 'c3.p0.snapshot'])
  await (await repaired.createCollection('new')).insert({ id: 2 })
  await repaired.close()
  const again = await openDatabase({ storage: damaged.reopen() })
  expect(await again.collection('new').find().toArray()).toEqual([{ id: 2 }])
  await again.close()
  expect(damaged.bytes('lost.c3.p0.1.log')).toEqual(medium.bytes('c3.p0.1.log'))
})

// What the second copy knows was written first: the next opening saw a whole catalog, and removed the files that it lacks.
it('they are there also after a repair that was cut short', async () => {
  const medium = await filled()
  const older = medium.bytes('catalog.copy')
  const db = await openDatabase({ storage: medium.reopen() })
  await (await db.createCollection('late')).insert({ id: 1 })
  await db.close()
  const log = medium.bytes('c3.p0.1.log')
  medium.put('catalog.copy', older).flipBit('catalog', 25, 0)
  const cuts = await medium.cutsOf(
    async () => (await openDatabase({ storage: medium.reopen(), repair: true })).close(),
    ['all'],
  )
  for (const cut of cuts) {
    await openDatabase({ storage: cut.reopen() })
      .then((db) => db.close())
      .catch((error: unknown) => expect(error).toBeInstanceOf(CorruptError))
    await (await openDatabase({ storage: cut.reopen(), repair: true })).close()
    expect(cut.bytes('lost.c3.p0.1.log')).toEqual(log)
  }
})
