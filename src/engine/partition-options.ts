// What a partition is opened with, and what it reports.

import type { CollectionShapes, VectorField } from '../core/index.ts'
import type { StorageDirectory } from '../storage/index.ts'

export interface PartitionOptions {
  /** Unique in the collection, never reused. */
  readonly id: number
  /** Partitions with the same number are the shards of one partition. */
  readonly group?: number
  /** For messages. */
  readonly collection: string
  readonly primaryKey: string
  readonly vectors: readonly VectorField[]
  /** There are no vector fields and no indexes: the code for them is loaded when the first is added. */
  readonly isPlain?: boolean
  /** Shared by all partitions of a collection. */
  readonly shapes: CollectionShapes
  /** `null` for memory only. */
  readonly storage: StorageDirectory | null
  /** In memory: where the log to open from is. */
  readonly imported?: StorageDirectory | undefined
  /** Files are `<stem>.<generation>.log` and `<stem>.snapshot`. */
  readonly stem: string
  /** The database that the files belong to, as the catalog has it. */
  readonly database?: bigint | undefined
  /** The files present when the database is opened; listed if not given. */
  readonly names?: readonly string[] | undefined
  readonly readOnly?: boolean
  readonly repair?: boolean
  /** Default 4 GiB. */
  readonly memoryLimitBytes?: number
  /** A snapshot of more documents than this includes their index; default 300,000. */
  readonly buildDocumentsMax?: number
  /** A log of at least this many bytes is only scanned when opened, and its records are loaded later; default 4 MiB. */
  readonly passageBytesMin?: number
  /** Opened in as little memory as can be, which takes longer. */
  readonly isTight?: boolean
  readonly onProgress?: ((progress: { phase: string; done: number; total: number }) => void) | undefined
  /** Called when the outcome of a write is unknown: nothing more may be written. */
  readonly onPoison?: ((cause: unknown) => void) | undefined
}

export interface PartitionStats {
  readonly documents: number
  readonly bytes: number
  readonly memory: number
  readonly logBytes: number
  readonly garbageBytes: number
  readonly shapes: number
}
