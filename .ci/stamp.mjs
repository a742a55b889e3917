// @ts-check
// Is an output up to date? Decided by the content of its inputs, not by times: a checkout or a copy changes those.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * The files below a folder, sorted, as absolute paths.
 *
 * @param {string} folder relative to the repository
 * @param {(path: string) => boolean} [accept]
 * @returns {string[]}
 */
export function filesBelow(folder, accept = () => true) {
  const base = join(ROOT, folder)
  if (!existsSync(base)) return []
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(accept)
    .sort()
}

/**
 * One hash over names and contents.
 *
 * @param {string[]} paths absolute
 * @returns {string}
 */
export function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) {
    const content = readFileSync(path)
    hash.update(`${relative(ROOT, path)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/**
 * @param {string} name of the stamp, in build/
 * @param {string} hash of the inputs as they are now
 * @param {string[]} outputs absolute paths that must exist
 */
export function isFresh(name, hash, outputs) {
  const stamp = join(ROOT, 'build', `${name}.stamp`)
  return outputs.every((path) => existsSync(path)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash
}

/**
 * @param {string} name
 * @param {string} hash
 */
export function writeStamp(name, hash) {
  writeWhole(join(ROOT, 'build', `${name}.stamp`), hash)
}

/**
 * Replaces a file at once, so that a reader in another process never sees half of it.
 *
 * @param {string} path absolute
 * @param {string | Uint8Array} content
 */
export function writeWhole(path, content) {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.draft`
  writeFileSync(draft, content)
  renameSync(draft, path)
}
