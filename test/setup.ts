// Runs before every test file. QUIVER_WASM=debug puts the debug binary, asserts on, in the place of the inlined one.

import { readFileSync } from 'node:fs'

if (process.env.QUIVER_WASM === 'debug') {
  const { setBinary } = await import('../src/core/index.ts')
  setBinary(new Uint8Array(readFileSync(new URL('../build/debug.wasm', import.meta.url))))
}
