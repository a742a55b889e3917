// @ts-check
// npm run build [-- --wasm] [--if-stale]

import { parseArgs } from 'node:util'
import { buildDist, ensureDist } from './dist.mjs'
import { buildWasm, ensureWasm } from './wasm.mjs'

const { values } = parseArgs({ options: { wasm: { type: 'boolean' }, 'if-stale': { type: 'boolean' } } })

try {
  if (values['if-stale']) {
    await (values.wasm ? ensureWasm() : ensureDist())
  } else {
    await buildWasm()
    if (!values.wasm) await buildDist()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
