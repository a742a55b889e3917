// Reads the repository's own files, and the imports in them, for the house rules.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Made by a build or an install, or kept as data: nobody writes these by hand. */
const NOT_WRITTEN = /(^|\/)(node_modules|results|golden|data|\.cache)(\/|$)|^src\/core\/(derived\/)?binary\.ts$/

export interface Source {
  /** Relative to the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Import {
  readonly path: string
  readonly line: number
  /** As written. */
  readonly specifier: string
  readonly kind: 'static' | 'type' | 'dynamic'
}

/** The text of every hand-written file below the folders whose name ends so. */
export function sources(folders: readonly string[], ending: RegExp): Source[] {
  return folders
    .flatMap((folder) => pathsBelow(folder))
    .filter((path) => ending.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

function pathsBelow(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (NOT_WRITTEN.test(path)) return []
    return entry.isDirectory() ? pathsBelow(path) : [path]
  })
}

const CLAUSE = String.raw`[\w\s{},*$]*?`
const STATIC = new RegExp(
  String.raw`^[ \t]*(?:import|export)\s+(type\s+)?(?:${CLAUSE}\s*from\s*)?['"]([^'"\n]+)['"]`,
  'gm',
)
const DYNAMIC = /\bimport\(\s*(?:\/\*.*?\*\/\s*)?['"]([^'"\n]+)['"]/g

/** Every import and re-export of a file, in order of kind and place. */
export function importsOf({ path, text }: Source): Import[] {
  const found: Import[] = []
  for (const match of text.matchAll(STATIC)) {
    found.push({ path, line: lineAt(text, match), specifier: match[2]!, kind: match[1] ? 'type' : 'static' })
  }
  for (const match of text.matchAll(DYNAMIC)) {
    found.push({ path, line: lineAt(text, match), specifier: match[1]!, kind: 'dynamic' })
  }
  return found
}

function lineAt(text: string, match: RegExpExecArray): number {
  const start = match.index + match[0].search(/\S/)
  return text.slice(0, start).split('\n').length
}

/** Where a relative import points: relative to the repository, or undefined for a package. */
export function targetOf({ path, specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(path), specifier.replace(/\?.*$/, ''))
}
