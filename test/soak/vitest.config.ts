import { mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

const soak = mergeConfig(base, { test: { testTimeout: 3_600_000, passWithNoTests: true } })
soak.test.include = ['test/soak/**/*.test.ts']
soak.test.exclude = []

export default soak
