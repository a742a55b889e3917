// Promise: both sides of the border mean the same by every constant. Checked by evaluating assembly/abi.ts and src/core/abi.ts side
// by side: each name of the one stands in the other, with the same value.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as abi from '../../src/core/abi.ts'

/** The constants of an AssemblyScript file that holds nothing else. */
function constantsOf(path: string): Map<string, number> {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  const constants = new Map<string, number>()
  for (const [, name, expression] of text.matchAll(/^export const (\w+)(?::\s*\w+)?\s*=\s*([^;]+);/gm)) {
    const names = [...constants.keys()]
    const value: unknown = new Function(...names, `return ${expression}`)(...constants.values())
    constants.set(name!, Number(value))
  }
  return constants
}

it('has the same constants on both sides', () => {
  const core = constantsOf('../../assembly/abi.ts')
  expect(core.size).toBeGreaterThan(100)
  const unlike = [...core].filter(([name, value]) => (abi as Record<string, unknown>)[name] !== value)
  expect(unlike).toEqual([])
  expect(Object.keys(abi).filter((name) => !core.has(name))).toEqual([])
})

/** The bytes of a place in STATE, by the type that its comment names. */
function bytesOf(comment: string, constants: ReadonlyMap<string, number>): number {
  if (comment.includes('for each outcome 0..7')) return 8 * 4
  const list = /^u32\[(\w+)\]/.exec(comment)
  if (list !== null) return constants.get(list[1]!)! * 4
  return /^[uf]64\b/.test(comment) ? 8 : 4
}

it('keeps what is in STATE apart', () => {
  const constants = constantsOf('../../assembly/abi.ts')
  const text = readFileSync(new URL('../../assembly/abi.ts', import.meta.url), 'utf8')
  const places = [...text.matchAll(/^export const (S_\w+):[^;]+;(?: \/\/ (.*))?$/gm)].map(([, name, comment = '']) => {
    const from = constants.get(name!)!
    return { name, from, to: from + bytesOf(comment, constants) }
  })
  expect(places.length).toBe([...constants.keys()].filter((name) => name.startsWith('S_')).length)
  places.sort((a, b) => a.from - b.from)
  expect(places[0]!.from).toBe(abi.STATE)
  expect(places.at(-1)!.to).toBeLessThanOrEqual(abi.STATE_END)
  expect(places.filter(({ from }, i) => i > 0 && from < places[i - 1]!.to)).toEqual([])
})
