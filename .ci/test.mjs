// @ts-check
// npm test [-- filters]: builds what is stale, runs every suite on the release binary, then the suites that face the core
// on the debug binary, where the asserts of assembly/ are on. With filters, only the files they name, on the release
// binary unless QUIVER_WASM=debug. The last line is the sum, `N passed, N failed`, which CI reads.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDist } from './dist.mjs'
import { ROOT } from './stamp.mjs'

/** Folders of test/ whose suites reach the WASM. */
const CORE_FACING = ['core', 'assembly', 'model', 'recall']

const filters = process.argv.slice(2)
const sum = { passed: 0, failed: 0, skipped: 0 }

try {
  await ensureDist()
  if (filters.length > 0) {
    run(process.env.QUIVER_WASM === 'debug' ? 'debug' : 'release', filters)
  } else {
    run('release', [])
    const suites = CORE_FACING.map((folder) => `test/${folder}/`).filter((path) => existsSync(join(ROOT, path)))
    if (suites.length > 0) run('debug', suites)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  sum.failed += 1
}

const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`)
process.exitCode = sum.failed > 0 ? 1 : 0

/**
 * @param {'release' | 'debug'} binary
 * @param {string[]} args filters or options of vitest
 */
function run(binary, args) {
  console.log(`\n-- ${binary} binary`)
  const outcome = join(ROOT, `build/test.${process.pid}.json`)
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outcome}`]
  const optional = binary === 'debug' ? ['--passWithNoTests'] : []
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--config', 'test/vitest.config.ts', ...reporters, ...optional, ...args],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, QUIVER_WASM: binary } },
  )
  const failed = existsSync(outcome) ? add(outcome) : 0
  // A crash or an unhandled rejection outside of any test fails the run without failing a test.
  if (status !== 0 && failed === 0) sum.failed += 1
}

/**
 * Adds the counts of one run to the sum; returns how many failed.
 *
 * @param {string} path of vitest's JSON report
 */
function add(path) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  rmSync(path)
  const unloadable = report.testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const skipped = report.numPendingTests + report.numTodoTests
  // Tests that were under way when their process died have no outcome.
  const lost = report.numTotalTests - report.numPassedTests - report.numFailedTests - skipped
  const failed = report.numFailedTests + unloadable + lost
  sum.passed += report.numPassedTests
  sum.failed += failed
  sum.skipped += skipped
  return failed
}
