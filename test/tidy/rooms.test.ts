// Promise: imports only go down, and through a room's door. Checked by reading every import there is; a list of imports
// that must be refused proves that the reading works.

import { describe, expect, it } from 'vitest'
import { brokenImportRules, eagerFiles, LAZY_DOORS } from './rooms.ts'
import { importsOf, type Source, sources, targetOf } from './sources.ts'

describe('import rules', () => {
  it('holds in src/', () => {
    expect(brokenImportRules(sources(['src'], /\.ts$/))).toEqual([])
  })

  it('holds in assembly/', () => {
    expect(brokenImportRules(sources(['assembly'], /\.ts$/))).toEqual([])
  })

  it('holds in docs/playground: published entries, and the readers of the command line that know nothing of Node', () => {
    const readers = ['src/cli/rows.ts', 'src/cli/typed-json.ts']
    const others = sources(['docs/playground'], /\.ts$/)
      .flatMap(importsOf)
      .filter((one) => targetOf(one)?.startsWith('src/') && !readers.includes(targetOf(one)!))
    expect(others).toEqual([])
  })

  it('keeps what is loaded when it is needed out of what is loaded at once', () => {
    const eager = eagerFiles(sources(['src'], /\.ts$/), 'src/index.ts')
    expect(eager.size).toBeGreaterThan(50)
    expect(LAZY_DOORS.filter((path) => eager.has(path))).toEqual([])
  })

  it.each(['rethinkdb', 'milvus', 'epsilla', 'seekdb'])('keeps analyzers out of what %s loads at once', (name) => {
    const eager = eagerFiles(sources(['src'], /\.ts$/), `src/dialect/${name}/index.ts`)
    expect(eager.size).toBeGreaterThan(50)
    expect(['src/text/index.ts', 'src/engine/words.ts'].filter((path) => eager.has(path))).toEqual([])
  })

  it('keeps what the terms of few queries need out of what is loaded with quiverdb/rethinkdb', () => {
    const files = sources(['src'], /\.ts$/)
    const eager = eagerFiles(files, 'src/dialect/rethinkdb/index.ts')
    const doors = files
      .filter(({ path }) => path.startsWith('src/dialect/rethinkdb/'))
      .flatMap(importsOf)
      .flatMap((one) => (one.kind === 'dynamic' ? [targetOf(one)!] : []))
    expect(doors.length).toBeGreaterThan(10)
    expect(doors.filter((path) => eager.has(path))).toEqual([])
  })

  it('holds in test/ and bench/', () => {
    expect(brokenImportRules(sources(['test', 'bench'], /\.(ts|mjs)$/))).toEqual([])
  })
})

describe('the reading of imports', () => {
  it.each([
    ['src/error/a.ts', "import { x } from '../core/index.ts'", 'may import nothing'],
    ['src/storage/a.ts', "import { x } from '../core/index.ts'", 'not "core"'],
    ['src/journal/a.ts', "import type { x } from '../engine/index.ts'", 'not "engine"'],
    ['src/engine/a.ts', "import {\n  x,\n  type Y,\n} from '../core/memory.ts'", 'nothing behind it'],
    ['src/engine/a.ts', "export * from '../core/memory.ts'", 'nothing behind it'],
    ['src/engine/a.ts', "import '../storage/file/index.ts'", 'import() alone'],
    ['src/engine/a.ts', "const { x } = await import('../storage/file/lock.ts')", 'nothing behind it'],
    ['src/engine/a.ts', "import { join } from 'node:path'", 'Node modules'],
    ['src/engine/a.ts', "await import('node:fs')", 'Node modules'],
    ['src/engine/a.ts', "import { x } from '../error/index'", '.ts extension'],
    ['src/engine/a.ts', "import { x } from '../../test/tidy/rooms.ts'", 'outside of src/'],
    ['src/storage/index.ts', "export { x } from './file/index.ts'", 'import() alone'],
    ['src/dialect/milvus/a.ts', "import { x } from '../seekdb/index.ts'", 'never imports another'],
    ['src/dialect/milvus/a.ts', "import { x } from '../../core/index.ts'", 'not "core"'],
    ['src/cellar/a.ts', "import { x } from '../error/index.ts'", 'has no line'],
    ['src/index.ts', "export { x } from './core/index.ts'", 'not "core"'],
    ['src/engine/read/a.ts', "import { x } from '../write/insert.ts'", 'not "write"'],
    ['src/engine/cellar/a.ts', "import { x } from '../read/find.ts'", 'has no line'],
    ['assembly/kernel/a.ts', 'import { x } from "../memory"', 'not "memory"'],
    ['assembly/store/a.ts', 'import { x } from "../record/layout"', 'nothing behind it'],
    ['assembly/memory/a.ts', 'import { x } from "util"', 'no package'],
    ['test/model/a.test.ts', "import { x } from '../../src/engine/write.ts'", 'behind a door'],
    ['bench/a.mjs', "import { x } from '../src/core/memory.ts'", 'behind a door'],
  ])('refuses in %s: %s', (path, text, complaint) => {
    expect(brokenImportRules([{ path, text }])).toEqual([expect.stringContaining(complaint)])
  })

  it.each([
    ['src/engine/a.ts', "import { x } from '../core/index.ts'"],
    ['src/engine/a.ts', "const { x } = await import('../storage/file/index.ts')"],
    ['src/engine/a.ts', "import type { X } from '../storage/file/index.ts'"],
    ['src/storage/file/lock.ts', "import { open } from 'node:fs/promises'\nimport { x } from '../name.ts'"],
    ['src/core/load.ts', "import { instantiate } from '@assemblyscript/loader'"],
    ['src/dialect/milvus/index.ts', "import { open } from '../../engine/index.ts'"],
    ['assembly/record/a.ts', 'import { x } from "../memory"\nimport { Y } from "../abi"\nimport { z } from "./bytes"'],
    ['assembly/index.ts', 'export { record_shape } from "./record/exports"\nexport { a } from "./store"'],
    ['test/unit/storage/a.test.ts', "import { x } from '../../../src/storage/name.ts'"],
    ['test/model/a.test.ts', "import { x } from '../../src/index.ts'"],
    ['src/engine/a.ts', " * import { x } from '../core/memory.ts'"],
    ['src/engine/write/a.ts', "import { x } from '../read/find.ts'\nimport { y } from '../key.ts'"],
    ['src/engine/read/a.ts', "import type { X } from '../indexes/merged-reader.ts'"],
  ])('accepts in %s: %s', (path, text) => {
    expect(brokenImportRules([{ path, text }])).toEqual([])
  })

  it('finds each import once, with its line', () => {
    const source: Source = {
      path: 'src/engine/a.ts',
      text: `// import './comment.ts'
import type { A } from './a.ts'
import {
  b,
  type C,
} from './b.ts'

export { d } from './d.ts'
export const e = 'not from here'
const f = await import('./f.ts')
import './g.ts'
`,
    }
    expect(importsOf(source).map(({ specifier, kind, line }) => [specifier, kind, line])).toEqual([
      ['./a.ts', 'type', 2],
      ['./b.ts', 'static', 3],
      ['./d.ts', 'static', 8],
      ['./g.ts', 'static', 11],
      ['./f.ts', 'dynamic', 10],
    ])
  })
})
