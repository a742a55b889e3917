// Promise: a projection is what a document has at the paths asked for, nested as it stands, whether its reader was compiled for the
// shape or not, and however many strings it takes.

import { afterEach, describe, expect, it } from 'vitest'
import { forbidCompiling, type ProjectionTree } from '../../src/core/index.ts'
import { compileProjection } from '../../src/engine/read/projection.ts'
import fc from '../property.ts'
import { filterStore } from './filter-store.ts'
import { someDocument } from './filter-values.ts'
import { settings } from './values.ts'

type Fields = Record<string, unknown>

function picked(document: Fields, tree: ProjectionTree): Fields {
  const entries: [string, unknown][] = []
  for (const [name, below] of tree) {
    if (!Object.hasOwn(document, name)) continue
    const value = document[name]
    if (below.size === 0) entries.push([name, value])
    else if (Object.prototype.toString.call(value) === '[object Object]') {
      const inner = picked(value as Fields, below)
      if (Object.keys(inner).length > 0) entries.push([name, inner])
    }
  }
  return Object.fromEntries(entries)
}

async function stored(documents: readonly object[]) {
  const { store } = await filterStore(documents)
  const addresses = new Uint32Array(1024)
  const { count } = store.scan(0, addresses)
  return { reader: store.reader, addresses: [...addresses.subarray(0, count)] }
}

const somePath = fc
  .array(fc.constantFrom('a', 'b', 'c', '0', '__proto__', '\u00e9', 'toString', 'id', 'filler7'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((steps) => steps.join('.'))
const somePaths = fc.array(somePath, { minLength: 1, maxLength: 5 })

afterEach(() => forbidCompiling(false))

describe('a projection', () => {
  for (const isForbidden of [false, true]) {
    it(`is what the whole document has there${isForbidden ? ', where no code may be compiled' : ''}`, async () => {
      forbidCompiling(isForbidden)
      await fc.assert(
        fc.asyncProperty(
          fc.array(someDocument, { minLength: 1, maxLength: 8 }),
          fc.array(somePaths, { minLength: 1, maxLength: 4 }),
          async (documents, selections) => {
            const { reader, addresses } = await stored(documents)
            const trees = selections.map((paths) => compileProjection(paths).tree)
            // Often enough that every shape is compiled, and by turns.
            for (let round = 0; round < 40; round++) {
              for (const tree of trees) {
                for (const address of addresses) {
                  const is = reader.project(address, tree)
                  if (round % 13 === 0) expect(is).toEqual(picked(reader.read(address), tree))
                  if (round % 13 === 0) expect(Object.keys(is)).toEqual(Object.keys(picked(reader.read(address), tree)))
                }
              }
            }
          },
        ),
        settings(60),
      )
    })
  }

  it('of one string among many, of some and of all', async () => {
    for (const letter of ['x', '\u00e9', '\ud83d\ude00']) {
      const whole = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, letter.repeat(i * 40)]))
      const { reader, addresses } = await stored([{ id: 'k', ...whole, list: [letter, 'b', letter, 'd'] }])
      for (let round = 0; round < 70; round++) {
        for (let first = 0; first < 9; first++) {
          const paths = Object.keys(whole).slice(first, first + 1 + (round % 9))
          const expected = Object.fromEntries([
            ...paths.map((name) => [name, whole[name]]),
            ['list', [letter, 'b', letter, 'd']],
          ])
          expect(reader.project(addresses[0]!, compileProjection([...paths, 'list']).tree)).toEqual(expected)
        }
      }
      expect(reader.read(addresses[0]!)).toMatchObject(whole)
    }
  })

  it('is not misled by what others left in Object.prototype', async () => {
    const { reader, addresses } = await stored([{ a: { b: 1 }, c: 2 }])
    const { tree } = compileProjection(['a.x', 'polluted', 'c.d'])
    const found: string[][] = []
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true, configurable: true })
    try {
      for (let i = 0; i < 50; i++) found.push(Object.keys(reader.project(addresses[0]!, tree)))
    } finally {
      delete (Object.prototype as Fields).polluted
    }
    expect(found.flat()).toEqual([])
  })
})
