import { validate, version } from 'uuid'
import { describe, expect, it, vi } from 'vitest'

const COUNT = 1_000

describe.each([
  ['with the Buffer of Node', false],
  ['without it', true],
])('a new key, %s', (_, isHidden) => {
  it('is a UUID of version 4 in lower case, and nobody else has it', async () => {
    vi.resetModules()
    if (isHidden) vi.stubGlobal('Buffer', undefined)
    const { newKey } = await import('../../../src/engine/new-key.ts').finally(() => vi.unstubAllGlobals())
    const keys = Array.from({ length: COUNT }, newKey)
    for (const key of keys) {
      expect(validate(key), key).toBe(true)
      expect(version(key)).toBe(4)
      expect(key).toBe(key.toLowerCase())
    }
    expect(new Set(keys).size).toBe(COUNT)
    // All 122 bits are drawn: each digit that may be any is any.
    for (const at of [0, 9, 16, 20, 35]) expect(new Set(keys.map((key) => key[at])).size).toBe(16)
    expect(new Set(keys.map((key) => key[19]))).toEqual(new Set(['8', '9', 'a', 'b']))
  })
})
