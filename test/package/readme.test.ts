// Promise: the programs that README.md shows run as they stand. Checked by running each in a fresh project and comparing
// what it prints with the comments `// -> ...` in it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as door from '../../src/index.ts'
import { installTarball, type Project } from './tarball.ts'

const hasEngine = 'open' in door
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const programs = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1]!)

let project: Project
beforeAll(async () => {
  project = await installTarball()
})
afterAll(() => project?.remove())

describe('README.md', () => {
  it('shows a program', () => {
    expect(programs.length).toBeGreaterThan(0)
  })

  it.skipIf(!hasEngine).each(programs.map((program, index) => [index + 1, program]))(
    'program %i runs',
    (index, program) => {
      const promised = [...String(program).matchAll(/\/\/ -> (.*)$/gm)].map((match) => match[1])
      const path = project.write(`readme-${index}.mjs`, String(program))
      expect(project.run(path).trimEnd().split('\n')).toEqual(promised)
    },
  )
})
