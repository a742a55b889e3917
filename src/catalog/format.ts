// The catalog as bytes, little-endian (docs/format.md, "Catalog"):
// | 0 magic "QVCATLOG" | 8 version u32 | 12 payloadBytes u32 | 16 checksum u32 | 20 payload, JSON in UTF-8 |
// The checksum is CRC-32C over bytes 0 to 15 and the payload. The head keeps this layout in every version, so that a
// flipped bit in the version is told from a file of a later version.

import { CorruptError, FormatVersionError } from '../error/index.ts'
import { crc32c } from './checksum.ts'
import type {
  CatalogState,
  CollectionDefinition,
  IndexDefinition,
  PartitionDefinition,
  VectorDefinition,
} from './definition.ts'
import type { InvertedDefinition, SparseIndexDefinition, TextIndexDefinition } from './inverted.ts'
import { isFieldDefinition } from './schema.ts'

export const CATALOG_VERSION = 1

const MAGIC = Uint8Array.from('QVCATLOG', (letter) => letter.charCodeAt(0))
const VERSION_OFFSET = MAGIC.length
const PAYLOAD_BYTES_OFFSET = VERSION_OFFSET + 4
const CHECKSUM_OFFSET = PAYLOAD_BYTES_OFFSET + 4
const PAYLOAD_OFFSET = CHECKSUM_OFFSET + 4

/** The bytes of the file. */
export function encodeCatalog(state: CatalogState): Uint8Array {
  // JSON.stringify writes a lone surrogate as an escape, so every name survives UTF-8.
  const payload = new TextEncoder().encode(JSON.stringify(state))
  const bytes = new Uint8Array(PAYLOAD_OFFSET + payload.length)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(VERSION_OFFSET, CATALOG_VERSION, true)
  view.setUint32(PAYLOAD_BYTES_OFFSET, payload.length, true)
  bytes.set(payload, PAYLOAD_OFFSET)
  view.setUint32(CHECKSUM_OFFSET, checksum(bytes), true)
  return bytes
}

/**
 * Reads the bytes of the file called `file`.
 *
 * @throws {@link CorruptError} when they are not what `encodeCatalog` made.
 * @throws {@link FormatVersionError} when a later version of quiverdb made them.
 */
export function decodeCatalog(bytes: Uint8Array, file: string): CatalogState {
  if (bytes.length < PAYLOAD_OFFSET) {
    throw corrupt(file, bytes.length, `is ${bytes.length} bytes long, its head alone has ${PAYLOAD_OFFSET}`)
  }
  const wrong = MAGIC.findIndex((byte, i) => bytes[i] !== byte)
  if (wrong >= 0) throw corrupt(file, wrong, 'does not begin as a catalog of quiverdb does')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const payloadBytes = view.getUint32(PAYLOAD_BYTES_OFFSET, true)
  if (payloadBytes !== bytes.length - PAYLOAD_OFFSET) {
    const found = bytes.length - PAYLOAD_OFFSET
    throw corrupt(file, PAYLOAD_BYTES_OFFSET, `claims a payload of ${payloadBytes} bytes, but has ${found}`)
  }
  if (view.getUint32(CHECKSUM_OFFSET, true) !== checksum(bytes)) {
    throw corrupt(file, CHECKSUM_OFFSET, 'does not match its checksum')
  }
  const version = view.getUint32(VERSION_OFFSET, true)
  if (version !== CATALOG_VERSION) {
    throw new FormatVersionError(
      `${file} has format version ${version}, this version of quiverdb reads version ${CATALOG_VERSION}`,
      { details: { file, version, readable: [CATALOG_VERSION] } },
    )
  }
  let state: unknown
  try {
    state = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PAYLOAD_OFFSET)))
  } catch (cause) {
    throw corrupt(file, PAYLOAD_OFFSET, 'is not valid JSON', cause)
  }
  if (!isCatalogState(state)) throw corrupt(file, PAYLOAD_OFFSET, 'holds definitions that are not valid')
  return completed(state)
}

/** Fills in what earlier versions did not write: they had no indexes. */
function completed(state: CatalogState): CatalogState {
  const collections = state.collections.map((item) => ({
    ...item,
    indexes: item.indexes ?? [],
    inverted: item.inverted ?? [],
    nextIndexId: item.nextIndexId ?? 0,
  }))
  return { ...state, collections }
}

function checksum(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(PAYLOAD_OFFSET), crc32c(bytes.subarray(0, CHECKSUM_OFFSET)))
}

function corrupt(file: string, offset: number, what: string, cause?: unknown): CorruptError {
  return new CorruptError(
    `${file} ${what} (at offset ${offset}); open with { repair: true } to salvage what is whole`,
    {
      details: { file, offset },
      cause,
    },
  )
}

function isCatalogState(value: unknown): value is CatalogState {
  const state = value as Partial<CatalogState> | null
  if (typeof state !== 'object' || state === null) return false
  if (!isCount(state.sequence) || !isCount(state.nextCollectionId)) return false
  if (state.id !== undefined && !/^[0-9a-f]{16}$/.test(state.id)) return false
  const next = state.nextCollectionId
  return isListOf(state.collections, (item) => isCollection(item) && item.id < next)
}

function isCollection(value: unknown): value is CollectionDefinition {
  const item = value as Partial<CollectionDefinition>
  if (!isCount(item.id) || !isText(item.name) || !isText(item.primaryKey)) return false
  if (!isCount(item.shards) || item.shards < 1 || !isCount(item.nextPartitionId)) return false
  const firstFree = item.nextPartitionId - item.shards
  if (!isListOf(item.partitions, (partition) => isPartition(partition) && partition.id <= firstFree)) return false
  if ((item.partitions as readonly unknown[]).length === 0 || !isListOf(item.vectors, isVector)) return false
  const { indexes, inverted = [], nextIndexId, schema = [] } = item
  if (!isListOf(schema, isFieldDefinition)) return false
  if (indexes === undefined) return true
  if (!isCount(nextIndexId) || !isListOf(indexes, (index) => isIndex(index) && index.id < nextIndexId)) return false
  return isListOf(inverted, (index) => isInvertedDefinition(index) && index.id < nextIndexId)
}

function isIndex(value: unknown): value is IndexDefinition {
  const item = value as Partial<IndexDefinition>
  if (!isCount(item.id) || !isText(item.name) || !Array.isArray(item.fields) || item.fields.length === 0) return false
  return item.fields.every(isText) && typeof item.unique === 'boolean' && typeof item.multi === 'boolean'
}

function isPartition(value: unknown): value is PartitionDefinition {
  const item = value as Partial<PartitionDefinition>
  return isCount(item.id) && isText(item.name)
}

function isVector(value: unknown): value is VectorDefinition {
  const item = value as Partial<VectorDefinition>
  return isText(item.name) && isCount(item.dimension) && isText(item.metric) && typeof item.index === 'object'
}

function isListOf(value: unknown, claim: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && claim(item))
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0
}

/** Whether an entry is a text or sparse index. */
function isInvertedDefinition(value: unknown): value is InvertedDefinition {
  const item = value as Partial<TextIndexDefinition | SparseIndexDefinition>
  if (typeof item.id !== 'number' || typeof item.name !== 'string' || !Array.isArray(item.fields)) return false
  if (item.fields.length === 0 || !item.fields.every((field) => typeof field === 'string')) return false
  if (item.type === 'sparse') return true
  if (item.type !== 'text') return false
  const { analyzer, k1, b } = item as Partial<TextIndexDefinition>
  return analyzer !== undefined && typeof k1 === 'number' && typeof b === 'number'
}
