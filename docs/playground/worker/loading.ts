// Documents from anywhere into a collection, in batches, with progress told.

import type { Collection, Database, VectorOptions } from 'quiverdb'

/** @param part - how much is done, from 0 to 1; undefined where nobody knows. */
export type Tell = (what: string, part: number | undefined) => void

const BATCH = 1_000

export interface LoadSum {
  readonly documents: number
  readonly refused: number
  readonly firstError: string | undefined
}

export async function collectionOf(
  db: Database,
  name: string,
  vectors: Readonly<Record<string, VectorOptions>> = {},
): Promise<Collection> {
  const isThere = (await db.collections()).some((one) => one.name === name)
  return isThere ? db.collection(name) : await db.createCollection(name, { vectors })
}

/** @param tell - called after each batch with how many have been read. */
export async function insertAll(
  collection: Collection,
  documents: Iterable<object> | AsyncIterable<object>,
  tell: (read: number) => void,
): Promise<LoadSum> {
  let [read, refused] = [0, 0]
  let firstError: string | undefined
  let batch: object[] = []
  const write = async () => {
    const result = await collection.insert(batch, { conflict: 'replace', durability: 'soft' })
    refused += result.errors
    firstError ??= result.firstError
    read += batch.length
    batch = []
    tell(read)
  }
  for await (const document of documents) {
    batch.push(document)
    if (batch.length === BATCH) await write()
  }
  if (batch.length > 0) await write()
  return { documents: read - refused, refused, firstError }
}
