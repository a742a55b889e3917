// A fresh project with the packed tarball and the contract suite in it, and what runs there says.

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { installTarball, type Project } from '../package/tarball.ts'
import { CASES } from './suite/suite.mjs'

export interface Outcome {
  readonly name: string
  readonly error?: string
  readonly skipped?: true
}

/** The entries, by the names that the suite gives them. */
export const ENTRIES = {
  native: 'quiverdb',
  rethinkdb: 'quiverdb/rethinkdb',
  milvus: 'quiverdb/milvus',
  epsilla: 'quiverdb/epsilla',
  seekdb: 'quiverdb/seekdb',
  langchain: 'quiverdb/langchain',
} as const
export type Entry = keyof typeof ENTRIES

export async function contractProject(): Promise<Project> {
  const project = await installTarball(['@langchain/core'])
  cpSync(join(import.meta.dirname, 'suite'), join(project.folder, 'suite'), { recursive: true })
  const dependencies = { quiverdb: '*', '@langchain/core': '*' }
  project.write('package.json', JSON.stringify({ name: 'contract', private: true, type: 'module', dependencies }))
  return project
}

/** Static imports of entries, and an object of them called `modules`. */
export function importing(entries: readonly Entry[] = Object.keys(ENTRIES) as Entry[]): string {
  return `${entries.map((entry) => `import * as ${entry} from '${ENTRIES[entry]}'`).join('\n')}
import { runSuite } from './suite/suite.mjs'
const modules = { ${entries.join(', ')} }
`
}

/** Prints what `outcomesIn` reads. */
export const PRINTING = `console.log('OUTCOMES' + JSON.stringify(outcomes))`

export function outcomesIn(printed: string): Outcome[] {
  const line = printed.split('\n').find((one) => one.includes('OUTCOMES'))
  if (line === undefined) throw new Error(`the suite did not end:\n${printed}`)
  return JSON.parse(line.slice(line.indexOf('OUTCOMES') + 'OUTCOMES'.length)) as Outcome[]
}

/** All cases of the entries were run, and held; those of places that keep files only where there are such. */
export function expectAll(outcomes: readonly Outcome[], { without = [] as Entry[], isKept = true } = {}): void {
  expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([])
  const cases = CASES.filter((name) => !without.some((entry) => name.startsWith(`${entry}:`)))
  expect(outcomes.map(({ name }) => name)).toEqual(cases)
  const skipped = outcomes.filter((outcome) => outcome.skipped).map(({ name }) => name)
  expect(skipped).toEqual(isKept ? [] : cases.filter((name) => name.endsWith('on disk')))
}
