// What opening a log is given, and what it finds in it.

import type { StoreOptions } from '../core/index.ts'
import type { StorageDirectory } from '../storage/index.ts'

/** What a repair had to drop. */
export interface Repair {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly reason: string
}

/** A transaction found in this log: its frames are the bytes [from, to) of the file. */
export interface LoggedTransaction {
  readonly id: number
  readonly participants: readonly number[]
  readonly from: number
  readonly to: number
}

export interface RecoveryOptions extends StoreOptions {
  readonly directory: StorageDirectory
  readonly stem: string
  readonly database?: bigint | undefined
  /** Names of the partition's files; listed if not given. */
  readonly names?: readonly string[] | undefined
  readonly repair: boolean
  /** The file stays open, so not all of it has to be read now. */
  readonly isFileKept?: boolean
  /** Size from which a log is not read completely; default 4 MiB. */
  readonly passageBytesMin?: number
  /** Memory is known to be short: live records only, without a snapshot. */
  readonly isTight?: boolean | undefined
  readonly onProgress?: ((progress: { phase: string; done: number; total: number }) => void) | undefined
}
