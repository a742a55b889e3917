// The documents of the crash tests' partitions, and what is in a partition.

import type { Document } from '../../src/value/index.ts'
import { differenceOf } from '../core/exact.ts'
import type { Partition } from '../core/partitions.ts'

/** Key to version; what the version looks like is told by `documentOf`. */
export type Contents = Map<string, number>

const DIMENSION = 5
export const VECTORS = [{ name: 'v', dimension: DIMENSION, metric: 'l2' }] as const

/** Few values a lane, so that some are equal and many just as far. */
export function vectorOf(version: number): Float32Array {
  return Float32Array.from(
    { length: DIMENSION },
    (_, i) => (Math.imul(version + 1, 2_654_435_761 + i * 40_503) >>> 16) % 9,
  )
}

export function documentOf(key: string, version: number): Record<string, unknown> {
  const letter = String.fromCharCode(97 + (version % 26))
  const bytes = version % 50 === 49 ? 60_000 : version % 11 === 10 ? 3_000 : version % 40
  // Fields by version, so that new shapes come up all the time, in objects within objects, too.
  return {
    id: key,
    version,
    text: letter.repeat(bytes),
    v: vectorOf(version),
    [`f${version % 37}`]: { [`g${version % 23}`]: [version, letter] },
  }
}

export function digestOf(contents: Contents): string {
  return [...contents]
    .map(([key, version]) => `${key}=${version}`)
    .sort()
    .join(' ')
}

export function* documentsIn(partition: Partition): Generator<{ address: number; document: Document }> {
  const addresses = new Uint32Array(256)
  for (let slot = 0; slot >= 0; ) {
    const { count, next } = partition.store.scan(slot, addresses)
    slot = next
    for (const address of addresses.slice(0, count)) yield { address, document: partition.read(address) }
  }
}

/** What is in a partition; throws when a document is not one that was written. */
export function contentsOf(partition: Partition): Contents {
  const contents: Contents = new Map()
  for (const { address, document } of documentsIn(partition)) {
    const [key, version] = [document['id'] as string, document['version'] as number]
    const torn = differenceOf(documentOf(key, version), document)
    if (torn !== undefined || contents.has(key)) throw new Error(`document ${key}: ${torn ?? 'there are two'}`)
    if (partition.find(key) !== address) throw new Error(`document ${key} is not found by its key`)
    contents.set(key, version)
  }
  if (contents.size !== partition.count) throw new Error(`${contents.size} documents, counted as ${partition.count}`)
  return contents
}
