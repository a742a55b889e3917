// Promise: `npm run bench` works, so a figure can be had on any day. Checked by running every suite with tiny
// parameters: all groups, quiverdb and whichever peers are installed, the same contents read from each.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureDist } from '../../.ci/dist.mjs'
import { ROOT } from '../../.ci/stamp.mjs'

const run = promisify(execFile)
const FIGURES = ['insertBatch', 'insertOne', 'get', 'getMany', 'scan', 'upsertOne', 'upsertBatch', 'upsertUnchanged']
const DISK_FIGURES = ['durable1', 'durable16', 'durable256', 'durableBatch', 'diskBytes', 'openGetMs', 'openScanMs']

interface Result {
  figures: Record<string, Record<string, { median: number }>>
  checks: { group: string; peers: string[]; isSame: boolean }[]
  bars: { title: string; measured: number }[]
}

let folder: string
beforeAll(async () => {
  await ensureDist()
  folder = mkdtempSync(join(tmpdir(), 'quiverdb-smoke-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the documents suite', () => {
  it('measures quiverdb beside who is there, and all read the same', async () => {
    const { stdout } = await run(process.execPath, ['bench/run.mjs', 'documents', '--smoke', '--out', folder], {
      cwd: ROOT,
    })
    expect(stdout).toContain('# Documents')
    const result: Result = JSON.parse(readFileSync(join(folder, 'documents.json'), 'utf8'))
    for (const figure of FIGURES) {
      for (const peer of ['quiverdb-memory', 'quiverdb-file', 'map-json']) {
        expect(result.figures[figure]?.[peer]?.median, `${figure} of ${peer}`).toBeGreaterThan(0)
      }
    }
    for (const figure of DISK_FIGURES) {
      expect(result.figures[figure]?.['quiverdb-file']?.median, figure).toBeGreaterThan(0)
    }
    expect(result.checks.filter(({ isSame }) => !isSame)).toEqual([])
    expect(result.checks.find(({ group }) => group === 'read')?.peers).toContain('quiverdb-file')
    expect(result.bars.every(({ measured }) => Number.isFinite(measured))).toBe(true)
    expect(readFileSync(join(folder, 'documents.md'), 'utf8')).toContain('## Bars')
    expect(readFileSync(join(folder, 'documents.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  })
})

describe('the dialects suite', () => {
  it('measures each dialect beside the native interface', async () => {
    const { stdout } = await run(process.execPath, ['bench/run.mjs', 'dialects', '--smoke', '--out', folder], {
      cwd: ROOT,
    })
    expect(stdout).toContain('# Dialects')
    const { figures, notes } = JSON.parse(readFileSync(join(folder, 'dialects.json'), 'utf8'))
    expect(notes).toEqual([])
    expect(figures).toHaveLength(4 * 4 - 1)
    expect(figures.every(({ share }: { share: number }) => share > 0)).toBe(true)
  })
})

describe('the queries suite', () => {
  it('measures quiverdb beside who is there, and all answer the same', async () => {
    const { stdout } = await run(process.execPath, ['bench/run.mjs', 'queries', '--smoke', '--out', folder], {
      cwd: ROOT,
    })
    expect(stdout).toContain('# Queries')
    const result: Result = JSON.parse(readFileSync(join(folder, 'queries.json'), 'utf8'))
    for (const figure of ['find', 'count', 'group', 'top']) {
      for (const peer of ['quiverdb-memory', 'quiverdb-file', 'array']) {
        expect(result.figures[figure]?.[peer]?.median, `${figure} of ${peer}`).toBeGreaterThan(0)
      }
    }
    expect(result.checks.filter(({ isSame }) => !isSame)).toEqual([])
    expect(result.checks.map(({ group }) => group)).toEqual(expect.arrayContaining(['find', 'count', 'group', 'top']))
    expect(result.bars.every(({ measured }) => Number.isFinite(measured))).toBe(true)
  })
})

describe('the vectors suite', () => {
  it('measures quiverdb beside who is there, and exact search finds everything', async () => {
    const { stdout } = await run(process.execPath, ['bench/run.mjs', 'vectors', '--smoke', '--out', folder], {
      cwd: ROOT,
    })
    expect(stdout).toContain('# Vectors')
    const result: Result = JSON.parse(readFileSync(join(folder, 'vectors.json'), 'utf8'))
    for (const peer of ['quiverdb-int8', 'quiverdb-f32']) {
      for (const data of ['glove', 'clustered']) {
        for (const figure of ['exact', 'insert', 'buildMs', 'openMs']) {
          expect(result.figures[`${data}:${figure}`]?.[peer]?.median, `${data}:${figure} of ${peer}`).toBeGreaterThan(0)
        }
        expect(result.figures[`${data}:exactRecall`]?.[peer]?.median).toBe(1)
      }
    }
  })
})

describe('bench', () => {
  it('names what it knows when asked for something else', async () => {
    const asked = run(process.execPath, ['bench/run.mjs', 'documents', '--smoke', '--peers', 'mapp'], { cwd: ROOT })
    await expect(asked).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('known are: quiverdb-memory'),
    })
  })
})
