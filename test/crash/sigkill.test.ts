// Promise: a process that is killed with SIGKILL, at whatever moment, has lost nothing that it acknowledged as hard, left no batch in
// part, and left nothing that keeps the next one from opening. A real process on real files, killed again and again; the same directory
// is opened, judged and written on after each kill, with compactions going on in half of the rounds.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openFileDirectory } from '../../src/storage/file/index.ts'
import { differenceOf } from '../core/exact.ts'
import { Partition } from '../core/partitions.ts'
import { type Contents, digestOf, documentsIn } from './contents.ts'
import { changesOf, documentOf, optionsOf, UNDER_WAY } from './sigkill-plan.ts'
import { SeededRandom } from './simulated-storage-random.ts'

const KILLS = Number(process.env.QUIVER_KILLS ?? 200)
const SECONDS_MAX = Number(process.env.QUIVER_SECONDS ?? 60)
/** However slow the machine is; and of ten of them one comes behind an acknowledgement. */
const KILLS_LEAST = Math.min(KILLS, 20)
const KILLS_PER_DIRECTORY = 12
const SEED = Number(process.env.QUIVER_SEED ?? 1)

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quiver-sigkill-'))
  await build({
    entryPoints: [join(import.meta.dirname, 'sigkill-writer.ts')],
    outfile: join(folder, 'writer.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
})

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))

/** Starts the writer, kills it, and answers what it had acknowledged: the last number, and whether it got so far as to open. */
async function killOne(path: string, first: number, compacts: boolean, random: SeededRandom): Promise<number> {
  const writer = spawn(process.execPath, [join(folder, 'writer.mjs'), path, `${first}`, compacts ? 'compact' : ''], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let complaint = ''
  const isOpen = new Promise<void>((resolve) => {
    writer.stdout!.on('data', (data) => {
      said += data
      resolve()
    })
    writer.on('close', () => resolve())
  })
  writer.stderr!.on('data', (data) => (complaint += data))
  // Now and then in the midst of opening, most often some batches later.
  if (random.chance(0.15)) await pause(30 + random.below(60))
  else {
    await isOpen
    await pause(random.below(random.pick([5, 25, 60])))
  }
  await end(writer)
  expect(complaint).toBe('')
  // The last line may be cut short.
  const numbers = said
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== 'open')
    .map(Number)
  // Acknowledgements of one partition may overtake those of the other.
  return numbers.reduce((last, number) => Math.max(last, number), first - 1)
}

function end(writer: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    writer.on('close', () => resolve())
    writer.kill('SIGKILL')
  })
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

function contentsOf(partition: Partition): Contents {
  const contents: Contents = new Map()
  for (const { document } of documentsIn(partition)) {
    const key = document['id'] as string
    expect(differenceOf(documentOf(key, document['version'] as number), document)).toBeUndefined()
    contents.set(key, document['version'] as number)
  }
  return contents
}

/** The numbers of batches after which a partition may be as it was found, from `before` on. */
function candidatesOf(before: Contents, found: Contents, side: 0 | 1, first: number, last: number): number[] {
  const digest = digestOf(found)
  const contents = new Map(before)
  const numbers = digestOf(contents) === digest ? [first - 1] : []
  for (let number = first; number <= last; number++) {
    for (const { key, version } of changesOf(number)[side]) {
      if (version === undefined) contents.delete(key)
      else contents.set(key, version)
    }
    if (digestOf(contents) === digest) numbers.push(number)
  }
  return numbers
}

/** Whether both partitions can be as after these numbers: transactions, every fifth number, are in both or in neither. */
function agree(one: number, two: number): boolean {
  return Math.floor(one / 5) === Math.floor(two / 5)
}

it(`loses nothing in ${KILLS} kills (QUIVER_SEED=${SEED})`, { timeout: SECONDS_MAX * 3_000 + 300_000 }, async () => {
  const random = new SeededRandom(SEED)
  const began = performance.now()
  let kills = 0
  let batches = 0
  const isTimeLeft = () => performance.now() - began < SECONDS_MAX * 1_000
  for (let round = 0; kills < KILLS && (isTimeLeft() || kills < KILLS_LEAST || batches <= kills / 10); round++) {
    const path = join(folder, `round${round}`)
    let before: [Contents, Contents] = [new Map(), new Map()]
    let first = 1
    for (let i = 0; i < KILLS_PER_DIRECTORY && kills < KILLS; i++) {
      const last = await killOne(path, first, (round + i) % 2 === 0, random)
      kills++
      const where = `seed ${SEED}, round ${round}, kill ${i}, batches ${first} to ${last} acknowledged`
      const storage = await openFileDirectory(path)
      // Killed before it had made both of its logs, it had acknowledged nothing.
      if ((await storage.list()).filter((name) => name.endsWith('.log')).length < 2) {
        expect(last, where).toBe(0)
        await rm(path, { recursive: true })
        continue
      }
      let partitions: Partition[]
      try {
        partitions = await Partition.openAll(optionsOf(storage))
      } catch (error) {
        if (last === 0) {
          // It is new, also where those before were killed before they had made anything: its first log was not whole yet.
          await rm(path, { recursive: true })
          continue
        }
        throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
      const found = partitions.map(contentsOf) as [Contents, Contents]
      const ends = ([0, 1] as const).map((side) =>
        candidatesOf(before[side], found[side], side, first, last + UNDER_WAY),
      )
      // All that was acknowledged is there: numbers above the last acknowledged one of a partition change nothing in it before the next.
      const pair = ends[0]!
        .flatMap((one) => ends[1]!.map((two) => [one, two] as const))
        .find(
          ([one, two]) =>
            agree(one, two) && (one >= last || isQuiet(0, one, last)) && (two >= last || isQuiet(1, two, last)),
        )
      expect(pair, `${where}; partition 0 may be as after ${ends[0]}, partition 1 as after ${ends[1]}`).toBeDefined()
      for (const partition of partitions) await partition.close()
      batches += last - first + 1
      before = found
      // Numbers go on behind all that may have been written, and a multiple of five begins no transaction half-way.
      first = Math.ceil((last + UNDER_WAY + 1) / 5) * 5 + 1
    }
    await rm(path, { recursive: true, force: true })
  }
  expect(kills).toBeGreaterThanOrEqual(KILLS_LEAST)
  // On a busy machine most are killed before they acknowledge much.
  expect(batches).toBeGreaterThan(kills / 10)
})

/** Whether no batch after `from` up to `to` touches a partition. */
function isQuiet(side: 0 | 1, from: number, to: number): boolean {
  for (let number = from + 1; number <= to; number++) if (changesOf(number)[side].length > 0) return false
  return true
}
