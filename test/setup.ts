// Runs before every test file. QUIVER_WASM=debug puts the debug binaries, asserts on, in the place of the inlined ones.

import { readFileSync } from 'node:fs'

if (process.env.QUIVER_WASM === 'debug') {
  const { setBinary } = await import('../src/core/index.ts')
  const read = (name: string) => new Uint8Array(readFileSync(new URL(`../build/${name}.wasm`, import.meta.url)))
  setBinary(read('debug'), read('debug-derived'), read('debug-filter'))
}
