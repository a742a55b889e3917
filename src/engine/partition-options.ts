// What a partition is opened with, and what it tells of itself.

import type { CollectionShapes, VectorField } from '../core/index.ts'
import type { StorageDirectory } from '../storage/index.ts'

export interface PartitionOptions {
  /** Unique in the collection, never used again. */
  readonly id: number
  /** Those with the same number are the shards of one partition. */
  readonly group?: number
  /** For messages. */
  readonly collection: string
  readonly primaryKey: string
  readonly vectors: readonly VectorField[]
  /** It has neither vector fields nor indexes: what those need is loaded when it gets the first. */
  readonly isPlain?: boolean
  /** The same object for all partitions of a collection. */
  readonly shapes: CollectionShapes
  /** `null`: memory only. */
  readonly storage: StorageDirectory | null
  /** In memory: where the log is that the partition is opened from. */
  readonly imported?: StorageDirectory | undefined
  /** Files are `<stem>.<generation>.log` and `<stem>.snapshot`. */
  readonly stem: string
  /** Which database they belong to, as the catalog has it. */
  readonly database?: bigint | undefined
  /** Those that there are as the database is opened; asked for unless given. */
  readonly names?: readonly string[] | undefined
  readonly readOnly?: boolean
  readonly repair?: boolean
  /** 4 GiB unless given. */
  readonly memoryLimitBytes?: number
  /** A snapshot of more documents than this holds their index, too; 300,000 unless given. */
  readonly buildDocumentsMax?: number
  /** A log of so many bytes or more is read through when it is opened, and its records come later; 4 MiB unless given. */
  readonly passageBytesMin?: number
  readonly onProgress?: ((progress: { phase: string; done: number; total: number }) => void) | undefined
  /** A write's outcome is unknown: nothing more may be written. */
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
