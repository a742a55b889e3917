// Promise: what is kept to answer the next request sooner is bounded by its size, whatever texts requests bring. A filter that lists 16,000
// keys took a megabyte, and 64 of them were kept for each collection; each spelling of a zone took 30 KB for as long as the process lived.

import { afterEach, expect, it, vi } from 'vitest'
import { DataType } from '../../../../src/dialect/milvus/enums.ts'
import { filterFor } from '../../../../src/dialect/milvus/expression/index.ts'
import { Schema } from '../../../../src/dialect/milvus/schema.ts'
import { isZone } from '../../../../src/dialect/milvus/zone.ts'

afterEach(() => vi.restoreAllMocks())

const schema = () => new Schema([{ name: 'id', type: DataType.Int64, isPrimary: true, params: {} }] as never, [], false)

it('keeps compiled filters, but few that are long', () => {
  const own = schema()
  const short = filterFor(own, 'id > 1')
  expect(filterFor(own, 'id > 1')).toBe(short)
  const texts = Array.from(
    { length: 40 },
    (_, i) => `id in [${Array.from({ length: 2_000 }, (_, k) => i * 2_000 + k)}]`,
  )
  const made = texts.map((text) => filterFor(own, text))
  const kept = texts.filter((text, i) => filterFor(own, text) === made[i])
  expect(kept.join('').length).toBeLessThanOrEqual(100_000)
  const last = filterFor(own, texts[0]!)
  expect(filterFor(own, texts[0]!)).toBe(last)
  const long = `id in [${Array.from({ length: 30_000 }, (_, k) => k)}]`
  expect(filterFor(own, long)).not.toBe(filterFor(own, long))
  expect(filterFor(own, texts[0]!)).toBe(last)
})

it('keeps few spellings of zones', () => {
  const format = vi.spyOn(Intl, 'DateTimeFormat')
  expect(isZone('Europe/Berlin')).toBe(true)
  const name = 'america/new_york'
  for (let i = 0; i < 200; i++) {
    const spelt = [...name].map((letter, at) => ((i >> at) & 1 ? letter.toUpperCase() : letter)).join('')
    expect(isZone(spelt)).toBe(true)
  }
  format.mockClear()
  expect(isZone('Europe/Berlin')).toBe(true)
  expect(format).toHaveBeenCalledTimes(1)
  expect(isZone('Europe/Berlin')).toBe(true)
  expect(format).toHaveBeenCalledTimes(1)
  const own = schema()
  const first = own.inZone('Europe/Berlin')
  expect(own.inZone('Europe/Berlin')).toBe(first)
  for (let i = 0; i < 200; i++) own.inZone('Europe/Berlin', [`part${i}`])
  expect(own.inZone('Europe/Berlin')).not.toBe(first)
})
