// The media that the suites of test/api run on: the same promises hold in memory and in a directory.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import { type CollectionOptions, type Database, open } from '../../src/index.ts'

export interface Configuration {
  readonly name: string
  /** Options that the suite's collections get besides its own. */
  readonly collection: CollectionOptions
  /** Opens a new database; it is closed and removed after the test. */
  openNew(): Promise<Database>
}

const opened: Database[] = []
const directories: string[] = []

/** A new directory, removed after the test. */
export async function newDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'quiverdb-'))
  directories.push(path)
  return path
}

/** A new database in memory, closed after the test. */
export async function openMemory(): Promise<Database> {
  const db = await open(':memory:')
  opened.push(db)
  return db
}

const CONFIGURATIONS: readonly Configuration[] = [
  { name: 'in memory', collection: {}, openNew: openMemory },
  { name: 'in memory, over 3 shards', collection: { shards: 3 }, openNew: openMemory },
  {
    name: 'in a directory',
    collection: {},
    openNew: async () => {
      const db = await open(join(await newDirectory(), 'data'))
      opened.push(db)
      return db
    },
  },
]

/** Runs a suite on every medium, with and without shards. */
export function describeEach(title: string, suite: (configuration: Configuration) => void): void {
  describe.each(CONFIGURATIONS.map((configuration) => [configuration.name, configuration] as const))(
    `${title}, %s`,
    (_, configuration) => suite(configuration),
  )
}

/** To be called once in each file that opens databases. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close()
    for (const path of directories.splice(0)) await rm(path, { recursive: true, force: true })
  })
}

/** A write result with these counters, the others zero. */
export function counters(counts: Partial<Record<(typeof COUNTERS)[number], number>>): Record<string, number> {
  return { ...Object.fromEntries(COUNTERS.map((name) => [name, 0])), ...counts }
}

const COUNTERS = ['inserted', 'replaced', 'unchanged', 'deleted', 'skipped', 'errors'] as const
