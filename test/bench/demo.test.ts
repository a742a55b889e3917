// Promise: the main job of README.md works for a newcomer. Checked by running it into a directory, twice, and by reading
// WordNet's own lines.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureDist } from '../../.ci/dist.mjs'
import { ROOT } from '../../.ci/stamp.mjs'
import { parseSynset } from '../../bench/demo/wordnet.mjs'

const run = promisify(execFile)

let folder: string
beforeAll(async () => {
  await ensureDist()
  folder = mkdtempSync(join(tmpdir(), 'quiverdb-demo-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('npm run demo', () => {
  it('loads, changes, reopens, and may be run again on the same directory', async () => {
    const env = { ...process.env, NO_COLOR: '1' }
    for (const isAgain of [false, true]) {
      const { stdout } = await run(process.execPath, ['bench/demo/demo.mjs', folder], { cwd: ROOT, env })
      expect(stdout).toContain('synsets: 117,791 documents')
      expect(stdout).toContain('inserted: 500, replaced: 1500, unchanged: 3000')
      expect(stdout).toMatch(/synsets\s+│\s+118,289/)
      expect(stdout).toMatch(/films\s+│\s+3,201/)
      expect(stdout).toContain('dog  →  canine  →  carnivore')
      expect(stdout.includes('from an earlier run: dropped')).toBe(isAgain)
      expect(stdout).not.toContain('\u001b[')
    }
  })
})

describe("a line of WordNet's data files", () => {
  it('becomes a document', () => {
    const line =
      '02665803 42 v 02 eat_up 0 dwell_on(p) 1 002 @ 02604760 v 0000 & 01234567 s 0000 02 + 08 00 + 11 01 | ' +
      'have an "inner" life; be there; "He dwells"; "it is; so"  '
    expect(parseSynset(line, 'v')).toEqual({
      id: 'v02665803',
      pos: 'v',
      topic: 'verb.stative',
      words: ['eat up', 'dwell on'],
      gloss: 'have an "inner" life; be there; "He dwells"; "it is; so"',
      definition: 'have an',
      examples: ['inner', 'He dwells', 'it is; so'],
      pointers: [
        { symbol: '@', target: 'v02604760', pos: 'v' },
        { symbol: '&', target: 'a01234567', pos: 's' },
      ],
      frames: [8, 11],
    })
  })
})
