// Promise: the simulated medium loses exactly what a disk could lose, and nothing that it may not, the same way for every
// seed. The durability tests are as good as this. That it keeps the contract of every backend is checked in
// test/unit/storage/contract.test.ts.

import { describe, expect, test } from 'vitest'
import { HostError } from '../../src/error/index.ts'
import type { StorageFile } from '../../src/storage/index.ts'
import { type CrashMode, CrashSignal, type Moment, SimulatedMedium } from './simulated-storage.ts'

const create = { create: true }
const SEEDS = Array.from({ length: 400 }, (_, seed) => seed)

function filled(bytesCount: number, value: number): Uint8Array {
  return new Uint8Array(bytesCount).fill(value)
}

/** A medium on which the file `a` holds `bytes`, durably. */
async function mediumWith(bytes: Uint8Array): Promise<{ medium: SimulatedMedium; file: StorageFile }> {
  const medium = new SimulatedMedium()
  const directory = medium.reopen()
  const file = await directory.open('a', create)
  file.write(0, bytes)
  await file.flush()
  await directory.flushNames()
  expect(medium.pendingCount).toBe(0)
  return { medium, file }
}

/** What `describe` says of the medium after a crash, for many seeds: each answer once, sorted. */
function outcomes(medium: SimulatedMedium, describe: (after: SimulatedMedium) => string): string[] {
  return [...new Set(SEEDS.map((seed) => describe(medium.crash({ seed, mode: 'random' }))))].sort()
}

function text(medium: SimulatedMedium, name = 'a'): string {
  return [...medium.bytes(name)].join('')
}

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a crash', () => {
  test('takes nothing that was flushed, in any mode', async () => {
    const { medium } = await mediumWith(filled(5000, 7))
    for (const mode of ['nothing', 'all', 'random'] as CrashMode[]) {
      for (const seed of SEEDS) expect(Buffer.compare(medium.crash({ seed, mode }).bytes('a'), filled(5000, 7))).toBe(0)
    }
  })

  test('takes all that was not flushed, or none of it, in the two plain modes', async () => {
    const { medium, file } = await mediumWith(filled(4, 1))
    file.write(2, filled(4, 2))
    file.truncate(5)
    await medium.reopen().open('b', create)
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('1111')
    expect(medium.crash({ seed: 1, mode: 'nothing' }).names()).toEqual(['a'])
    expect(text(medium.crash({ seed: 1, mode: 'all' }))).toBe('11222')
    expect(medium.crash({ seed: 1, mode: 'all' }).names()).toEqual(['a', 'b'])
  })

  test('keeps, drops, cuts or only makes room for a write at the end of a file', async () => {
    const { medium, file } = await mediumWith(filled(2, 1))
    file.write(2, filled(3, 2))
    expect(outcomes(medium, text)).toEqual(['11', '11000', '112', '11200', '1122', '11220', '11222'])
  })

  test('never lengthens a file by a write inside of it', async () => {
    const { medium, file } = await mediumWith(filled(4, 1))
    file.write(1, filled(2, 2))
    expect(outcomes(medium, text)).toEqual(['1111', '1211', '1221'])
  })

  test('treats each write by itself, so a later one may be there without an earlier one', async () => {
    const { medium, file } = await mediumWith(filled(2, 1))
    file.write(0, filled(1, 2))
    file.write(1, filled(1, 3))
    expect(outcomes(medium, text)).toEqual(['11', '13', '21', '23'])
  })

  test('keeps any of the sectors of a large write, each whole as it lies in the file', async () => {
    const { medium, file } = await mediumWith(filled(2048, 1))
    file.write(256, filled(1536, 2)) // Half a sector, two whole ones, half a sector.
    const seen = outcomes(medium, (after) => {
      const bytes = after.bytes('a')
      expect(bytes.length).toBe(2048)
      const parts = [
        bytes.subarray(256, 512),
        bytes.subarray(512, 1024),
        bytes.subarray(1024, 1536),
        bytes.subarray(1536, 1792),
      ]
      expect([...bytes.subarray(0, 256), ...bytes.subarray(1792)].every((byte) => byte === 1)).toBe(true)
      return parts.map((part) => (part.every((byte) => byte === part[0]) ? `${part[0]}` : 'x')).join('')
    })
    const whole = Array.from({ length: 16 }, (_, bits) => [8, 4, 2, 1].map((bit) => (bits & bit ? 2 : 1)).join(''))
    expect(seen).toEqual(expect.arrayContaining(whole))
    expect(seen.filter((one) => (one.match(/x/g)?.length ?? 0) > 1)).toEqual([])
  })

  test('keeps or drops a truncation', async () => {
    const { medium, file } = await mediumWith(filled(4, 1))
    file.truncate(2)
    expect(outcomes(medium, text)).toEqual(['11', '1111'])
    file.truncate(4)
    expect(outcomes(medium, text)).toEqual(['11', '1100', '1111'])
  })

  test('keeps name changes up to some point, whatever became of the data', async () => {
    const { medium } = await mediumWith(filled(1, 1))
    const directory = medium.reopen()
    const fresh = await directory.open('b', create)
    fresh.write(0, filled(1, 2))
    fresh.flushSync()
    fresh.close()
    await directory.remove('a')
    await directory.rename('b', 'a')
    const seen = outcomes(medium, (after) =>
      after
        .names()
        .map((name) => `${name}=${text(after, name)}`)
        .join(' '),
    )
    expect(seen).toEqual(['a=1', 'a=1 b=2', 'a=2', 'b=2'])
    await directory.flushNames()
    expect(outcomes(medium, (after) => `${after.names()}=${text(after)}`)).toEqual(['a=2'])
  })

  test('may leave a renamed file without its data: a rename is no flush', async () => {
    const { medium } = await mediumWith(filled(1, 1))
    const directory = medium.reopen()
    const fresh = await directory.open('b', create)
    fresh.write(0, filled(1, 2))
    fresh.close()
    ;(await directory.open('a', create)).close()
    await directory.remove('a')
    await directory.rename('b', 'a')
    await directory.flushNames()
    expect(outcomes(medium, text)).toEqual(['', '0', '2'])
  })

  test('goes the same way for the same seed, and leaves the medium as it was', async () => {
    const { medium, file } = await mediumWith(filled(700, 1))
    for (let step = 0; step < 20; step++) file.write(step * 300, filled(500, step))
    const before = medium.bytes('a')
    for (const seed of SEEDS.slice(0, 20)) {
      const [one, two] = [medium.crash({ seed, mode: 'random' }), medium.crash({ seed, mode: 'random' })]
      expect(one.bytes('a')).toEqual(two.bytes('a'))
      one.flipBit('a', 0, 0)
      one.reopen()
    }
    expect(medium.bytes('a')).toEqual(before)
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('1'.repeat(700))
  })

  test('frees the lock; a clone, too, is nobody’s', async () => {
    const medium = new SimulatedMedium()
    await medium.reopen().lock()
    await expect(medium.reopen().lock()).rejects.toThrow('open for writing')
    await medium.clone().reopen().lock()
    await medium.crash({ seed: 1, mode: 'all' }).reopen().lock()
  })
})

describe('a flush', () => {
  test('makes durable what was written before it was called, and not what came while it ran', async () => {
    const { medium, file } = await mediumWith(filled(2, 1))
    file.write(0, filled(1, 2))
    const flushed = file.flush()
    file.write(1, filled(1, 3))
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('11')
    await flushed
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('21')
    file.flushSync()
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('23')
    expect(medium.pendingCount).toBe(0)
  })

  test('of a file does not make its name durable, nor the other way round', async () => {
    const medium = new SimulatedMedium()
    const directory = medium.reopen()
    const file = await directory.open('a', create)
    file.write(0, filled(1, 1))
    await file.flush()
    expect(medium.crash({ seed: 1, mode: 'nothing' }).names()).toEqual([])
    file.write(0, filled(1, 2))
    await directory.flushNames()
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('1')
  })

  test('that fails loses some for good, and shows nobody: a later one that succeeds does not bring it back', async () => {
    const seen = new Set<string>()
    for (const seed of SEEDS) {
      const medium = new SimulatedMedium({ seed })
      medium.put('a', filled(2, 1))
      const file = await medium.reopen().open('a', create)
      file.write(0, filled(1, 2))
      file.write(1, filled(1, 2))
      medium.failAt(4)
      if (seed % 2 === 0) expect(await errorOf(() => file.flush())).toBeInstanceOf(HostError)
      else expect(() => file.flushSync()).toThrow(HostError)
      expect(text(medium)).toBe('22')
      await file.flush()
      expect(medium.pendingCount).toBe(0)
      expect(text(medium.crash({ seed, mode: 'all' }))).toBe('22')
      seen.add(text(medium.crash({ seed, mode: 'nothing' })))
    }
    expect([...seen].sort()).toEqual(['11', '12', '21', '22'])
  })

  test('of names that fails leaves the rest pending', async () => {
    const seen = new Set<string>()
    for (const seed of SEEDS) {
      const medium = new SimulatedMedium({ seed })
      const directory = medium.reopen()
      for (const name of ['a', 'b']) await directory.open(name, create)
      medium.failAt(3)
      await expect(directory.flushNames()).rejects.toThrow(HostError)
      seen.add(medium.crash({ seed, mode: 'nothing' }).names().join(''))
      await directory.flushNames()
      expect(medium.crash({ seed, mode: 'nothing' }).names()).toEqual(['a', 'b'])
    }
    expect([...seen].sort()).toEqual(['', 'a', 'ab'])
  })
})

/** One operation of each kind, in order, and its number. */
async function workload(medium: SimulatedMedium): Promise<void> {
  const directory = medium.reopen()
  await directory.lock()
  const file = await directory.open('a', create) // 1
  file.write(0, filled(10, 1)) // 2
  await file.flush() // 3
  file.write(10, filled(10, 2)) // 4
  file.flushSync() // 5
  file.truncate(15) // 6
  file.close()
  await directory.rename('a', 'b') // 7
  await directory.flushNames() // 8
  ;(await directory.open('b', create)).close() // 9
  await directory.remove('b') // 10
  await directory.unlock()
}

const KINDS = ['create', 'write', 'flush', 'write', 'flushSync', 'truncate', 'rename', 'flushNames', 'open', 'remove']

test('every operation is counted, and told before it is done', async () => {
  const medium = new SimulatedMedium()
  const told: string[] = []
  medium.onOperation = ({ number, kind }) => void told.push(`${number} ${kind} ${medium.operationsCount}`)
  await workload(medium)
  expect(medium.operations.map(({ kind }) => kind)).toEqual(KINDS)
  expect(told).toEqual(KINDS.map((kind, index) => `${index + 1} ${kind} ${index}`))
  expect(medium.operations[3]).toEqual({ number: 4, kind: 'write', name: 'a', position: 10, bytesCount: 10 })
})

test('one run can be crashed at every operation: the hook finds what a stopped run leaves', async () => {
  const states: string[] = []
  const whole = new SimulatedMedium()
  whole.onOperation = () => void states.push(stateOf(whole))
  await workload(whole)
  for (let number = 1; number <= KINDS.length; number++) {
    const medium = new SimulatedMedium().stopAt(number)
    expect(await errorOf(() => workload(medium))).toBeInstanceOf(CrashSignal)
    expect(stateOf(medium)).toBe(states[number - 1])
  }
})

function stateOf(medium: SimulatedMedium): string {
  return (['nothing', 'all', 'random'] as const)
    .map((mode) => medium.crash({ seed: 5, mode }))
    .map((after) => after.names().map((name) => `${name}=${text(after, name)}`))
    .join('; ')
}

describe('a stop', () => {
  test('ends every call from then on, at the operation it was set for', async () => {
    for (let number = 1; number <= KINDS.length; number++) {
      const medium = new SimulatedMedium()
      const directory = medium.reopen()
      const file = await directory.open('z', create)
      medium.stopAt(number + 1)
      const error = await errorOf(() => workload(medium))
      expect(error).toBeInstanceOf(CrashSignal)
      expect(String(error)).toContain(`operation ${number + 1}, ${KINDS[number - 1]}`)
      expect(medium.isStopped).toBe(true)
      const calls = [
        () => file.size(),
        () => file.read(0, new Uint8Array(1)),
        () => file.write(0, new Uint8Array(1)),
        () => file.truncate(0),
        () => file.flush(),
        () => file.flushSync(),
        () => file.close(),
        () => directory.list(),
        () => directory.open('z', create),
        () => directory.rename('z', 'y'),
        () => directory.remove('z'),
        () => directory.flushNames(),
        () => directory.lock(),
        () => directory.unlock(),
      ]
      for (const call of calls) expect(await errorOf(call)).toBeInstanceOf(CrashSignal)
      expect(medium.operationsCount).toBe(number + 1)
    }
  })

  test('comes before, in the midst of, or after a write', async () => {
    const texts: Record<Moment, string[]> = { before: [], part: [], after: [] }
    for (const moment of ['before', 'part', 'after'] as const) {
      for (const seed of SEEDS) {
        const medium = new SimulatedMedium({ seed }).put('a', filled(1, 1)).stopAt(2, moment)
        const file = await medium.reopen().open('a', create)
        expect(() => file.write(1, filled(3, 2))).toThrow(CrashSignal)
        texts[moment].push(text(medium.crash({ seed, mode: 'all' })))
      }
    }
    expect([...new Set(texts.before)]).toEqual(['1'])
    expect([...new Set(texts.part)].sort()).toEqual(['12', '122'])
    expect([...new Set(texts.after)]).toEqual(['1222'])
  })

  test('before and after a flush is the difference between lost and kept', async () => {
    for (const [moment, kept] of [
      ['before', '1'],
      ['part', '1'],
      ['after', '2'],
    ] as const) {
      const medium = new SimulatedMedium().put('a', filled(1, 1)).stopAt(3, moment)
      const file = await medium.reopen().open('a', create)
      file.write(0, filled(1, 2))
      await expect(file.flush()).rejects.toThrow(CrashSignal)
      expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe(kept)
    }
  })

  test('while a flush is on its way leaves it undone', async () => {
    const medium = new SimulatedMedium().put('a', filled(1, 1))
    const directory = medium.reopen()
    const file = await directory.open('a', create)
    file.write(0, filled(1, 2))
    await directory.open('b', create)
    const flushes = [file.flush(), directory.flushNames()]
    medium.stopAt(1)
    expect(() => file.write(0, filled(1, 3))).toThrow(CrashSignal)
    for (const flush of flushes) await expect(flush).rejects.toThrow(CrashSignal)
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('1')
    expect(medium.crash({ seed: 1, mode: 'nothing' }).names()).toEqual(['a'])
  })
})

describe('a fault', () => {
  test('strikes any operation once, and says what a real one would', async () => {
    for (let number = 1; number <= KINDS.length; number++) {
      const medium = new SimulatedMedium().failAt(number, { code: 'ENOSPC' })
      const error = (await errorOf(() => workload(medium))) as HostError
      expect(error).toBeInstanceOf(HostError)
      expect(error.message).toMatch(/^\w+ of simulated(\/[ab])? failed: ENOSPC: no space left on device$/)
      expect(error.details).toMatchObject({ operation: KINDS[number - 1], code: 'ENOSPC', directory: 'simulated' })
      expect(medium.isStopped).toBe(false)
      await medium.reopen().remove('b')
    }
  })

  test('may last, may be for some kinds only, and may be taken back', async () => {
    const medium = new SimulatedMedium().failAt(2, { lasts: 'forever', kinds: ['write', 'create'] })
    const directory = medium.reopen()
    const file = await directory.open('a', create)
    file.truncate(10)
    for (let round = 0; round < 3; round++) {
      expect(() => file.write(0, filled(1, 1))).toThrow('write of simulated/a failed: EIO: i/o error')
      await expect(directory.open('b', create)).rejects.toThrow(HostError)
      await file.flush()
    }
    medium.heal()
    file.write(0, filled(1, 1))
    expect(medium.names()).toEqual(['a'])
  })

  test('does nothing, a part, or all of a write, and counts what it did as the file backend does', async () => {
    const cases = [
      ['before', 0, 0],
      ['part', -1, -1],
      ['after', 4, 0],
    ] as const
    for (const [moment, bytesCount, written] of cases) {
      const medium = new SimulatedMedium().failAt(2, { moment })
      const file = await medium.reopen().open('a', create)
      const error = (await errorOf(() => file.write(0, filled(4, 1)))) as HostError
      if (moment === 'part') {
        expect([1, 2, 3]).toContain(file.size())
        expect(error.details).toMatchObject({ written: file.size() })
      } else {
        expect(file.size()).toBe(bytesCount)
        expect(error.details).toMatchObject({ written })
      }
    }
  })

  test('may report as failed what was done, if it is not a refusal', async () => {
    const medium = new SimulatedMedium().put('a', filled(1, 1)).failAt(1, { moment: 'after' })
    await expect(medium.reopen().rename('a', 'b')).rejects.toThrow(HostError)
    expect(medium.names()).toEqual(['b'])
    expect(() => medium.failAt(2, { code: 'ENOSPC', moment: 'after' })).toThrow('is a refusal')
  })
})

describe('a medium', () => {
  test('clones with all that is pending, and the two go their own ways', async () => {
    const { medium, file } = await mediumWith(filled(2, 1))
    file.write(0, filled(1, 2))
    await medium.reopen().open('b', create)
    const copy = medium.clone()
    expect(copy.pendingCount).toBe(2)
    expect(stateOf(copy)).toBe(stateOf(medium))
    file.write(1, filled(1, 3))
    const other = await copy.reopen().open('a', create)
    await other.flush()
    await copy.reopen().flushNames()
    expect([text(medium), text(copy)]).toEqual(['23', '21'])
    expect(medium.crash({ seed: 1, mode: 'nothing' }).names()).toEqual(['a'])
    expect(copy.crash({ seed: 1, mode: 'nothing' }).names()).toEqual(['a', 'b'])
    expect(text(medium.crash({ seed: 1, mode: 'nothing' }))).toBe('11')
  })

  test('takes damage of one bit, durably', async () => {
    const { medium } = await mediumWith(filled(2, 1))
    medium.flipBit('a', 1, 3)
    expect([...medium.crash({ seed: 1, mode: 'nothing' }).bytes('a')]).toEqual([1, 9])
    expect(() => medium.flipBit('a', 2, 0)).toThrow('has no byte 2')
    expect(() => medium.flipBit('b', 0, 0)).toThrow('b is not on the medium: a')
  })

  test('does not let a mistake of the engine pass', async () => {
    const { medium, file } = await mediumWith(filled(2, 1))
    const directory = medium.reopen()
    await expect(directory.rename('a', 'b')).rejects.toThrow('while a is open')
    ;(await directory.open('b', create)).close()
    await expect(directory.rename('b', 'a')).rejects.toThrow('while a is open')
    file.close()
    expect(() => file.close()).toThrow('close of a after it was closed')
    expect(() => file.write(0, filled(1, 1))).toThrow('after it was closed')
    await directory.rename('b', 'a')
  })

  test('costs little to crash: thousands of times over a large, mostly empty file', async () => {
    const medium = new SimulatedMedium()
    const file = await medium.reopen().open('a', create)
    file.truncate(2 ** 30)
    for (let step = 0; step < 500; step++) {
      file.write(step * 250, filled(250, step))
      if (step % 5 === 0) file.flushSync()
    }
    await medium.reopen().flushNames()
    const began = process.cpuUsage()
    for (let seed = 0; seed < 2000; seed++) medium.crash({ seed, mode: 'random' })
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1_000).toBeLessThan(5_000)
  })
})
