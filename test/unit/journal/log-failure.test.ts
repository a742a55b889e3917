// Promise: a log that could not write or flush either stands as before or says that nothing may follow, and acknowledges nothing that may
// be lost.

import { describe, expect, it } from 'vitest'
import { PoisonedError } from '../../../src/error/index.ts'
import type { Log } from '../../../src/journal/log.ts'
import { append, expectFrames, frameOf, HEAD, open, openHeld, turn } from './watched-log.ts'

describe('a log that has failed', () => {
  it('flushes no more for those who waited: the file may be closed, and a flush after one that failed proves nothing', async () => {
    const { file, log, poisons } = await openHeld()
    append(log, 1, true)
    const early = log.flush()
    await turn()
    append(log, 2, true)
    const late = log.flush()
    // A frame cannot be written meanwhile; the flush under way is none the worse for it, and its caller is told so.
    file.fail = () => ({ code: 'EIO' })
    expect(() => append(log, 3, false)).toThrow()
    expect(poisons.length).toBe(1)
    file.fail = undefined
    file.close()
    file.release()
    await early
    await expect(late).rejects.toThrow('EIO')
    await turn()
    expect(file.calls.at(-1)).toMatchObject({ kind: 'close' })
  })

  // Linux tells of bytes that could not be written once for each open file: the flush that came second was taken for a success, and what
  // it acknowledged was lost.
  it('believes no flush that was under way when another one failed', async () => {
    const { file, log, poisons } = await openHeld()
    append(log, 1, true)
    const early = log.flush()
    await turn()
    const { durable } = log
    file.fail = ({ kind }) => (kind === 'flushSync' ? { code: 'EIO' } : undefined)
    append(log, 2, false)
    expect(() => log.flushSync()).toThrow('EIO')
    // Shown, but given up by the platform: the next opening is to flush it.
    expect(file.calls.at(-1)).toEqual({ kind: 'write', position: durable, bytes: log.position - durable })
    file.release()
    await expect(early).rejects.toThrow('EIO')
    expect(log.durable).toBe(durable)
    expect(poisons.length).toBe(1)
  })

  // Of the two, the other way round: what a snapshot had flushed in between counted as being on the disk, in the frames that followed as
  // well, and was not written again.
  it('believes no flush that succeeded beside one that then failed, and writes again what either had', async () => {
    const { file, log, poisons } = await openHeld()
    append(log, 1, true)
    file.fail = ({ kind }) => (kind === 'flush' ? { code: 'EIO' } : undefined)
    const early = log.flush()
    await turn()
    const { durable } = log
    append(log, 2, false)
    log.flushSync()
    expect(log.durable).toBe(durable)
    const written = file.count('write')
    file.release()
    await expect(early).rejects.toThrow('EIO')
    expect(poisons.length).toBe(1)
    expect(file.calls.slice(-1)).toEqual([{ kind: 'write', position: durable, bytes: log.position - durable }])
    expect(file.count('write')).toBe(written + 1)
  })
})

describe('a frame that is refused for want of room', () => {
  it('is taken back with its group, and what follows has a greater sequence than what it left behind', async () => {
    const { file, log, poisons } = await open()
    append(log, 1, true)
    const start = log.position
    log.reserve(400_000)
    log.append(frameOf(2, 100_000), false)
    log.append(frameOf(3, 64), true)
    file.fail = ({ kind, bytes }) =>
      kind === 'write' && bytes === 150_000 ? { code: 'EDQUOT', written: 70_000 } : undefined
    expect(() => log.append(frameOf(4, 150_000), false)).toThrow(expect.objectContaining({ code: 'QUIVER_HOST' }))
    const { sequence } = log
    log.rewind(start)
    expect(log.position).toBe(start)
    expect(log.sequence).toBeGreaterThan(sequence)
    expect(poisons).toEqual([])
    append(log, 5, true)
    append(log, 6, true)
    await log.flush()
    expect([...file.bytes(HEAD, HEAD + 192)]).toEqual([...frameOf(1), ...frameOf(5), ...frameOf(6)])
  })

  it('does not take waiting frames of others with it', async () => {
    const { file, log } = await open()
    append(log, 1, true)
    append(log, 2, true)
    const start = log.position
    append(log, 3, true)
    append(log, 4, true)
    log.rewind(start)
    append(log, 5, true)
    await log.flush()
    expectFrames(file, [frameOf(1), frameOf(2), frameOf(5)])
  })
})

describe('a failure of unknown outcome', () => {
  const failing: readonly (readonly [string, string, (log: Log) => Promise<void> | void])[] = [
    ['a frame that is written', 'EIO', (log) => log.append(frameOf(9), false)],
    ['waiting frames that are written', 'EIO', (log) => log.writePending()],
    ['waiting frames for which there is no room', 'ENOSPC', (log) => log.writePending()],
    ['a flush', 'EIO', (log) => log.flush()],
    ['a flush for which there is no room', 'ENOSPC', (log) => log.flush()],
    ['a flush that blocks', 'EIO', (log) => log.flushSync()],
  ]

  it.each(failing)('poisons the log: %s (%s)', async (_, code, act) => {
    const { file, log, poisons } = await open()
    append(log, 1, true)
    log.reserve(1_000)
    const others = [log.flush(), log.flush()]
    file.fail = ({ kind, position = 0 }) => (kind === 'truncate' || position >= HEAD + 512 ? undefined : { code })
    let thrown: unknown
    try {
      await act(log)
    } catch (error) {
      thrown = error
    }
    // What follows could succeed: it must not be tried.
    file.fail = undefined
    expect(thrown).toMatchObject({ code: 'QUIVER_HOST', details: { code } })
    for (const other of others) await expect(other).rejects.toMatchObject({ details: { code } })
    expect(poisons.length).toBe(1)
    expect(() => log.checkWritable()).toThrow(PoisonedError)
    expect(() => log.flushSync()).toThrow(PoisonedError)
    await expect(log.flush()).rejects.toMatchObject({ details: { code } })
    expect(log.durable).toBe(HEAD)
    expect(poisons.length).toBe(1)
  })

  it('poisons the log: a frame that is written while none waits', async () => {
    const { file, log, poisons } = await open()
    log.reserve(1_000)
    file.fail = () => ({ code: 'EIO', written: 10 })
    expect(() => log.append(frameOf(1), false)).toThrow(expect.objectContaining({ code: 'QUIVER_HOST' }))
    file.fail = undefined
    expect(() => log.checkWritable()).toThrow(PoisonedError)
    // Though all that counts is on stable storage.
    expect(log.durable).toBe(log.position)
    await expect(log.flush()).rejects.toMatchObject({ details: { code: 'EIO' } })
    expect(poisons.length).toBe(1)
  })

  it('is told to callers who came while the flush was under way', async () => {
    const { file, log, poisons } = await openHeld()
    file.fail = ({ kind }) => (kind === 'flush' ? { code: 'EIO' } : undefined)
    append(log, 1, true)
    const first = log.flush()
    await turn()
    append(log, 2, true)
    const second = log.flush()
    file.release()
    await expect(first).rejects.toMatchObject({ details: { code: 'EIO' } })
    await expect(second).rejects.toMatchObject({ details: { code: 'EIO' } })
    expect(poisons.length).toBe(1)
  })
})
