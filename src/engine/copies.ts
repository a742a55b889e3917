// State shared by all copies of the package in one process: the ESM and the CJS bundle may both be loaded.

import type { Database } from './database.ts'

/** The process-wide value of this name; created on first use. */
export function ofProcess<T>(name: string, make: () => T): T {
  const home = globalThis as unknown as Record<symbol, T | undefined>
  const key = Symbol.for(`quiverdb.${name}`)
  home[key] ??= make()
  return home[key]
}

/**
 * What a dialect keeps per database: loaded once and shared by all of its clients. A failed load is retried by the next
 * client.
 */
export function onePerDatabase<S>(name: string, database: Database, load: () => Promise<S>): Promise<S> {
  const all = ofProcess(name, () => new WeakMap<Database, Promise<S>>())
  let one = all.get(database)
  if (one === undefined) {
    one = load()
    all.set(database, one)
    one.catch(() => all.delete(database))
  }
  return one
}
