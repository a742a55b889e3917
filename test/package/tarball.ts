// What a user gets: the tarball that `npm pack` makes, laid into a fresh project outside of the repository, its
// dependencies beside it. Needs no network.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as esbuild from 'esbuild'
import { ensureDist } from '../../.ci/dist.mjs'
import { ROOT } from '../../.ci/stamp.mjs'

export interface Project {
  readonly folder: string
  /** Where the package lies in it. */
  readonly installed: string
  readonly tarball: string
  /** What the tarball holds, relative to the package. */
  readonly files: readonly string[]
  write(name: string, text: string): string
  /** Runs Node in the project and returns what it printed; throws with what it complained about. */
  run(...args: string[]): string
  remove(): void
}

/** @param beside - further packages that the project has, from those of this repository. */
export async function installTarball(beside: readonly string[] = []): Promise<Project> {
  await ensureDist()
  const folder = mkdtempSync(join(tmpdir(), 'quiverdb-package-'))
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'quiverdb')
  mkdirSync(installed, { recursive: true })
  // Through a shell where npm is a script that Windows cannot start by itself.
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  })
  const [{ filename, files }] = JSON.parse(packed)
  const tarball = join(folder, filename)
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], { stdio: 'ignore' })
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), ...beside]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction')
  }
  return {
    folder,
    installed,
    tarball,
    files: files.map((file: { path: string }) => file.path),
    write(name, text) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      return path
    },
    run(...args) {
      return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe', timeout: 240_000 })
    },
    remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface ImportInBundle {
  readonly path: string
  /** `import-statement`, `dynamic-import`, `require-call` and the like. */
  readonly kind: string
}

/** What a bundled, minified file imports, read by a parser. */
export async function importedBy(file: string): Promise<ImportInBundle[]> {
  const { metafile } = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    platform: 'node',
    plugins: [
      {
        name: 'nothing-followed',
        setup(build) {
          build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
            kind === 'entry-point' ? undefined : { path, external: true },
          )
        },
      },
    ],
  })
  return Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path, kind }) => ({ path, kind })))
}
