// Promise: compiler and machine mean the same by every instruction. Checked by reading both lists.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

function constantsOf(path: string): Record<string, string> {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  const found = [...text.matchAll(/^export const (\w+)(?:: u32)? = ([^;\n]+);?$/gm)]
  return Object.fromEntries(found.map(([, name, value]) => [name, value!]))
}

it('has the same instructions on both sides', () => {
  const here = constantsOf('src/query/opcode.ts')
  expect(Object.keys(here).length).toBeGreaterThan(30)
  expect(here).toEqual(constantsOf('assembly/filter/opcode.ts'))
})

it('has the same outcomes of comparisons', () => {
  const here = constantsOf('src/query/order.ts')
  const there = constantsOf('assembly/filter/value.ts')
  for (const name of ['LESS', 'EQUAL', 'GREATER', 'APART', 'SAME']) expect(there[name]).toBe(here[name])
})
