// Promise: a directory has one writer on the whole machine, however it is reached, and a holder that dies, in whatever way,
// is out at once. Checked with real processes and threads that take locks, are killed, and race.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LockedError } from '../../../src/error/index.ts'
import { openFileDirectory } from '../../../src/storage/file/index.ts'
import { type Holder, holdInProcess, holdInThread, stress, useHolders } from './processes.ts'
import { temporaryFolder } from './temporary.ts'

useHolders()

const STRESS_SECONDS = 3
const PROCESSES_COUNT = 6
/** So many of each there are at least, however slow the machine is. */
const DEATHS_AND_ENDS = 6

async function expectFree(path: string, options: { readOnly?: boolean } = {}): Promise<void> {
  const directory = await openFileDirectory(path, options)
  await directory.lock()
  await directory.unlock()
}

async function refusal(path: string, options: { readOnly?: boolean } = {}): Promise<LockedError> {
  const directory = await openFileDirectory(path, options)
  const error = await directory.lock().then(
    () => undefined,
    (reason) => reason,
  )
  expect(error).toBeInstanceOf(LockedError)
  return error
}

const HOLDERS: [string, (path: string, mode: 'write' | 'read') => Holder][] = [
  ['another process', holdInProcess],
  ['a worker thread of this process', holdInThread],
]

describe.each(HOLDERS)('%s', (_, hold) => {
  test('keeps a writer out, is named, and frees the directory by unlocking', async () => {
    const path = await temporaryFolder()
    const before = Date.now()
    const holder = hold(path, 'write')
    const { outcome, pid } = await holder.said()
    expect(outcome).toBe('held')
    for (const readOnly of [false, true]) {
      const error = await refusal(path, { readOnly })
      expect(error.message).toContain(`"${path}" is open for writing by`)
      expect(error.message).toContain(String(pid))
      expect(error.message).toContain(hostname())
      expect(error.details).toMatchObject({ path, pid, host: hostname(), mode: 'write' })
      const since = Date.parse(String(error.details.since))
      expect(since).toBeGreaterThanOrEqual(before)
      expect(since).toBeLessThanOrEqual(Date.now())
    }
    await holder.free()
    await expectFree(path)
  })

  test('that reads shares with readers and keeps a writer out', async () => {
    const path = await temporaryFolder()
    const holder = hold(path, 'read')
    await holder.said()
    await expectFree(path, { readOnly: true })
    expect((await refusal(path)).message).toContain('is open for reading by')
    await holder.free()
    await expectFree(path)
  })

  test.each(['write', 'read'] as const)(
    'that dies with a %s lock is out at once, and nothing of it stays',
    async (mode) => {
      const path = await temporaryFolder()
      const holder = hold(path, mode)
      await holder.said()
      await holder.end()
      expect(await readdir(path)).not.toEqual([])
      await expectFree(path, { readOnly: true })
      await expectFree(path)
      expect(await readdir(path)).toEqual([])
    },
  )

  test('that ends without unlocking is out at once', async () => {
    const path = await temporaryFolder()
    const holder = hold(path, 'write')
    await holder.said()
    await holder.leaveWithoutUnlocking()
    await expect(holder.said()).rejects.toThrow('without a word')
    await expectFree(path)
    expect(await readdir(path)).toEqual([])
  })
})

test('a directory is one, by whatever path or link it is reached', async () => {
  const parent = await temporaryFolder()
  const path = join(parent, 'data')
  mkdirSync(path)
  symlinkSync(path, join(parent, 'link'))
  const holder = holdInProcess(path, 'write')
  await holder.said()
  const ways = [`${parent}/link`, `${parent}/./data/`, `${parent}/link/../data`, relative(process.cwd(), path)]
  for (const way of ways) expect((await refusal(way)).details.path).toBe(way)
  expect(await holdInProcess(join(parent, 'link'), 'write').said()).toMatchObject({ code: 'QUIVER_LOCKED' })
})

test('a stopped process still holds its lock', async () => {
  const path = await temporaryFolder()
  const holder = holdInProcess(path, 'write')
  const { pid } = await holder.said()
  process.kill(pid, 'SIGSTOP')
  await refusal(path)
})

test('processes that race for the lock of a dead writer, and die themselves, never hold it two at a time', async () => {
  const path = await temporaryFolder()
  const log = join(await temporaryFolder(), 'log')
  const eventsOf = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  const isEnough = () =>
    ['dies', 'frees'].every((what) => eventsOf().filter((event) => event.startsWith(what)).length >= DEATHS_AND_ENDS)
  await stress(path, log, PROCESSES_COUNT, STRESS_SECONDS, isEnough)
  const events = eventsOf()
  let holder: string | undefined
  const counts: Record<string, number> = {}
  for (const event of events) {
    const [what = '', who] = event.split(' ')
    counts[what] = (counts[what] ?? 0) + 1
    if (what === 'takes') expect([event, holder]).toEqual([event, undefined])
    else expect([event, holder]).toEqual([event, who])
    holder = what === 'takes' ? who : undefined
  }
  expect(counts.dies).toBeGreaterThanOrEqual(DEATHS_AND_ENDS)
  expect(counts.frees).toBeGreaterThanOrEqual(DEATHS_AND_ENDS)
  await expectFree(path)
  expect(await readdir(path)).toEqual([])
})

// Containers are processes in namespaces of their own; `unshare` makes such, where it is allowed to.
const container = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const canUnshare = spawnSync(container[0] as string, [...container.slice(1), '--uts', 'true']).status === 0

describe.skipIf(!canUnshare)('a container', () => {
  test('with its own pids keeps others out as long as it runs, and not longer', async () => {
    const path = await temporaryFolder()
    for (let restart = 0; restart < 3; restart++) {
      const inside = holdInProcess(path, 'write', container)
      expect(await inside.said()).toMatchObject({ outcome: 'held', pid: 1 })
      expect(await holdInProcess(path, 'write', container).said()).toMatchObject({
        outcome: 'refused',
        details: { pid: 1 },
      })
      await refusal(path)
      await inside.end()
    }
    await expectFree(path)
  })

  test('that comes back under another host name after a crash is let in', async () => {
    const path = await temporaryFolder()
    const named = (name: string) => [...container, '--uts', 'sh', '-c', `hostname ${name}; exec "$@"`, 'sh']
    const first = holdInProcess(path, 'write', named('one'))
    expect(await first.said()).toMatchObject({ outcome: 'held' })
    expect(await holdInProcess(path, 'write', named('two')).said()).toMatchObject({ details: { host: 'one' } })
    await first.end()
    const second = holdInProcess(path, 'write', named('two'))
    expect(await second.said()).toMatchObject({ outcome: 'held' })
  })

  test('on a read-only medium reads, whatever lock came with it', async () => {
    const path = await temporaryFolder()
    const mounted = ['unshare', '--mount', 'sh', '-c', `mount --bind -o ro ${path} ${path}; exec "$@"`, 'sh']
    const claim = { token: 'a', mode: 'write', pid: 1, host: 'elsewhere', since: 'then', boot: 'other', beacon: false }
    execFileSync('sh', ['-c', 'cat > "$0"', join(path, 'quiver.lock')], { input: JSON.stringify(claim) })
    await refusal(path, { readOnly: true })
    expect(await holdInProcess(path, 'read', mounted).said()).toMatchObject({ outcome: 'held' })
    expect(await holdInProcess(path, 'write', mounted).said()).toMatchObject({ code: 'QUIVER_HOST' })
  })

  test('on a read-only medium is refused beside a writer that lives', async () => {
    const path = await temporaryFolder()
    const mounted = ['unshare', '--mount', 'sh', '-c', `mount --bind -o ro ${path} ${path}; exec "$@"`, 'sh']
    await holdInProcess(path, 'write').said()
    expect(await holdInProcess(path, 'read', mounted).said()).toMatchObject({ code: 'QUIVER_LOCKED' })
  })
})
