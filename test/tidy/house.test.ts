// Promise: the house rules that a linter does not know hold everywhere. Checked by reading the files.

import { describe, expect, it } from 'vitest'
import { type Source, sources } from './sources.ts'

const WRITTEN = ['src', 'assembly', 'test', 'bench', '.ci', 'docs']
const CODE = /\.(ts|mts|mjs|cjs|js)$/

const LINES_MAX = 500
/** Files that are longer, and how long they may stay. Numbers only go down; a new line needs a reason beside it. */
const LONGER: Readonly<Record<string, number>> = {}

const EMPTY_NAMES = /^(utils?|helpers?|common|misc|manager|stuff)$/i
/** Globals of Node that browsers lack, as they look in use. `globalThis.process` says that its absence is expected. */
const NODE_GLOBALS =
  /(?<![.\w$'"`])(process|Buffer|__dirname|__filename|setImmediate|global)\s*(\?\.|\.|\[|\()|(?<![.\w$])require\(/
const NODE_ONLY = /^src\/(storage\/file(\.ts$|\/)|server\/|cli\/)/

/** The lines of the files that match, as `path:line text`. */
function linesWith(files: readonly Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  )
}

function withoutComments(source: Source): Source {
  const blank = (comment: string) => comment.replace(/[^\n]/g, ' ')
  return { ...source, text: source.text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/(?<=^|\s)\/\/.*$/gm, blank) }
}

describe('house rules', () => {
  it('leaves no mark of unfinished work', () => {
    // Put together, because this file is read too.
    const banned = new RegExp(['FIX', 'ME'].join(''))
    expect(linesWith(sources(WRITTEN, /\.(ts|mjs|cjs|js|md)$/), banned)).toEqual([])
  })

  it(`keeps files at ${LINES_MAX} lines`, () => {
    const tooLong = sources(WRITTEN, CODE)
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > (LONGER[path] ?? LINES_MAX))
    expect(tooLong).toEqual([])
  })

  it('names files after what is in them', () => {
    const empty = sources(WRITTEN, CODE).filter(({ path }) =>
      path.split('/').some((part) => part.split(/[.-]/).some((word) => EMPTY_NAMES.test(word))),
    )
    expect(empty.map(({ path }) => path)).toEqual([])
  })

  it('writes source in ASCII; the data of tests and benches may be what it likes', () => {
    const files = sources(['src', 'assembly', '.ci'], CODE)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what ASCII means
    expect(linesWith(files, /[^\x00-\x7f]/)).toEqual([])
  })

  it('uses no global of Node where a browser comes by', () => {
    const files = sources(['src'], CODE).filter(({ path }) => !NODE_ONLY.test(path))
    expect(linesWith(files.map(withoutComments), NODE_GLOBALS)).toEqual([])
  })

  it('keeps the doors to re-exports', () => {
    const doors = sources(['src'], /\/index\.ts$/).map(withoutComments)
    const busy = doors.filter(({ text }) => text.replace(/^export\s[^;='"]*\sfrom\s*'[^']+'$/gm, '').trim() !== '')
    expect(busy.map(({ path }) => path)).toEqual([])
  })
})
