// npm run bench: runs suites and writes what they found.
//
//   node bench/run.mjs [suite ...] [--smoke] [--rows N] [--rounds N] [--time MS] [--seed N] [--peers a,b] [--groups a,b]
//                      [--huge] [--core N] [--out DIRECTORY] [--scratch DIRECTORY] [--no-install]
//
// A full run writes bench/results/<suite>.{json,md,svg}. A run of some peers, some groups or other parameters is for
// looking, so it writes to a temporary directory unless --out says where.
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createPinning, describeMachine } from './harness/machine.mjs'
import { installPeers } from './harness/peers.mjs'

/**
 * @typedef {{ name: string, title: string, groupNames: string[], peerNames: string[],
 *   run: (options: any, context: any) => Promise<{ result: any, markdown: string, svg: string, isSound: boolean }> }} Suite
 */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const say = (text) => console.error(text)

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      smoke: { type: 'boolean', default: false },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      time: { type: 'string' },
      seed: { type: 'string' },
      peers: { type: 'string' },
      groups: { type: 'string' },
      huge: { type: 'boolean', default: false },
      core: { type: 'string' },
      out: { type: 'string' },
      scratch: { type: 'string' },
      'no-install': { type: 'boolean', default: false },
    },
  })
  const list = (text) => text?.split(',').map((name) => name.trim())
  const whole = (name) => {
    if (values[name] === undefined) return undefined
    const value = Number(values[name].replaceAll('_', ''))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Error(`--${name} takes a whole number of at least 1, not ${values[name]}`)
    return value
  }
  return {
    suites: positionals,
    isSmoke: values.smoke,
    isHuge: values.huge,
    rowsCount: whole('rows'),
    roundsCount: whole('rounds'),
    timeMs: whole('time'),
    seed: whole('seed'),
    peers: list(values.peers),
    groups: list(values.groups),
    core: values.core === undefined ? undefined : Number(values.core),
    out: values.out,
    scratch: values.scratch,
    isInstalling: !values.smoke && !values['no-install'],
  }
}

async function findSuites(names) {
  const files = readdirSync(HERE)
    .filter((file) => file.endsWith('.bench.mjs'))
    .sort()
  const known = files.map((file) => file.slice(0, -'.bench.mjs'.length))
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`there is no suite "${name}"; the suites are: ${known.join(', ')}`)
  }
  const wanted = names.length > 0 ? names : known
  return Promise.all(wanted.map(async (name) => (await import(`./${name}.bench.mjs`)).suite))
}

function checkNames(kind, given, known) {
  for (const name of given ?? []) {
    if (!known.includes(name)) throw new Error(`there is no ${kind} "${name}"; known are: ${known.join(', ')}`)
  }
}

function resultsDirectory(options) {
  if (options.out !== undefined) return options.out
  const { isSmoke, rowsCount, roundsCount, timeMs, seed, peers, groups } = options
  const isFull = !isSmoke && [rowsCount, roundsCount, timeMs, seed, peers, groups].every((value) => value === undefined)
  return isFull ? join(HERE, 'results') : mkdtempSync(join(tmpdir(), 'quiverdb-results-'))
}

async function main() {
  const options = readOptions()
  const suites = await findSuites(options.suites)
  for (const suite of suites) {
    checkNames('peer', options.peers, suite.peerNames)
    checkNames('group', options.groups, suite.groupNames)
  }
  const machine = describeMachine()
  const pinning = createPinning(options.core ?? machine.coresCount - 1)
  const described = `${machine.cpu}, ${machine.coresCount} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; one core each (${pinning.description})`
  say(described)
  if (options.isInstalling) installPeers(say)

  const directory = resultsDirectory(options)
  mkdirSync(directory, { recursive: true })
  let isSound = true
  for (const suite of suites) {
    const outcome = await suite.run(options, { machine, pinning, say })
    isSound &&= outcome.isSound
    const markdown = outcome.markdown.replace('\n\n', `\n\n${described}.\n\n`)
    writeFileSync(join(directory, `${suite.name}.json`), `${JSON.stringify(outcome.result, null, 2)}\n`)
    writeFileSync(join(directory, `${suite.name}.md`), markdown)
    writeFileSync(join(directory, `${suite.name}.svg`), outcome.svg)
    console.log(markdown)
  }
  say(`written to ${directory}`)
  if (!isSound) {
    say('a peer failed, or peers did not agree on what they read: see the notes')
    process.exitCode = 1
  }
}

try {
  await main()
} catch (error) {
  say(`bench: ${error.message}`)
  process.exitCode = 2
}
