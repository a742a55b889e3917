// The IndexedDB database behind one directory.
//
//   files    name -> { id, size }
//   chunks   [id, index] -> ArrayBuffer of CHUNK_BYTES, fewer at the end of the file; all-zero chunks are omitted
//
// Files are identified by numbers, so that a rename moves no bytes. Every change is one transaction, and transactions
// on the same stores take effect in the order they were created: a crash leaves the state after some transaction.

import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

export const CHUNK_BYTES = 16_384

export interface FileEntry {
  readonly id: number
  readonly size: number
}

export interface Files extends DBSchema {
  files: { key: string; value: FileEntry }
  chunks: { key: [number, number]; value: ArrayBuffer }
}

export type FileDatabase = IDBPDatabase<Files>

const VERSION = 1

export async function openFiles(name: string): Promise<FileDatabase> {
  const database = await openDB<Files>(name, VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore('files')
      fresh.createObjectStore('chunks')
    },
  })
  // Does not block another tab that wants to delete it.
  database.addEventListener('versionchange', () => database.close())
  return database
}

/** The keys of one file's chunks, or those from `index` on. */
export function chunksOf(id: number, index = 0): IDBKeyRange {
  return IDBKeyRange.bound([id, index], [id, Number.POSITIVE_INFINITY])
}
