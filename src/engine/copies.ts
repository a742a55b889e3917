// What all copies of the package in one process share: bundles for both module systems may be loaded at once.

import type { Database } from './database.ts'

/** The one value of that name in this process; made when it is first asked for. */
export function ofProcess<T>(name: string, make: () => T): T {
  const home = globalThis as unknown as Record<symbol, T | undefined>
  const key = Symbol.for(`quiverdb.${name}`)
  home[key] ??= make()
  return home[key]
}

/** What a dialect keeps of a database: loaded once for all of its clients. A failed load is tried again by the next of them. */
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
