// Runs in a page: the model test of collections on the built package.

import fc from 'fast-check'
import { equal } from '../contract/suite/expect.mjs'
import { type Claims, operation, Pair } from '../model/collection-pair.ts'

const claims: Claims = {
  equal: (got, wanted) => equal(got, wanted),
  async refused(call, words = '') {
    const error = await call.then(
      () => undefined,
      (reason: Error) => reason,
    )
    if (error === undefined || !error.message.includes(words)) throw new Error(`not refused with ${words}: ${error}`)
  },
}

/** Answers how many sequences held; throws with the first that did not, shrunk. */
export async function runModel(
  open: typeof import('../../src/index.ts').open,
  settings: { readonly seed: number; readonly numRuns: number; readonly shards: number },
): Promise<number> {
  let runs = 0
  const property = fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 20 }), async (operations) => {
    const path = `model-${settings.shards}-${runs++}`
    const db = await open(path, { durability: 'soft' })
    const pair = new Pair(db, await db.createCollection('posts', { shards: settings.shards }), claims, () => open(path))
    try {
      await pair.run(operations)
    } finally {
      await pair.db.close()
    }
  })
  await fc.assert(property, { seed: settings.seed, numRuns: settings.numRuns })
  return runs
}

Object.assign(globalThis, { runModel })
