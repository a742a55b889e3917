// Promise: the log writes frames in the order in which they were appended, acknowledges only what has been flushed, lets callers share
// flushes, and after a failure either stands as before or says that nothing may follow. A lost or doubled frame here is a lost document.

import { describe, expect, it } from 'vitest'
import { Log } from '../../../src/journal/log.ts'
import type { StorageFile } from '../../../src/storage/index.ts'
import { append, expectFrames, frameOf, HEAD, open, openHeld, turn } from './watched-log.ts'

describe('group commit', () => {
  it('lets callers of one turn share a flush, also when each comes a little later', async () => {
    const { file, log } = await open()
    const caller = async (number: number) => {
      for (let i = 0; i < number % 4; i++) await undefined
      append(log, number, true)
      await log.flush()
      expect(log.durable).toBeGreaterThanOrEqual(HEAD + 64)
    }
    await Promise.all(Array.from({ length: 100 }, (_, i) => caller(i)))
    expect(file.count('flushSync') + file.count('flush')).toBe(1)
    expect(log.durable).toBe(HEAD + 6_400)
  })

  // All later callers waited for a flush that nobody had begun.
  it('begins a flush for the next caller where the stack of one overflowed', async () => {
    const { log } = await open()
    append(log, 1, true)
    const begun = Reflect.get(log, 'gather')
    const failure = new RangeError('Maximum call stack size exceeded')
    Reflect.set(log, 'gather', () => {
      throw failure
    })
    expect(() => log.flush()).toThrow(failure)
    Reflect.set(log, 'gather', begun)
    await log.flush()
    expect(log.durable).toBe(HEAD + 64)
  })

  it('acknowledges nothing before the flush that covers it', async () => {
    const { file, log } = await openHeld()
    append(log, 1, true)
    const acknowledged: number[] = []
    const first = log.flush().then(() => acknowledged.push(1))
    await turn()
    expect(file.count('flush')).toBe(1)
    const durable = log.durable
    append(log, 2, true)
    append(log, 3, false)
    const second = log.flush().then(() => acknowledged.push(2))
    const third = log.flush().then(() => acknowledged.push(3))
    await turn()
    expect(acknowledged).toEqual([])
    expect(log.durable).toBe(durable)
    file.release()
    await first
    expect(acknowledged).toEqual([1])
    expect(log.durable).toBe(HEAD + 128)
    await turn()
    expect(file.count('flush')).toBe(2)
    file.release()
    await Promise.all([second, third])
    expect(log.durable).toBe(HEAD + 256)
    expect(file.count('flush')).toBe(2)
  })

  it('needs no flush when everything is flushed', async () => {
    const { file, log } = await open()
    await log.flush()
    append(log, 1, true)
    await log.flush()
    await log.flush()
    log.flushSync()
    expect(file.count('flushSync')).toBe(1)
  })

  it('does not answer while a flush is under way, though flushSync has overtaken it: the file may be closed next', async () => {
    const { file, log } = await openHeld()
    file.flushMs = 0
    append(log, 1, true)
    const early = log.flush()
    await turn()
    expect(file.waiting.length).toBe(1)
    log.flushSync()
    let isDone = false
    const late = log.flush().then(() => {
      isDone = true
    })
    await turn()
    expect(isDone).toBe(false)
    file.isHeld = false
    file.release()
    await Promise.all([early, late])
    expect(log.durable).toBe(log.position)
  })
})

describe('a flush that blocks', () => {
  it('takes along what waits', async () => {
    const { file, log } = await open()
    append(log, 1, true)
    append(log, 2, true)
    log.flushSync()
    expect(file.calls.at(-1)).toEqual({ kind: 'flushSync' })
    expectFrames(file, [frameOf(1), frameOf(2)])
    expect(log.durable).toBe(log.position)
  })

  it('proves nothing where the medium only begins with it: what is acknowledged waits for another', async () => {
    const { file, log } = await open()
    Object.assign(file, { isFlushedLater: true })
    append(log, 1, true)
    log.flushSync()
    expect(log.durable).toBe(HEAD)
    file.isHeld = true
    let isDone = false
    const flushed = log.flush().then(() => {
      isDone = true
    })
    await turn()
    expect(isDone).toBe(false)
    file.release()
    await flushed
    expect(log.durable).toBe(HEAD + 64)
  })
})

describe('a log that another has taken the place of', () => {
  it('lets those who wait for it go, and touches its file no more', async () => {
    const { file, log } = await open()
    append(log, 1, true)
    const waiting = [log.flush(), log.flush()]
    file.fail = () => ({ code: 'EIO' })
    await log.retire()
    await Promise.all(waiting)
    await turn()
    expect(file.count('write')).toBe(file.calls.length)
    expect(file.bytes(HEAD, HEAD + 64).every((byte) => byte === 0)).toBe(true)
  })

  it('waits for the flush that is under way, and keeps its failure to itself', async () => {
    for (const code of [undefined, 'EIO']) {
      const { file, log, poisons } = await openHeld()
      if (code !== undefined) file.fail = ({ kind }) => (kind === 'flush' ? { code } : undefined)
      append(log, 1, true)
      const first = log.flush()
      await turn()
      append(log, 2, true)
      const second = log.flush()
      let isRetired = false
      const retired = log.retire().then(() => {
        isRetired = true
      })
      await turn()
      expect(isRetired).toBe(false)
      file.release()
      await Promise.all([first, second, retired])
      expect(file.count('flush')).toBe(1)
      expect(poisons).toEqual([])
    }
  })
})

describe('order', () => {
  it('is that of the calls, whether frames wait or not, and whatever their size', async () => {
    const { file, log } = await open()
    const frames: Uint8Array[] = []
    const sizes = [24, 64, 4_096, 65_536, 65_544, 200_000, 300_000]
    for (let i = 0; i < 400; i++) {
      const bytes = sizes[(i * i + i) % sizes.length]!
      append(log, i, i % 5 !== 0, bytes)
      frames.push(frameOf(i, bytes))
      if (i % 37 === 0) await log.flush()
      if (i % 53 === 0) log.flushSync()
      if (i % 29 === 0) log.writePending()
    }
    expect(log.position).toBe(HEAD + frames.reduce((sum, frame) => sum + frame.length, 0))
    expect(log.sequence).toBe(401)
    await log.flush()
    expectFrames(file, frames)
    expect(log.durable).toBe(log.position)
  })

  it('hands frames that need not wait to the platform before it returns, and those before them', async () => {
    const { file, log } = await open()
    append(log, 1, true)
    append(log, 2, true)
    expect(file.bytes(HEAD, HEAD + 64).every((byte) => byte === 0)).toBe(true)
    append(log, 3, false)
    expectFrames(file, [frameOf(1), frameOf(2), frameOf(3)])
  })
})

describe('frames that are laid out where they wait', () => {
  it('follow each other up to the end of the room there is, and are written by the flush, or before what does not wait', async () => {
    const { file, log, memory } = await open()
    // Until something has waited, memory holds nothing.
    expect(log.room).toBe(0)
    append(log, 0, true)
    const frames = [frameOf(0)]
    file.calls.length = 0
    for (let i = 1; i <= 900; i++) {
      if (log.room < 640 || i % 300 === 0) {
        append(log, i, i % 300 !== 0, 640)
      } else {
        memory.bytes.set(frameOf(i, 640), log.place)
        log.hold(640)
        // The rest of the file is for deletions on a full disk.
        expect(log.position).toBeLessThanOrEqual(file.size() - 32_768)
      }
      frames.push(frameOf(i, 640))
      if (i === 100) {
        expect(file.calls).toEqual([])
        await log.flush()
        expect(log.durable).toBe(HEAD + 64 + 64_000)
      }
    }
    expect(log.position).toBe(HEAD + 64 + 576_000)
    expect(log.sequence).toBe(902)
    await log.flush()
    expectFrames(file, frames)
    // 576 kB in pieces of up to 256 KiB, the three that did not wait, and zeros ahead.
    expect(file.count('write')).toBeLessThan(30)
  })

  it('are none where memory is full: each is written at once, and flushed like the others', async () => {
    const { file, log } = await open(true)
    for (let i = 0; i < 5; i++) {
      append(log, i, true)
      expect(log.room).toBe(0)
      expectFrames(
        file,
        [0, 1, 2, 3, 4].slice(0, i + 1).map((number) => frameOf(number)),
      )
    }
    await log.flush()
    expect(log.durable).toBe(log.position)
  })
})

describe('preallocation', () => {
  it('writes zeros ahead in steps, so that appending seldom makes the file grow', async () => {
    const { file, log } = await open()
    let grown = 0
    for (let i = 0; i < 20_000; i++) {
      const before = file.size()
      append(log, i, false)
      if (file.size() > before) grown++
    }
    expect(grown).toBeLessThan(8)
    expect(file.size()).toBeLessThan(log.position * 1.5)
    log.trim()
    expect(file.size()).toBe(log.position)
    append(log, 1, false)
    expect(file.size()).toBeGreaterThan(log.position)
  })

  it('writes them in small pieces that end at the same places, whatever the log ends at', async () => {
    const { file, log } = await open()
    file.truncate(log.position)
    for (let i = 0; i < 100; i++) append(log, i, true, 1_000 * i + 8)
    await log.flush()
    log.trim()
    append(log, 1, true)
    const piece = 65_536
    const zeros = file.calls.filter(({ kind, position = 0 }) => kind === 'write' && position % piece === 0)
    expect(zeros.length).toBeGreaterThan(50)
    expect(zeros.every(({ bytes = 0 }) => bytes <= piece)).toBe(true)
  })

  it('asks for less when the disk is nearly full, and leaves everything as it was when it is full', async () => {
    const { file, log, poisons } = await open()
    append(log, 1, false)
    const room = 600_000
    file.fail = ({ kind, position = 0, bytes = 0 }) =>
      kind === 'write' && position + bytes > room
        ? { code: 'ENOSPC', written: Math.max(0, room - position) }
        : undefined
    const frames = [frameOf(1)]
    let refused: unknown
    for (let i = 2; refused === undefined; i++) {
      const { position, sequence } = log
      try {
        append(log, i, i % 2 === 0, 10_000)
        frames.push(frameOf(i, 10_000))
      } catch (error) {
        refused = error
        expect([log.position, log.sequence]).toEqual([position, sequence])
      }
    }
    expect(refused).toMatchObject({ code: 'QUIVER_HOST', details: { code: 'ENOSPC', file: 'x.1.log' } })
    // All but less than one frame of the room was used, and what is kept for deletions.
    const kept = 32_768
    expect(log.position).toBeGreaterThan(room - kept - 10_000)
    expect(poisons).toEqual([])
    const deletions = { inserted: 0, replaced: 0 }
    expect(() => log.reserve(kept, false, { inserted: 0, replaced: 1 })).toThrow('ENOSPC')
    expect(() => log.reserve(kept + 10_000, false, deletions)).toThrow('ENOSPC')
    log.reserve(kept, false, deletions)
    log.append(frameOf(98), false)
    frames.push(frameOf(98))
    file.fail = undefined
    append(log, 99, false)
    await log.flush()
    expectFrames(file, [...frames, frameOf(99)])
  })
})

describe('a frame that is a part of other bytes', () => {
  it.each([true, false])('is written without them, deferred or not: %s', async (isDeferred) => {
    const { file, log } = await open()
    const bytes = frameOf(7, 400)
    bytes.set(frameOf(8), 120)
    log.reserve(64)
    log.append(bytes, isDeferred, 120, 64)
    append(log, 9, isDeferred)
    await log.flush()
    expectFrames(file, [frameOf(8), frameOf(9)])
  })

  it('is written without being copied where the file can', async () => {
    const { file, log } = await open()
    const parts: number[][] = []
    const writePart: StorageFile['writePart'] = (position, bytes, from, length) => {
      parts.push([position, from, length])
      file.write(position, bytes.subarray(from, from + length))
    }
    Object.assign(file, { writePart })
    append(log, 1, false)
    log.reserve(64)
    log.append(frameOf(2, 400), false, 200, 64)
    expect(parts).toEqual([
      [HEAD, 0, 64],
      [HEAD + 64, 200, 64],
    ])
    expectFrames(file, [frameOf(1), frameOf(2)])
  })
})

it('refuses to grow past what positions can hold', async () => {
  const { file, log } = await open()
  log.position = 2 ** 35 - 100
  file.calls.length = 0
  expect(() => log.reserve(101)).toThrow(expect.objectContaining({ code: 'QUIVER_LIMIT' }))
  expect(file.calls).toEqual([])
})

// What lies before it is told from a tail that was never flushed; and other logs are taken for damaged that lack it.
describe('the durable mark of the next frame', () => {
  const unsettled = new Set<number>()
  const opened = async (position = HEAD) => {
    unsettled.clear()
    const { file } = await open()
    file.write(HEAD, new Uint8Array(position - HEAD).fill(1))
    return new Log(file, position, 1, undefined, undefined, unsettled)
  }
  const markOf = (log: Log) => log.durableUnits * 8

  it('is where the log was flushed to, never beyond', async () => {
    const log = await opened(HEAD + 64)
    expect(markOf(log)).toBe(HEAD + 64)
    append(log, 1, false)
    expect(markOf(log)).toBe(HEAD + 64)
    await log.flush()
    expect(markOf(log)).toBe(HEAD + 128)
  })

  it('goes beyond no write over several partitions before all of them are flushed', async () => {
    const log = await opened()
    append(log, 1, false)
    await log.flush()
    log.reserve(64)
    unsettled.add(1)
    append(log, 2, false)
    const settled = log.settling()
    append(log, 3, false)
    await log.flush()
    expect(log.durable).toBe(HEAD + 192)
    expect(markOf(log)).toBe(HEAD + 64)
    settled()
    expect(markOf(log)).toBe(HEAD + 128)
    unsettled.clear()
    expect(markOf(log)).toBe(HEAD + 192)
  })

  it('reaches what was flushed also where such a write comes after it', async () => {
    const known = await opened(HEAD + 64)
    unsettled.add(1)
    expect(markOf(known)).toBe(HEAD + 64)
    const flushed = await opened()
    append(flushed, 1, false)
    await flushed.flush()
    unsettled.add(1)
    expect(markOf(flushed)).toBe(HEAD + 64)
    const prepared = await opened()
    prepared.append(frameOf(1), false)
    prepared.flushSync()
    prepared.reserve(64)
    unsettled.add(1)
    expect(markOf(prepared)).toBe(HEAD + 64)
  })
})
