// Saves what is known about databases and tables: loaded with the first term that changes any of it.

import { CATALOG, type DatabaseInfo, type Store, type TableInfo } from './store.ts'

type Info = DatabaseInfo | TableInfo

/** The catalog being made anew for a store. */
const RENEWING = new WeakMap<Store, Promise<unknown>>()

/** Saves a changed record. */
export function save(store: Store, info: Info): void {
  if (store.catalog !== undefined) follow(store, hasCatalog(store) ? write(store, [info]) : renewed(store))
}

/** Removes a record. */
export function forget(store: Store, id: string): void {
  if (!hasCatalog(store)) return
  const removal = store.catalog!.begin(true)
  try {
    removal.remove(id)
    follow(store, removal.commit())
  } finally {
    removal.abandon()
  }
}

/** Removes the records of tables whose collections are gone. */
export function forgetGone(store: Store, ids: readonly string[]): void {
  try {
    for (const id of ids) forget(store, id)
  } catch {
    // The database is read-only.
  }
}

/** False where nothing can be written, and once another interface has dropped or renamed the catalog. */
function hasCatalog({ catalog }: Store): boolean {
  return catalog?.isNamed(CATALOG) === true
}

function write(store: Store, infos: readonly Info[]): Promise<unknown> | undefined {
  const records = infos.map((info) => ({ ...info }))
  return store.catalog!.insert(records, true, true).done
}

/** Makes the catalog anew, with everything that is known. */
function renewed(store: Store): Promise<unknown> {
  let renewing = RENEWING.get(store)
  if (renewing === undefined) {
    renewing = renew(store).finally(() => RENEWING.delete(store))
    RENEWING.set(store, renewing)
  }
  return renewing
}

async function renew(store: Store): Promise<void> {
  store.catalog = store.directOf(await store.database.createCollection(CATALOG))
  await write(store, [...store.named.values(), ...Array.from(store.labelled.values(), ({ info }) => info)])
}

function follow(store: Store, done: Promise<unknown> | undefined): void {
  store.saves++
  for (const tell of store.savers) tell()
  if (done === undefined) return
  store.saving.add(done)
  const end = () => store.saving.delete(done)
  done.then(end, end)
}
