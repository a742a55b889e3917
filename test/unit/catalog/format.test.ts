// Promise: the catalog is read back as it was written, and every flipped bit and every truncation of it is detected.

import { describe, expect, it } from 'vitest'
import type { CatalogState } from '../../../src/catalog/index.ts'
import { CATALOG_VERSION, crc32c, decodeCatalog, encodeCatalog } from '../../../src/catalog/stored.ts'
import { CorruptError, FormatVersionError } from '../../../src/error/index.ts'

const STATE: CatalogState = {
  sequence: 7,
  nextCollectionId: 4,
  collections: [
    {
      id: 1,
      name: 'posts \ud800 "日本"\n__proto__',
      primaryKey: '__proto__',
      vectors: [
        {
          name: 'v',
          dimension: 8,
          metric: 'hamming',
          index: { type: 'auto', m: 16, efConstruction: 128, quantization: 'int8' },
        },
      ],
      shards: 2,
      partitions: [
        { id: 0, name: '_default' },
        { id: 4, name: '2026' },
      ],
      indexes: [],
      inverted: [],
      nextIndexId: 0,
      nextPartitionId: 6,
    },
  ],
}

/** A catalog whose payload is this text, with a right checksum. */
function sealed(text: string, version = CATALOG_VERSION): Uint8Array {
  const bytes = encodeCatalog(STATE)
  const payload = new TextEncoder().encode(text)
  const made = new Uint8Array(20 + payload.length)
  made.set(bytes.subarray(0, 20))
  made.set(payload, 20)
  const view = new DataView(made.buffer)
  view.setUint32(8, version, true)
  view.setUint32(12, payload.length, true)
  view.setUint32(16, crc32c(payload, crc32c(made.subarray(0, 16))), true)
  return made
}

describe('the checksum', () => {
  it('is CRC-32C', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(0))).toBe(0)
  })

  it('can be taken piece by piece', () => {
    const bytes = new TextEncoder().encode('123456789')
    expect(crc32c(bytes.subarray(4), crc32c(bytes.subarray(0, 4)))).toBe(0xe3069283)
  })
})

describe('the catalog', () => {
  it('comes back as it was', () => {
    expect(decodeCatalog(encodeCatalog(STATE), 'catalog')).toEqual(STATE)
    expect(decodeCatalog(sealed(JSON.stringify(STATE)), 'catalog')).toEqual(STATE)
  })

  it('has the layout of docs/format.md', () => {
    const bytes = encodeCatalog(STATE)
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('QVCATLOG')
    const view = new DataView(bytes.buffer)
    expect(view.getUint32(8, true)).toBe(1)
    expect(view.getUint32(12, true)).toBe(bytes.length - 20)
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(20)))).toEqual(STATE)
  })

  it('notices every flipped bit, and says where in which file', () => {
    const whole = encodeCatalog(STATE)
    for (let offset = 0; offset < whole.length; offset++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = whole.slice()
        bytes[offset]! ^= 1 << bit
        expect(() => decodeCatalog(bytes, 'catalog')).toThrow(CorruptError)
      }
    }
    const bytes = whole.slice()
    bytes[3]! ^= 1
    expect(() => decodeCatalog(bytes, 'catalog')).toThrow(
      expect.objectContaining({ details: { file: 'catalog', offset: 3 } }),
    )
  })

  it('notices every truncation and every addition', () => {
    const whole = encodeCatalog(STATE)
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeCatalog(whole.slice(0, length), 'catalog')).toThrow(CorruptError)
    }
    expect(() => decodeCatalog(new Uint8Array([...whole, 0]), 'catalog')).toThrow(CorruptError)
  })

  it('of a later version is refused as such', () => {
    expect(() => decodeCatalog(sealed('whatever', 2), 'catalog')).toThrow(FormatVersionError)
    expect(() => decodeCatalog(sealed('whatever', 2), 'catalog')).toThrow('version 2')
  })

  it.each([
    ['nothing'],
    ['null'],
    ['[]'],
    ['{"sequence":1,"nextCollectionId":1}'],
    ['{"sequence":-1,"nextCollectionId":1,"collections":[]}'],
    [JSON.stringify({ ...STATE, nextCollectionId: 1 })],
    [JSON.stringify({ ...STATE, collections: [{ ...STATE.collections[0], name: '' }] })],
    [JSON.stringify({ ...STATE, collections: [{ ...STATE.collections[0], partitions: [] }] })],
    [JSON.stringify({ ...STATE, collections: [{ ...STATE.collections[0], nextPartitionId: 4 }] })],
    [JSON.stringify({ ...STATE, collections: [{ ...STATE.collections[0], shards: 0 }] })],
    [JSON.stringify({ ...STATE, collections: [null] })],
  ])('that makes no sense is refused: %s', (text) => {
    expect(() => decodeCatalog(sealed(text), 'catalog')).toThrow(CorruptError)
  })
})
