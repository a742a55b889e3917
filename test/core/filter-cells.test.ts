// Promise: the cells of many records say what the documents hold at a path, whatever stands there; scalars without decoding, the
// rest as being elsewhere.

import { expect, it } from 'vitest'
import { Cells, ELSEWHERE } from '../../src/core/derived/index.ts'
import { fieldsProgram, valueAt } from '../../src/query/filters.ts'
import type { Constant } from '../../src/query/index.ts'
import fc from '../property.ts'
import { filterStore } from './filter-store.ts'
import { someDocuments, someStep } from './filter-values.ts'
import { settings } from './values.ts'

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof Date
}

it('hold what stands at a path', async () => {
  const path = fc.array(someStep, { minLength: 1, maxLength: 3, size: 'xsmall' })
  await fc.assert(
    fc.asyncProperty(someDocuments, fc.array(path, { minLength: 1, maxLength: 3 }), async (documents, paths) => {
      const { store } = await filterStore(documents)
      const addresses = new Uint32Array(256)
      const { count } = store.scan(0, addresses)
      const program = fieldsProgram(paths)
      paths.forEach((steps, number) => {
        const cells = new Cells()
        store.filters.cells(program, number, addresses, count, cells)
        for (let i = 0; i < count; i++) {
          const expected = valueAt(store.reader.read(addresses[i]!) as Constant, steps)
          const value = cells.value(i)
          // Keys that are UUIDs are packed.
          if (value === ELSEWHERE && typeof expected === 'string') expect(steps).toEqual([{ name: 'id', index: null }])
          else if (isScalar(expected)) expect(value).toEqual(expected)
          else expect(value).toBe(ELSEWHERE)
          expect(cells.isNumber(i)).toBe(typeof expected === 'number')
          if (!cells.isText(i)) continue
          const utf8 = new TextEncoder().encode(expected as string)
          expect(cells.utf8(i)).toEqual(utf8)
          expect(cells.compareText(i, utf8)).toBe(0)
          expect(cells.compareText(i, utf8.subarray(0, -1))).toBeGreaterThanOrEqual(Math.min(1, utf8.length))
          expect(cells.compareText(i, Uint8Array.of(...utf8, 0))).toBeLessThan(0)
        }
      })
    }),
    settings(300),
  )
})

it('of 256 records at once', async () => {
  const { store } = await filterStore(
    Array.from({ length: 256 }, (_, i) => ({ n: i / 2, text: `text ${i}`.repeat(i) })),
  )
  const addresses = new Uint32Array(256)
  const { count } = store.scan(0, addresses)
  const program = fieldsProgram(['n', 'text'].map((name) => [{ name, index: null }]))
  const cells = new Cells()
  for (let i = 0; i < 2; i++) {
    store.filters.cells(program, 0, addresses, count, cells)
    expect([...cells.numbers]).toEqual(Array.from({ length: 256 }, (_, n) => n / 2))
    store.filters.cells(program, 1, addresses, count, cells)
    expect(cells.text(255)).toBe('text 255'.repeat(255))
    // Equal texts have equal hashes, and others nearly always others.
    expect(new Set(cells.kinds).size).toBeGreaterThan(250)
  }
})
