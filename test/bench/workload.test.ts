// Promise: figures taken today and next year are of the same documents. Checked by pinning a few of them, and what the
// workload says of itself.

import { describe, expect, it } from 'vitest'
import { Checksum, createKeyring, createWorkload, measureWorkload } from '../../bench/workload.mjs'

const ROWS_COUNT = 5_000
const w1 = createWorkload({ rowsCount: ROWS_COUNT })

function checksumOf(documents: Iterable<unknown>): string {
  const checksum = new Checksum()
  for (const document of documents) checksum.add(document)
  return String(checksum)
}

describe('workload', () => {
  it('is what it was', () => {
    expect(checksumOf(w1.documents(0, ROWS_COUNT))).toBe('5000:3svcx8130')
  })

  it('weighs about 284 bytes in six shapes, a few per cent of them not ASCII', () => {
    const { jsonBytesMean, shapesCount, nonAsciiPercent } = measureWorkload(w1)
    expect(jsonBytesMean).toBeGreaterThan(280)
    expect(jsonBytesMean).toBeLessThan(290)
    expect(shapesCount).toBe(6)
    expect(nonAsciiPercent).toBeGreaterThan(2)
    expect(nonAsciiPercent).toBeLessThan(6)
  })

  it('makes any document by itself, under a UUID of its own', () => {
    expect(w1.document(4_321)).toEqual(w1.documents(4_000, 5_000)[321])
    const keys = new Set(w1.keys(Array.from({ length: ROWS_COUNT }, (_, i) => i)))
    expect(keys.size).toBe(ROWS_COUNT)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(createKeyring(w1).key(77)).toBe(w1.key(77))
  })

  it('changes a document and keeps its key', () => {
    const before = w1.document(9)
    const after = w1.document(9, 1)
    expect(after.id).toBe(before.id)
    expect(after.likes).toBe(Number(before.likes) + 1)
    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(w1.document(9, 1)).toEqual(after)
  })

  it('adds 128 lanes and nothing else for W2', () => {
    const { embedding, ...plain } = createWorkload({ rowsCount: ROWS_COUNT, lanesCount: 128 }).document(9)
    expect(plain).toEqual(w1.document(9))
    expect(embedding).toBeInstanceOf(Float32Array)
    expect(embedding).toHaveLength(128)
  })

  it('tells one lost, doubled or altered document by its checksum', () => {
    const documents = w1.documents(0, 100)
    const whole = checksumOf(documents)
    expect(checksumOf(documents.toReversed())).toBe(whole)
    expect(checksumOf(documents.slice(1))).not.toBe(whole)
    expect(checksumOf([documents[1], ...documents.slice(1)])).not.toBe(whole)
    expect(checksumOf([{ ...documents[0], likes: -1 }, ...documents.slice(1)])).not.toBe(whole)
  })
})
