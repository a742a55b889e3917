// @ts-check
// npm test [-- filters]: builds what is stale, runs every suite on the release binary, then the suites that face the core
// on the debug binary, where the asserts of assembly/ are on. With filters, only the files they name, on the release
// binary unless QUIVER_WASM=debug. It ends with what failed and why, so that the end of a long output tells, and the
// sum, `N passed, N failed`, which CI reads.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ensureDist } from './dist.mjs'
import { ROOT } from './stamp.mjs'

/** Folders of test/ whose suites reach the WASM. */
const CORE_FACING = ['core', 'assembly', 'model', 'recall']

const filters = process.argv.slice(2)
const sum = { passed: 0, failed: 0, skipped: 0 }
/** @type {string[]} */
const failures = []

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

for (const failure of failures) console.log(failure)
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
  const failed = existsSync(outcome) ? add(outcome, binary) : 0
  // A crash or an unhandled rejection outside of any test fails the run without failing a test.
  if (status !== 0 && failed === 0) sum.failed += 1
}

/**
 * Adds the counts of one run to the sum, and what failed to the failures; returns how many failed.
 *
 * @param {string} path of vitest's JSON report
 * @param {string} binary that the run was on
 */
function add(path, binary) {
  /** @type {Report} */
  const report = JSON.parse(readFileSync(path, 'utf8'))
  rmSync(path)
  let unloadable = 0
  for (const file of report.testResults) {
    if (file.status !== 'failed') continue
    const name = `${relative(ROOT, file.name)} (${binary})`
    if (file.assertionResults.length === 0) {
      unloadable += 1
      failures.push(failure(name, file.message))
    }
    for (const test of file.assertionResults) {
      if (test.status === 'failed') failures.push(failure(`${name} > ${test.fullName}`, test.failureMessages[0]))
    }
  }
  const skipped = report.numPendingTests + report.numTodoTests
  // Tests that were under way when their process died have no outcome.
  const lost = report.numTotalTests - report.numPassedTests - report.numFailedTests - skipped
  const failed = report.numFailedTests + unloadable + lost
  sum.passed += report.numPassedTests
  sum.failed += failed
  sum.skipped += skipped
  return failed
}

/** @param {string} name @param {string} [message] */
function failure(name, message = '') {
  return `FAILED ${name}: ${message.split('\n').slice(0, 12).join('\n  ').slice(0, 2000)}`
}

/**
 * What is used of vitest's JSON report.
 *
 * @typedef {{
 *   numTotalTests: number, numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: {
 *     name: string, status: string, message: string,
 *     assertionResults: { status: string, fullName: string, failureMessages: string[] }[],
 *   }[],
 * }} Report
 */
