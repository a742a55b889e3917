// Runs once before any test file: src/core/binary.ts and build/*.wasm must be there, and fresh.

import { ensureWasm, hasWasm } from '../.ci/wasm.mjs'

export default async function setup(): Promise<void> {
  try {
    await ensureWasm()
  } catch (error) {
    // Only `npm test` insists, before it comes here: in the midst of a change to assembly/, the tests that do not
    // need it can still be run by calling vitest.
    const left = hasWasm() ? 'an older binary is used' : 'there is none: tests that need it will fail'
    console.warn(`assembly/ does not compile, ${left}\n${error instanceof Error ? error.message : error}`)
  }
}
