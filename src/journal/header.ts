// Headers and names of the two files of a partition. Byte tables: docs/format.md.

import type { Store } from '../core/index.ts'
import { CorruptError, FormatVersionError } from '../error/index.ts'

/** Two copies of 64 bytes: one is enough to salvage the frames, whose checksums need the seed. */
export const LOG_HEADER_BYTES = 128
const LOG_HEADER_COPY = 64
export const SNAPSHOT_HEADER_BYTES = 64
const LOG_VERSION = 1
const SNAPSHOT_VERSION = 1

const LOG_MAGIC = 'QUIVRLOG'
const SNAPSHOT_MAGIC = 'QUIVRSNP'
const HASHED_BYTES = 56
/** Weight of the upper half of a number that is stored in two parts. */
const HIGH = 2 ** 32

/** The partition and database that a log was made for; zeros where unknown. */
export interface LogHome {
  readonly collection: number
  readonly partition: number
  /** The id in the catalog. */
  readonly database: bigint
}

/** 64 random bits that identify one log, or one database. */
export function newSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!
}

export interface LogHeader {
  /** Seed of the frames' checksums: random for each file, so that bytes of another file never pass. */
  readonly seed: bigint
  readonly generation: number
  /** Transactions up to this number were settled before the file was created. */
  readonly sealedTransaction: number
  /** False while a compaction is still writing the file: until then the previous generation is the log. */
  readonly isComplete: boolean
  readonly home: LogHome
}

export interface SnapshotHeader {
  readonly layout: number
  /** Seed of the log the snapshot belongs to. */
  readonly logSeed: bigint
  /** How many bytes of that log the snapshot covers; all of them were durable. */
  readonly covered: number
  readonly sequence: number
  readonly pagesTop: number
  /** Number of pages with structures, and of 4 KiB blocks in them that are not all zero. */
  readonly pagesCount: number
  readonly blocksCount: number
  /** Hash of everything after the header. */
  readonly contentHash: bigint
}

export function logName(stem: string, generation: number): string {
  return `${stem}.${generation}.log`
}

export function snapshotName(stem: string): string {
  return `${stem}.snapshot`
}

/** The generation in a log's file name, or undefined for a file that is not a log of this stem. */
export function generationOf(stem: string, name: string): number | undefined {
  if (!name.startsWith(`${stem}.`) || !name.endsWith('.log')) return undefined
  const digits = name.slice(stem.length + 1, -4)
  return /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : undefined
}

const STEM = /^c(\d+)\.p(\d+)$/

export function homeOf(stem: string, database = 0n): LogHome {
  const [, collection = 0, partition = 0] = STEM.exec(stem) ?? []
  return { collection: Number(collection), partition: Number(partition), database }
}

/**
 * Throws CorruptError for a file under the name of another: misplaced when restoring a backup, it would be read as that
 * file, with every checksum correct.
 */
export function requireHome({ home }: LogHeader, wanted: LogHome, file: string): void {
  const { collection, partition, database } = home
  const isOther = database !== wanted.database && database !== 0n && wanted.database !== 0n
  const isMoved = collection !== wanted.collection || partition !== wanted.partition
  if (!isOther && (!isMoved || collection === 0 || wanted.collection === 0)) return
  const belongsTo = `c${collection}.p${partition}`
  const what = isOther
    ? `${belongsTo} of another database: put the whole directory back as it was`
    : `${belongsTo}, under a name that is not its own: rename it, or open(path, { repair: true }), which gives files their names back`
  throw new CorruptError(`${file} is the log of ${what}`, { details: { file, offset: 40, belongsTo } })
}

/**
 * The partition that a log belongs to in a database, from its header; undefined where the header is unreadable, does
 * not say, or names another database.
 */
export function ownPlace(
  store: Store,
  bytes: Uint8Array,
  database = 0n,
): { stem: string; generation: number; isComplete: boolean } | undefined {
  try {
    const { home, generation, isComplete } = decodeLogHeader(store, bytes, '', true)
    const isOurs = home.database === database || home.database === 0n || database === 0n
    if (!isOurs || home.collection === 0) return undefined
    return { stem: `c${home.collection}.p${home.partition}`, generation, isComplete }
  } catch {
    return undefined
  }
}

function head(magic: string, version: number, bytes: number): DataView {
  const view = new DataView(new ArrayBuffer(bytes))
  for (let i = 0; i < 8; i++) view.setUint8(i, magic.charCodeAt(i))
  view.setUint32(8, version, true)
  view.setUint32(12, bytes, true)
  return view
}

function seal(store: Store, view: DataView): Uint8Array {
  const bytes = new Uint8Array(view.buffer)
  view.setBigUint64(HASHED_BYTES, store.hashBytes(bytes.subarray(0, HASHED_BYTES), 0n), true)
  return bytes
}

function open(store: Store, bytes: Uint8Array, magic: string, version: number, file: string): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const corrupt = (offset: number, what: string) =>
    new CorruptError(`${file} is damaged at byte ${offset}: ${what}`, { details: { file, offset } })
  for (let i = 0; i < 8; i++)
    if (view.getUint8(i) !== magic.charCodeAt(i)) throw corrupt(i, 'the file does not begin as a quiverdb file does')
  if (store.hashBytes(bytes.subarray(0, HASHED_BYTES), 0n) !== view.getBigUint64(HASHED_BYTES, true)) {
    throw corrupt(8, 'the checksum of its head is wrong')
  }
  const found = view.getUint32(8, true)
  if (found !== version) {
    throw new FormatVersionError(
      `${file} has format version ${found}; this version of quiverdb reads version ${version}`,
      {
        details: { file, version: found, supported: version },
      },
    )
  }
  return view
}

export function encodeLogHeader(store: Store, header: LogHeader): Uint8Array {
  const view = head(LOG_MAGIC, LOG_VERSION, LOG_HEADER_COPY)
  view.setBigUint64(16, header.seed, true)
  view.setUint32(24, header.generation, true)
  view.setUint32(28, header.sealedTransaction % HIGH, true)
  view.setUint32(36, Math.floor(header.sealedTransaction / HIGH), true)
  view.setUint32(32, header.isComplete ? 1 : 0, true)
  view.setUint32(40, header.home.collection, true)
  view.setUint32(44, header.home.partition, true)
  view.setBigUint64(48, header.home.database, true)
  const copy = seal(store, view)
  const bytes = new Uint8Array(LOG_HEADER_BYTES)
  bytes.set(copy)
  bytes.set(copy, LOG_HEADER_COPY)
  return bytes
}

/** Throws CorruptError or FormatVersionError, unless `canSalvage` is set and one copy is intact. */
export function decodeLogHeader(store: Store, bytes: Uint8Array, file: string, canSalvage: boolean): LogHeader {
  const decode = (copy: Uint8Array): LogHeader => {
    const view = open(store, copy, LOG_MAGIC, LOG_VERSION, file)
    return {
      seed: view.getBigUint64(16, true),
      generation: view.getUint32(24, true),
      sealedTransaction: view.getUint32(28, true) + view.getUint32(36, true) * HIGH,
      isComplete: view.getUint32(32, true) === 1,
      home: {
        collection: view.getUint32(40, true),
        partition: view.getUint32(44, true),
        database: view.getBigUint64(48, true),
      },
    }
  }
  const first = bytes.subarray(0, LOG_HEADER_COPY)
  const second = bytes.subarray(LOG_HEADER_COPY, LOG_HEADER_BYTES)
  try {
    const header = decode(first)
    if (!canSalvage) decode(second)
    return header
  } catch (error) {
    if (!canSalvage) throw error
    return decode(second)
  }
}

export function encodeSnapshotHeader(store: Store, header: SnapshotHeader): Uint8Array {
  const view = head(SNAPSHOT_MAGIC, SNAPSHOT_VERSION, SNAPSHOT_HEADER_BYTES)
  view.setUint32(16, header.layout, true)
  view.setUint32(20, header.sequence, true)
  view.setBigUint64(24, header.logSeed, true)
  view.setUint32(32, header.covered / 8, true)
  view.setUint32(36, header.blocksCount, true)
  view.setUint32(40, header.pagesTop, true)
  view.setUint32(44, header.pagesCount, true)
  view.setBigUint64(48, header.contentHash, true)
  return seal(store, view)
}

/** Throws CorruptError or FormatVersionError. */
export function decodeSnapshotHeader(store: Store, bytes: Uint8Array, file: string): SnapshotHeader {
  const view = open(store, bytes, SNAPSHOT_MAGIC, SNAPSHOT_VERSION, file)
  return {
    layout: view.getUint32(16, true),
    sequence: view.getUint32(20, true),
    logSeed: view.getBigUint64(24, true),
    covered: view.getUint32(32, true) * 8,
    blocksCount: view.getUint32(36, true),
    pagesTop: view.getUint32(40, true),
    pagesCount: view.getUint32(44, true),
    contentHash: view.getBigUint64(48, true),
  }
}
