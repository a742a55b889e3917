// Promise: what cannot be cloned to a worker is refused there as it is without one, by the field it stands in.

import { describe, expect, it } from 'vitest'
import { open } from '../../../src/index.ts'
import { packWhole, unpack } from '../../../src/worker/pack.ts'

class Draft {
  title = 'kept'
  readonly save = (): void => {}
}

/** Cloned as `postMessage` does it, after what it refuses was taken out. */
const sent = (value: unknown): unknown => unpack(structuredClone(packWhole({ value, holes: [] })))

describe('a document that cannot be cloned', () => {
  // A forgotten await inside a document: pages were told "Failed to execute 'postMessage'", and not of which field.
  it.each([
    ['a promise', { id: 1, text: Promise.resolve('x') }],
    ['a weak map', { id: 1, deep: [{ map: new WeakMap() }] }],
    ['an instance with a function', { id: 1, draft: new Draft() }],
    ['itself an instance with a function', new Draft()],
  ])('%s is refused as without a worker', async (_, document) => {
    const db = await open(':memory:')
    const c = await db.createCollection('c')
    const [here, there] = [await c.insert(document), await c.insert(sent(document) as object)]
    expect(here.firstError).toMatch(/cannot be stored/)
    expect(there.firstError).toBe(here.firstError)
    await db.close()
  })

  it('leaves what can be cloned beside it as it is', () => {
    const at = new Date(5)
    expect(sent({ at, bytes: new Uint8Array([1]), never: new WeakSet() })).toMatchObject({
      at,
      bytes: new Uint8Array([1]),
    })
  })
})
