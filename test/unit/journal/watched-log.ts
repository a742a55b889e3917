// A log over a file that is watched, and frames that can be told from each other.

import { expect } from 'vitest'
import { HELD_BYTES } from '../../../src/core/index.ts'
import type { QuiverError } from '../../../src/error/index.ts'
import { type Held, Log } from '../../../src/journal/log.ts'
import { WatchedFile } from './watched-file.ts'

export const HEAD = 128

/** A partition's memory, which is another one whenever it is looked at: any call of the core may have grown it. */
class Memory implements Held {
  address = 0
  #bytes = new Uint8Array(0)
  #isFull: boolean

  constructor(isFull: boolean) {
    this.#isFull = isFull
  }

  take(): void {
    if (this.#isFull || this.address > 0) return
    this.address = 8
    this.#bytes = new Uint8Array(HELD_BYTES + 16)
  }

  get bytes(): Uint8Array {
    const old = this.#bytes
    this.#bytes = new Uint8Array(structuredClone(old.buffer, { transfer: [old.buffer] }))
    return this.#bytes
  }
}

interface Opened {
  readonly file: WatchedFile
  readonly log: Log
  readonly memory: Memory
  readonly poisons: QuiverError[]
}

export async function open(isFull = false): Promise<Opened> {
  const file = await WatchedFile.create()
  file.write(0, new Uint8Array(HEAD).fill(255))
  file.calls.length = 0
  const poisons: QuiverError[] = []
  const memory = new Memory(isFull)
  return { file, memory, log: new Log(file, HEAD, 1, (error) => poisons.push(error), memory), poisons }
}

/** A frame that can be told from others. */
export const frameOf = (number: number, bytes = 64) => new Uint8Array(bytes).fill((number % 250) + 1)

export function append(log: Log, number: number, isDeferred: boolean, bytes = 64): void {
  log.reserve(bytes, isDeferred)
  log.append(frameOf(number, bytes), isDeferred)
}

/** A log whose flushes are slow enough to run off the thread; the next one waits to be released. */
export async function openHeld(): Promise<Opened> {
  const opened = await open()
  opened.file.flushMs = 40
  append(opened.log, 0, true)
  await opened.log.flush()
  opened.file.isHeld = true
  return opened
}

/** What must stand in the file from the end of its head on. */
export function expectFrames(file: WatchedFile, frames: readonly Uint8Array[]): void {
  const expected = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0))
  let end = 0
  for (const frame of frames) {
    expected.set(frame, end)
    end += frame.length
  }
  const found = file.bytes(HEAD, HEAD + expected.length)
  const at = expected.findIndex((byte, i) => byte !== found[i])
  expect(at).toBe(-1)
  expect(file.bytes(HEAD + expected.length).every((byte) => byte === 0)).toBe(true)
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
