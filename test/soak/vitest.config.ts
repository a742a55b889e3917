import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

const TEST = join(import.meta.dirname, '..')

/** Whose properties are tried from another seed each time. */
const properties = readdirSync(TEST, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && readFileSync(join(TEST, name), 'utf8').includes("/property.ts'"))
  .map((name) => `test/${name.replaceAll('\\', '/')}`)

const QUIVER_SEED = process.env.QUIVER_SEED ?? String(Math.floor(Math.random() * 1_000_000))
console.log(`QUIVER_SEED=${QUIVER_SEED}`)

const soak = mergeConfig(base, { test: { testTimeout: 3_600_000, passWithNoTests: true, env: { QUIVER_SEED } } })
soak.test.include = ['test/soak/**/*.test.ts', ...properties]
soak.test.exclude = []

export default soak
