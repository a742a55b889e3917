// The code blocks of README.md and docs/, and how each is tested. The first line of a block says what it takes to run it:
//
//   // continued          goes on with the program above
//   // in a page          runs in a browser (test/browser/docs.test.ts)
//   // needs <what>       a server, a model, a package of others: only its types are checked
//   // store.js           is a file of that name beside the programs that follow
//   anything else         runs in Node; what it prints is compared with its comments `// -> ...`
//
// A block marked `sh` is run by a shell, in the folder of the programs above it; each `# -> text` is looked for in what it prints. Blocks
// without a language are no code: diagrams, and commands of a clone.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../.ci/stamp.mjs'

export interface Block {
  /** Relative to the repository. */
  readonly file: string
  /** Of its first line. */
  readonly line: number
  readonly kind: 'run' | 'page' | 'types' | 'file' | 'shell'
  readonly language: 'js' | 'ts' | 'sh'
  /** What goes before it stands in it, too. */
  readonly text: string
  /** Of a `file`. */
  readonly name?: string
  /** What it says that it prints. */
  readonly promised: readonly string[]
}

const FENCE = /^```(js|ts|sh)\n([\s\S]*?)^```$/gm
/** A fence that FENCE would pass by although somebody means it as code. */
const OTHER = /^```(?!(?:js|ts|sh|json)?$).*$/gm

/** README.md and every document below docs/. */
export function documents(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
  return ['README.md', ...docs.sort()]
}

/** The blocks of a document, in its order; throws on a fence of an unknown kind. */
export function blocksOf(file: string): Block[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll('\r\n', '\n')
  const odd = text.match(OTHER)
  if (odd !== null) throw new Error(`${file}: no test knows what to do with a block "${odd[0]}"`)
  const blocks: Block[] = []
  for (const match of text.matchAll(FENCE)) {
    const language = match[1] as Block['language']
    const line = text.slice(0, match.index).split('\n').length + 1
    const own = match[2]!
    const first = own.slice(0, own.indexOf('\n'))
    if (first === '// continued') {
      const before = blocks.pop()
      if (before === undefined) throw new Error(`${file}:${line}: nothing stands above to be continued`)
      blocks.push({ ...before, text: before.text + own, promised: promisesOf(before.text + own) })
      continue
    }
    const name = /^\/\/ ([\w.-]+\.[cm]?[jt]s)$/.exec(first)?.[1]
    const kind =
      language === 'sh'
        ? 'shell'
        : name !== undefined
          ? 'file'
          : first === '// in a page'
            ? 'page'
            : first.startsWith('// needs ')
              ? 'types'
              : 'run'
    blocks.push({
      file,
      line,
      kind,
      language,
      text: own,
      promised: promisesOf(own),
      ...(name === undefined ? {} : { name }),
    })
  }
  return blocks
}

function promisesOf(text: string): string[] {
  return Array.from(text.matchAll(/(?:\/\/|^#) -> (.*)$/gm), (match) => match[1]!)
}
