// Promise: a concept of the core has one name on both sides of the border. Checked by comparing src/core/ with assembly/.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './sources.ts'

/** What only the JavaScript side has: finding the binary, views of memory, the door, the inlined binary, the event loop. */
const ONE_SIDED = ['gather', 'pass', 'load', 'abi', 'memory', 'index', 'binary', 'pause']

it('finds a room of assembly/ for every facade of src/core/', () => {
  const facades = readdirSync(join(ROOT, 'src/core'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
    .map((entry) => entry.name.replace(/\.ts$/, ''))
    .filter((name) => !ONE_SIDED.includes(name))
  expect(facades.length).toBeGreaterThan(0)
  expect(facades.filter((name) => !existsSync(join(ROOT, 'assembly', name, 'index.ts')))).toEqual([])
})
