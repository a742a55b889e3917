// Promise: installing quiverdb copies files and does nothing else, and the lock file works wherever it is used. Checked by
// reading package.json and package-lock.json.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './sources.ts'

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))

/** npm runs these on the machine of whoever installs; the last three also when it installs from a git address. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'prepack']

describe('package.json', () => {
  it('runs nothing at install', () => {
    expect(Object.keys(manifest.scripts).filter((name) => INSTALL_SCRIPTS.includes(name))).toEqual([])
  })

  it('depends on the loader and uuid alone', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['@assemblyscript/loader', 'uuid'])
    expect(manifest.optionalDependencies).toBeUndefined()
  })

  // npm resolves the peers of optional peers before it installs anything. seekdb's @seekdb/default-embed was published with
  // `workspace:*` in its own, so `npm install quiverdb` ended in EUNSUPPORTEDPROTOCOL under npm 9, 10 and 11. An entry in
  // peerDependenciesMeta alone still tells pnpm and Yarn that the package may be looked for.
  it('can be installed: names no peer whose own peers npm cannot resolve', () => {
    expect(Object.keys(manifest.peerDependencies)).not.toContain('seekdb')
    expect(manifest.peerDependenciesMeta.seekdb).toEqual({ optional: true })
    expect(lock.packages[''].peerDependencies).toEqual(manifest.peerDependencies)
  })

  it('pins what builds and tests it', () => {
    const loose = Object.entries<string>(manifest.devDependencies).filter(([, range]) => !/^~?\d/.test(range))
    expect(loose).toEqual([])
  })

  // Parcel reads no `exports` unless a project tells it to: `quiverdb/rethinkdb` was not found, and `quiverdb` was Node's.
  it('leads bundlers that read no exports to the files for browsers', () => {
    const { '.': door, './package.json': _, ...entries } = manifest.exports
    const expected = Object.entries<typeof door>(entries).map(([path, { import: at }]) => [
      path,
      at.browser ?? at.default,
    ])
    expect(manifest.browser).toEqual({
      [door.import.default]: door.import.browser,
      [door.require.default]: door.require.browser,
      ...Object.fromEntries(expected),
    })
    expect([manifest.module, manifest.main]).toEqual([door.import.default, door.require.default])
  })

  it('gives types first under each condition', () => {
    for (const conditions of Object.values<Record<string, object | string> | string>(manifest.exports)) {
      if (typeof conditions === 'string') continue
      for (const system of Object.values(conditions)) {
        if (typeof system !== 'string') expect(Object.keys(system)[0]).toBe('types')
      }
    }
  })
})

describe('package-lock.json', () => {
  it('names no host', () => {
    const hosts = Object.values<{ resolved?: string }>(lock.packages).filter(({ resolved }) => resolved !== undefined)
    expect(hosts).toEqual([])
  })

  it('holds every platform of the native tools', () => {
    // npm leaves out what the registry did not have at the time, and `npm ci` then refuses the file.
    const missing = Object.entries<{ optionalDependencies?: object }>(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`])
        .map((name) => `${path} lacks ${name}`),
    )
    expect(missing).toEqual([])
  })

  it('knows this version', () => {
    expect([lock.name, lock.version]).toEqual([manifest.name, manifest.version])
  })
})
