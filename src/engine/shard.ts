// Which of n partitions a key belongs to. Stored documents are where this function put them: its results are part of the file format and
// never change (docs/format.md, "Shards"; pinned in test/unit/engine/shard.test.ts).
//
// FNV-1a over 32-bit words, then the finalizer of MurmurHash3, modulo n. Each key is fed as a tag and its value:
//   string  1, length, UTF-16 units      integer 2, low and high word of the int64     double 3, low and high word
//   boolean 4, 0 or 1                     date    5, as the number it is                 bytes  6, length, bytes
//   array   7, length, elements
// An integer is a bigint or a number that is whole and within int64, so that 1 and 1n go to one place.

import { isDate } from '../value/index.ts'
import { isBytes } from './key.ts'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const INT64_LIMIT = 2 ** 63
const DEPTH_MAX = 400

const double = new DataView(new ArrayBuffer(8))

/** Partition of `key` among `count`, 0 to count - 1. What is no key gets some number; the partition will refuse it. */
export function shardOf(key: unknown, count: number): number {
  return count === 1 ? 0 : keyHash(key) % count
}

/** 32 bits, unsigned. */
export function keyHash(key: unknown): number {
  let hash = feed(FNV_OFFSET, key, 0)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mix(hash: number, word: number): number {
  return Math.imul(hash ^ word, FNV_PRIME)
}

function feed(hash: number, key: unknown, depth: number): number {
  switch (typeof key) {
    case 'string':
      return feedString(hash, key)
    case 'number':
      return feedNumber(hash, key)
    case 'bigint':
      return mix(mix(mix(hash, 2), Number(BigInt.asIntN(32, key))), Number(BigInt.asIntN(32, key >> 32n)))
    case 'boolean':
      return mix(mix(hash, 4), key ? 1 : 0)
    case 'object':
      return key === null ? hash : feedObject(hash, key, depth)
    default:
      return hash
  }
}

function feedString(before: number, text: string): number {
  let hash = mix(mix(before, 1), text.length)
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return hash
}

function feedNumber(hash: number, value: number): number {
  if (Number.isInteger(value) && value >= -INT64_LIMIT && value < INT64_LIMIT) {
    // Division by a power of two and ToInt32 are exact, so this is the int64 in two words.
    return mix(mix(mix(hash, 2), value | 0), Math.floor(value / 4_294_967_296) | 0)
  }
  double.setFloat64(0, value, true)
  return mix(mix(mix(hash, 3), double.getInt32(0, true)), double.getInt32(4, true))
}

function feedObject(before: number, key: object, depth: number): number {
  if (isBytes(key)) {
    let hash = mix(mix(before, 6), key.length)
    for (const byte of key) hash = mix(hash, byte)
    return hash
  }
  if (!Array.isArray(key)) return isDate(key) ? feedNumber(mix(before, 5), key.getTime()) : before
  if (depth > DEPTH_MAX) return before
  let hash = mix(mix(before, 7), key.length)
  for (const element of key) hash = feed(hash, element, depth + 1)
  return hash
}
