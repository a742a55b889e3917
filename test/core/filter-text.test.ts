// Promise: texts are found in texts as JavaScript finds them, `$like` as a plain matcher does, and the time is linear however the text
// and the pattern are made; a list of constants costs the same per document however long it is.

import { describe, expect, it } from 'vitest'
import { compileFilter, parseFilter } from '../../src/query/filters.ts'
import fc from '../property.ts'
import { filterStore } from './filter-store.ts'
import { somePattern } from './filter-values.ts'
import { settings } from './values.ts'

const some = (parts: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...parts), { maxLength }).map((chosen) => chosen.join(''))
const text = fc.oneof(
  some(['a', 'b'], 80),
  some(['a', 'b', '\u00e9', '\ud83d\ude00', 'ab'], 40),
  some(['ab', 'aab', 'abab'], 60),
)

/** Like by its definition, as a RegExp. */
function likeRegex(pattern: string): RegExp {
  const parts = [...pattern.matchAll(/\\([\s\S])|%|_|[\s\S]/gu)].map(([whole, escaped]) => {
    if (whole === '%') return '[^]*'
    return whole === '_' ? '[^]' : (escaped ?? whole).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 'u')
}

describe('texts', () => {
  it('are found where JavaScript finds them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 30 }),
        fc.array(text, { minLength: 1, maxLength: 8 }),
        async (texts, needles) => {
          const store = await filterStore(texts.map((t) => ({ t })))
          const parts = texts
            .flatMap((t) => [t.slice(0, t.length >> 1), t.slice(t.length >> 1), t.slice(t.length >> 2, -2)])
            .filter((part) => !/\p{Surrogate}/u.test(part))
          for (const needle of [...needles, ...parts.slice(0, 12)]) {
            const numbers = (test: (t: string) => boolean) => texts.flatMap((t, index) => (test(t) ? [index] : []))
            expect(store.find({ t: { $contains: needle } })).toEqual(numbers((t) => t.includes(needle)))
            expect(store.find({ t: { $startsWith: needle } })).toEqual(numbers((t) => t.startsWith(needle)))
            expect(store.find({ t: { $endsWith: needle } })).toEqual(numbers((t) => t.endsWith(needle)))
          }
        },
      ),
      settings(80),
    )
  })

  it('are like a pattern as its definition says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 30 }),
        fc.array(somePattern, { minLength: 1, maxLength: 8 }),
        async (texts, patterns) => {
          const store = await filterStore(texts.map((t) => ({ t })))
          for (const pattern of patterns) {
            const regex = likeRegex(pattern)
            expect(store.find({ t: { $like: pattern } }), pattern).toEqual(
              texts.flatMap((t, index) => (regex.test(t) ? [index] : [])),
            )
          }
        },
      ),
      settings(150),
    )
  })

  it('are like patterns longer than one block of states', async () => {
    const piece = (length: number) => Array.from({ length }, (_, i) => (i % 3 === 1 ? '_' : 'ab'[i % 2])).join('')
    for (const length of [62, 63, 64, 65, 127, 128, 129, 700]) {
      const pattern = `x%${piece(length)}%z`
      const fits = piece(length).replaceAll('_', '\u00e9')
      const texts = [`x${fits}z`, `xaab${fits}${fits}z`, `x${fits.slice(1)}z`, `x${fits}`, `x${fits.slice(0, -1)}z`]
      const store = await filterStore(texts.map((t) => ({ t })))
      const regex = likeRegex(pattern)
      expect(store.find({ t: { $like: pattern } })).toEqual(texts.flatMap((t, index) => (regex.test(t) ? [index] : [])))
      expect(regex.test(texts[0]!)).toBe(true)
    }
  })
})

/** Milliseconds of this process, since the machine may be busy, to run a filter over the documents once. */
async function timeOf(documents: readonly object[], filter: unknown): Promise<number> {
  const { store } = await filterStore(documents)
  const { program } = compileFilter(parseFilter(filter))
  const addresses = new Uint32Array(1024)
  store.filters.count(program!, 0, 1)
  const began = process.cpuUsage()
  for (let slot = 0; slot >= 0; ) slot = store.filters.scan(program!, slot, addresses).next
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}

describe('time', () => {
  const UNITS = 2_000_000

  it.each([
    ['a needle that almost stands everywhere', 'a'.repeat(UNITS), { $contains: `${'a'.repeat(5000)}b` }],
    ['one whose first half does', 'a'.repeat(UNITS), { $contains: `b${'a'.repeat(5000)}` }],
    ['one with a break in the middle', 'a'.repeat(UNITS), { $contains: `${'a'.repeat(5000)}b${'a'.repeat(5000)}` }],
    ['a periodic one', 'ab'.repeat(UNITS / 2), { $contains: `${'ab'.repeat(3000)}b` }],
    ['like with many runs', 'a'.repeat(UNITS), { $like: `${'%a'.repeat(400)}%b%` }],
    ['like with single characters', 'a'.repeat(UNITS), { $like: `%${'_a'.repeat(450)}b%` }],
    ['like of single characters only', '\u00e9'.repeat(UNITS), { $like: `%${'_'.repeat(60)}x%` }],
  ])('%s: linear', async (_, t, condition) => {
    expect(await timeOf([{ t }], { t: condition })).toBeLessThan(1500)
  })

  it('of long lists does not grow with the list', async () => {
    const documents = Array.from({ length: 20_000 }, (_, i) => ({
      n: i,
      s: `key ${i}`,
      l: [i, `key ${i}`],
      o: { x: i },
    }))
    for (const [field, value] of [
      ['n', (i: number) => i * 2 + 1e6],
      ['s', (i: number) => `key ${i + 1e6}`],
      ['o', (i: number) => ({ x: i + 1e6 })],
    ] as const) {
      const values = Array.from({ length: 100_000 }, (_, i) => value(i))
      expect(await timeOf(documents, { [field]: { $in: values } })).toBeLessThan(500)
    }
    const values = Array.from({ length: 100_000 }, (_, i) => i + 1e6)
    expect(await timeOf(documents, { l: { $containsAny: values } })).toBeLessThan(500)
    expect(await timeOf(documents, { l: { $containsAll: [...values, 5] } })).toBeLessThan(500)
  })

  it('of one call is bounded, whatever a document costs', async () => {
    const { store } = await filterStore(Array.from({ length: 2000 }, (_, i) => ({ t: 'a'.repeat(20_000), i })))
    const { program } = compileFilter(parseFilter({ t: { $like: '%a_b%' } }))
    const { examined } = store.filters.count(program!, 0)
    expect(examined).toBeGreaterThan(0)
    expect(examined).toBeLessThan(200)
  })
})
