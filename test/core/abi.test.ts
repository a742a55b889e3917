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

it('keeps what both sides write at the same time apart', () => {
  const addresses = [...constantsOf('../../assembly/abi.ts')].filter(([name]) => name.startsWith('S_'))
  expect(new Set(addresses.map(([, address]) => address)).size).toBe(addresses.length)
  for (const [name, address] of addresses) {
    expect(address, name).toBeGreaterThanOrEqual(abi.STATE)
    expect(address, name).toBeLessThan(abi.STATE_END)
  }
})
