// Promise: the lock of a directory knows the living from the dead, and nobody slips in between. Checked in one process, on
// lock files written by hand for what others may have left, and with hooks before `link`, before removals and behind reads for what others may do meanwhile.

import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { LockedError } from '../../../src/error/index.ts'
import { openFileDirectory } from '../../../src/storage/file/index.ts'
import type { StorageDirectory } from '../../../src/storage/index.ts'
import { temporaryFolder } from './temporary.ts'

const onLink = vi.hoisted(() => ({ next: undefined as ((target: string) => Promise<void>) | undefined }))
const onRead = vi.hoisted(() => ({ next: undefined as ((path: string) => void) | undefined }))
const onRemove = vi.hoisted(() => ({ each: undefined as ((path: string) => void) | undefined }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  return {
    ...real,
    readFileSync: (...args: Parameters<typeof real.readFileSync>) => {
      const content = real.readFileSync(...args)
      onRead.next?.(String(args[0]))
      return content
    },
    unlinkSync: (path: string) => {
      onRemove.each?.(path)
      real.unlinkSync(path)
    },
  }
})

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    link: async (from: string, to: string) => {
      const hook = onLink.next
      onLink.next = undefined
      await hook?.(to)
      await real.link(from, to)
    },
  }
})

const isLinux = process.platform === 'linux'

interface Claim {
  token: string
  mode: string
  platform?: string
  pid: number
  host: string
  since: string
  boot?: string
  pidSpace?: string
  start?: string
  beacon: boolean
}

/** The claim that this process makes, as it stands in its lock file. */
async function ourClaim(): Promise<Claim> {
  const path = await temporaryFolder()
  const directory = await openFileDirectory(path)
  await directory.lock()
  const claim = JSON.parse(readFileSync(join(path, 'quiver.lock'), 'utf8'))
  await directory.unlock()
  return claim
}

/** One that died with nothing left of it. */
async function deadClaim(token: string): Promise<Claim> {
  return { ...(await ourClaim()), token, pid: 2 ** 30, beacon: false }
}

function put(path: string, name: string, content: object | string): void {
  writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content))
}

async function locked(path: string, readOnly = false): Promise<StorageDirectory> {
  const directory = await openFileDirectory(path, { readOnly })
  await directory.lock()
  return directory
}

describe('a lock file', () => {
  test('says who, where and since when, and goes with the lock', async () => {
    const path = await temporaryFolder()
    const directory = await locked(path)
    const claim = JSON.parse(readFileSync(join(path, 'quiver.lock'), 'utf8')) as Claim
    expect(claim).toMatchObject({ mode: 'write', pid: process.pid, beacon: true })
    expect(Date.now() - Date.parse(claim.since)).toBeLessThan(10_000)
    expect(existsSync(join(path, `quiver.lock.s-${claim.token}`))).toBe(true)
    await directory.unlock()
    expect(await readdir(path)).toEqual([])
  })

  test('of a handle in the same process is told so', async () => {
    const path = await temporaryFolder()
    const directory = await locked(path)
    const refused = locked(path)
    await expect(refused).rejects.toThrow(`is open for writing by this process (${process.pid})`)
    // A development server that had loaded a module anew said no more than this, to people who had opened nothing twice.
    await expect(refused).rejects.toThrow('use that one, or close it first; where modules are loaded anew')
    await directory.unlock()
  })

  // In most containers the one process has the pid 1: with a volume in common each was told that it had the directory open itself.
  test.skipIf(!isLinux)('of a process in another container that has our pid is not called ours', async () => {
    const path = await temporaryFolder()
    const directory = await locked(path)
    const claim = JSON.parse(readFileSync(join(path, 'quiver.lock'), 'utf8'))
    put(path, 'quiver.lock', { ...claim, pidSpace: 'pid:[1]', host: 'elsewhere' })
    await expect(locked(path)).rejects.toThrow(`is open for writing by process ${process.pid} on host "elsewhere"`)
    await expect(locked(path)).rejects.toThrow('one process at a time writes to a directory')
    put(path, 'quiver.lock', claim)
    await directory.unlock()
  })

  // Windows and the Linux beside it (WSL) see one folder and have one host name: each took the other for dead, and wrote.
  test('of another operating system is held, whatever its host is called', async () => {
    const path = await temporaryFolder()
    const claim = await ourClaim()
    expect(claim.platform).toBe(process.platform)
    for (const readOnly of [false, true]) {
      put(path, 'quiver.lock', { ...claim, platform: 'another', pidSpace: undefined, boot: undefined })
      await expect(locked(path, readOnly)).rejects.toThrow('cannot be asked from here')
    }
    put(path, 'quiver.lock', { ...(await deadClaim('older')), platform: undefined })
    await (await locked(path)).unlock()
  })

  test('that has become another’s stays when the first holder unlocks', async () => {
    const path = await temporaryFolder()
    const directory = await locked(path)
    put(path, 'quiver.lock', await deadClaim('other'))
    await directory.unlock()
    expect(await readdir(path)).toEqual(['quiver.lock'])
  })

  test('may be gone, with its directory, when the holder unlocks', async () => {
    const path = join(await temporaryFolder(), 'data')
    const directory = await locked(path)
    await rm(path, { recursive: true })
    await directory.unlock()
  })

  // Where there was no beacon either, the process that had closed the directory was told that it still had it open, for good.
  test.each(['write', 'read'])('that cannot be removed is reported, and keeps out nobody here (%s)', async (mode) => {
    const path = await temporaryFolder()
    const directory = await locked(path, mode === 'read')
    const [name = ''] = (await readdir(path)).filter((file) => /lock$|\.r-/.test(file))
    put(path, name, { ...JSON.parse(readFileSync(join(path, name), 'utf8')), beacon: false })
    onRemove.each = (file) => {
      if (file !== join(path, name)) return
      throw Object.assign(new Error(`EIO: i/o error, unlink '${file}'`), { code: 'EIO', syscall: 'unlink' })
    }
    try {
      await expect(directory.unlock()).rejects.toThrow(`removal of ${path}/${name} failed: EIO: i/o error`)
    } finally {
      onRemove.each = undefined
    }
    expect(await readdir(path)).toEqual([name])
    await (await locked(path)).unlock()
    expect(await readdir(path)).toEqual([])
  })
})

describe('a claim without a beacon', () => {
  const cases: [string, boolean, (ours: Claim) => Partial<Claim>][] = [
    ['of a process that is no more is dead', true, () => ({ pid: 2 ** 30 })],
    ['of a process that runs is alive', false, () => ({})],
    ['of an earlier process with the pid of one that runs is dead', true, () => ({ start: '1' })],
    ['from before the last boot is dead', true, () => ({ boot: 'an earlier one' })],
    ['of another machine is held', false, () => ({ boot: 'of another', host: 'elsewhere' })],
    ['of another container is held', false, () => ({ pidSpace: 'pid:[1]', host: 'elsewhere' })],
    ['of a container by our name, not ours, is dead', true, () => ({ pidSpace: 'pid:[1]' })],
    ['of a machine without a boot id and with another name is held', false, () => ({ boot: '', host: 'elsewhere' })],
  ]

  test.skipIf(!isLinux).each(cases)('%s', async (_, isFree, changes) => {
    for (const name of ['quiver.lock', 'quiver.lock.r-forged']) {
      const path = await temporaryFolder()
      const ours = await ourClaim()
      const claim: Claim = { ...ours, token: 'forged', beacon: false, ...changes(ours) }
      if (claim.boot === '') delete claim.boot
      put(path, name, { ...claim, mode: name === 'quiver.lock' ? 'write' : 'read' })
      if (isFree) {
        await (await locked(path)).unlock()
        expect(await readdir(path)).toEqual([])
      } else {
        await expect(locked(path)).rejects.toThrow(LockedError)
        expect(await readdir(path)).toEqual([name])
      }
    }
  })

  test('of another machine is refused with a way out', async () => {
    const path = await temporaryFolder()
    put(path, 'quiver.lock', { ...(await ourClaim()), boot: 'of another', host: 'elsewhere' })
    const advice = `cannot be asked from here: if it no longer uses the directory, delete ${path}/quiver.lock`
    await expect(locked(path)).rejects.toThrow(advice)
    await expect(locked(path, true)).rejects.toThrow(advice)
  })

  test.skipIf(!isLinux)('is what remains of one whose beacon was deleted: its process decides', async () => {
    const path = await temporaryFolder()
    const directory = await locked(path)
    const { token } = JSON.parse(readFileSync(join(path, 'quiver.lock'), 'utf8')) as Claim
    await rm(join(path, `quiver.lock.s-${token}`))
    await expect(locked(path)).rejects.toThrow(LockedError)
    await directory.unlock()
  })

  // Most programs copy no sockets, and the process that has the original open was taken for that of the copy.
  test.skipIf(!isLinux)('is free in a copy of a directory that is open', async () => {
    const path = await temporaryFolder()
    const directory = await locked(path)
    const copy = await temporaryFolder()
    put(copy, 'quiver.lock', readFileSync(join(path, 'quiver.lock'), 'utf8'))
    await (await locked(copy)).unlock()
    await expect(locked(path)).rejects.toThrow(LockedError)
    await rename(path, `${path}.moved`)
    await expect(locked(`${path}.moved`)).rejects.toThrow(LockedError)
    await rename(`${path}.moved`, path)
    await directory.unlock()
  })
})

describe('what a crash leaves', () => {
  test.each(['', '{"token":"a"', 'not ours', '[]', 'null', '{"token":"../x","mode":"write"}'])(
    'a lock file torn to %j is free',
    async (content) => {
      const path = await temporaryFolder()
      put(path, 'quiver.lock', content)
      utimesSync(join(path, 'quiver.lock'), new Date(0), new Date(0))
      await (await locked(path)).unlock()
      expect(await readdir(path)).toEqual([])
    },
  )

  test('a lock file that is torn and young is given a moment to be finished', async () => {
    const path = await temporaryFolder()
    const claim = { ...(await ourClaim()), boot: 'of another', host: 'elsewhere' }
    put(path, 'quiver.lock', '')
    let readings = 0
    // Finished once it has been seen torn.
    onRead.next = (file) => {
      if (file === join(path, 'quiver.lock') && ++readings === 1) put(path, 'quiver.lock', claim)
    }
    await expect(locked(path)).rejects.toMatchObject({ details: { host: 'elsewhere' } })
    onRead.next = undefined
    expect(readings).toBeGreaterThan(1)
    put(path, 'quiver.lock', '')
    await (await locked(path)).unlock()
  })

  test('a chain of followers that all died is free, and the next holder stands alone', async () => {
    const path = await temporaryFolder()
    put(path, 'quiver.lock', await deadClaim('one'))
    put(path, 'quiver.lock.b-one', await deadClaim('two'))
    put(path, 'quiver.lock.b-two', await deadClaim('three'))
    const directory = await locked(path)
    const { token } = JSON.parse(readFileSync(join(path, 'quiver.lock'), 'utf8')) as Claim
    expect((await readdir(path)).sort()).toEqual(['quiver.lock', `quiver.lock.s-${token}`])
    await directory.unlock()
  })

  test.skipIf(!isLinux)('a chain whose last follower lives is held by it', async () => {
    const path = await temporaryFolder()
    put(path, 'quiver.lock', await deadClaim('one'))
    put(path, 'quiver.lock.b-one', { ...(await ourClaim()), token: 'two', beacon: false, since: 'today' })
    await expect(locked(path)).rejects.toMatchObject({ details: { since: 'today' } })
    await expect(locked(path, true)).rejects.toMatchObject({ details: { since: 'today' } })
    expect((await readdir(path)).sort()).toEqual(['quiver.lock', 'quiver.lock.b-one'])
  })

  test('drafts, readers and beacons are cleared away; what is young, or not the lock’s, is not', async () => {
    const path = await temporaryFolder()
    const old = ['quiver.lock.t-a', 'quiver.lock.n-b', 'quiver.lock.b-c', 'quiver.lock.r-d', 'quiver.lock.t-e']
    const kept = ['quiver.lock.n-y', 'quiver.lock.t-x', 'quiver.lock.txt', 'quiver.locked', 'readme']
    for (const name of [...old, ...kept]) put(path, name, '')
    put(path, 'quiver.lock.r-d', await deadClaim('d'))
    put(path, 'quiver.lock.t-e', await deadClaim('e'))
    for (const name of old.slice(0, 2)) utimesSync(join(path, name), new Date(0), new Date(0))
    const directory = await locked(path)
    expect(await directory.list()).toEqual(['quiver.locked', 'readme'])
    await directory.unlock()
    expect((await readdir(path)).sort()).toEqual(kept)
  })
})

describe('one who saw a dead writer, and was slow', () => {
  async function slowAfter(meanwhile: (path: string) => Promise<void>): Promise<{ path: string; outcome: string }> {
    const path = await temporaryFolder()
    put(path, 'quiver.lock', await deadClaim('dead'))
    onLink.next = async (target) => {
      expect(target).toBe(join(path, 'quiver.lock.b-dead'))
      await meanwhile(path)
    }
    const slow = await openFileDirectory(path)
    const outcome = await slow.lock().then(
      () => 'holds',
      (error) => (error instanceof LockedError ? 'refused' : String(error)),
    )
    expect(existsSync(join(path, 'quiver.lock.b-dead'))).toBe(false)
    if (outcome === 'holds') await slow.unlock()
    return { path, outcome }
  }

  test('is refused when another has taken over', async () => {
    let other: StorageDirectory | undefined
    const { path, outcome } = await slowAfter(async (path) => {
      other = await locked(path)
    })
    expect(outcome).toBe('refused')
    await expect(locked(path)).rejects.toThrow(LockedError)
    await other?.unlock()
    expect(await readdir(path)).toEqual([])
  })

  test('is refused when another has taken over and gone, and a third has come', async () => {
    let third: StorageDirectory | undefined
    const { path, outcome } = await slowAfter(async (path) => {
      await (await locked(path)).unlock()
      third = await locked(path)
    })
    expect(outcome).toBe('refused')
    await expect(locked(path)).rejects.toThrow(LockedError)
    await third?.unlock()
    expect(await readdir(path)).toEqual([])
  })

  test('gets in when another has taken over and gone', async () => {
    const { path, outcome } = await slowAfter(async (path) => (await locked(path)).unlock())
    expect(outcome).toBe('holds')
    expect(await readdir(path)).toEqual([])
  })

  test('gets in when another has taken over and died', async () => {
    const { path, outcome } = await slowAfter(async (path) => put(path, 'quiver.lock', await deadClaim('other')))
    expect(outcome).toBe('holds')
    expect(await readdir(path)).toEqual([])
  })
})

test('a reader that comes while a writer is being refused by readers gets in', async () => {
  const path = await temporaryFolder()
  const first = await locked(path, true)
  const refused = locked(path)
  const second = locked(path, true)
  await expect(refused).rejects.toThrow(LockedError)
  await (await second).unlock()
  await first.unlock()
  expect(await readdir(path)).toEqual([])
})
