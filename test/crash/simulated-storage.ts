// A medium that stops, tears, reorders and refuses, always the same way for one seed. All durability tests stand on it.
//
// The model, which is that of src/storage/storage.ts taken at its word:
// - A write or truncation is visible at once and pending until a flush of its file has succeeded. A flush makes durable
//   what was pending when it was called; it takes one turn of the event loop, in which other operations may happen.
// - A creation, rename or removal is visible at once and pending until `flushNames` has succeeded. Flushing a file does
//   not make its name durable. Pending name changes survive a crash in order: the first few of them, as a journaling file
//   system keeps them, whatever became of the data.
// - A failed flush of a file loses some of its pending changes for good, without anybody seeing it before a crash. A failed
//   flush of names makes the first few durable; the others stay pending.
// - What could hide a fault in the engine is an error of its own here (a plain Error): using a closed file, closing twice,
//   renaming an open file.
//
// Operations are numbered from 1 over the life of a medium: open, create, write, truncate, flush, flushSync, flushNames,
// rename, remove. Reading, listing, closing and locking are not counted.
//
//   const medium = new SimulatedMedium()
//   medium.stopAt(17)
//   await runWorkload(medium.reopen())                  // ends with a CrashSignal
//   const after = medium.crash({ seed: 1, mode: 'random' })
//   await verify(after.reopen())

import { createHash } from 'node:crypto'
import { LockedError } from '../../src/error/index.ts'
import type { LockHolder } from '../../src/storage/index.ts'
import { type CrashMode, PagedBytes, SimulatedContent } from './simulated-storage-content.ts'
import { SimulatedDirectory } from './simulated-storage-directory.ts'
import {
  CrashSignal,
  type Fate,
  type FaultOptions,
  FaultPlan,
  type Moment,
  type Operation,
} from './simulated-storage-faults.ts'
import { SeededRandom } from './simulated-storage-random.ts'

export type { CrashMode } from './simulated-storage-content.ts'
export { SimulatedDirectory } from './simulated-storage-directory.ts'
export {
  CrashSignal,
  describeOperation,
  type FaultOptions,
  type Moment,
  type Operation,
  type OperationKind,
} from './simulated-storage-faults.ts'
export { SeededRandom } from './simulated-storage-random.ts'

export interface CrashOptions {
  readonly seed: number
  /**
   * What becomes of everything that was not flushed.
   * - `nothing`: it is gone; the most forgetful disk.
   * - `all`: it is there; the process died and the machine ran on.
   * - `random`: each change of a file is kept, dropped, cut short at a byte, or kept in some of its 512-byte sectors; a
   *   file may have grown without its data, which reads as zero; name changes are kept up to some point.
   */
  readonly mode: CrashMode
}

/** What a change of names is, apart from its place in their order. */
export type NameChange =
  | { readonly kind: 'create'; readonly name: string; readonly content: SimulatedContent }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string }

type Names = Map<string, SimulatedContent>

/** The state of a disk: what is durable, what is only visible, and what is going to go wrong. */
export class SimulatedMedium {
  readonly path: string
  readonly seed: number
  /** All that was done or refused, in order; `operations[n - 1]` is number n. */
  readonly operations: Operation[] = []
  /**
   * Called before each operation is done. `crash` and `clone` may be called in it, so that one run of a workload can be
   * crashed at every operation.
   */
  onOperation: ((operation: Operation) => void) | undefined

  /** Those that nobody has closed, of names that may be gone. */
  readonly openFiles = new Set<{ readonly name: string }>()

  readonly #random: SeededRandom
  readonly #plan = new FaultPlan()
  readonly #holders = new Map<SimulatedDirectory, LockHolder>()
  #durableNames: Names = new Map()
  #visibleNames: Names = new Map()
  #pendingNames: { readonly number: number; readonly change: NameChange }[] = []
  #changesCount = 0

  constructor(options: { readonly seed?: number; readonly path?: string } = {}) {
    this.path = options.path ?? 'simulated'
    this.seed = options.seed ?? 1
    this.#random = new SeededRandom(this.seed)
  }

  get operationsCount(): number {
    return this.operations.length
  }

  get isStopped(): boolean {
    return this.#plan.isStopped
  }

  /** How many changes a crash could take; 0 when everything has been flushed. */
  get pendingCount(): number {
    const contents = new Set([...this.#durableNames.values(), ...this.#visibleNames.values()])
    return [...contents].reduce((count, content) => count + content.pendingCount, this.#pendingNames.length)
  }

  /** The names of the files that nobody has closed. */
  get openNames(): string[] {
    return [...this.openFiles].map(({ name }) => name)
  }

  /** A handle on the medium as it is; the first one as well. All handles share the medium's lock. */
  reopen(options: { readonly isReadOnly?: boolean } = {}): SimulatedDirectory {
    return new SimulatedDirectory(this, options.isReadOnly ?? false)
  }

  /** Operation `number`, or the next one if that has passed, and every call after it throw a CrashSignal. */
  stopAt(number: number, moment: Moment = 'before'): this {
    this.#plan.stopAt(number, moment)
    return this
  }

  /** Operation `number` throws a HostError. May be called for several operations. */
  failAt(number: number, options: FaultOptions = {}): this {
    this.#plan.failAt(number, options)
    return this
  }

  /** Takes back every `stopAt` and `failAt`. A medium that has stopped stays so. */
  heal(): this {
    this.#plan.heal()
    return this
  }

  /** What may be found after a crash now: a new medium, unlocked, without faults. This one stays as it is. */
  crash(options: CrashOptions): SimulatedMedium {
    const random = new SeededRandom(options.seed)
    const names = new Map(options.mode === 'all' ? this.#visibleNames : this.#durableNames)
    if (options.mode === 'random') {
      const count = this.#pendingNames.length
      const keptCount = random.pick([0, count, random.below(count + 1)])
      for (const { change } of this.#pendingNames.slice(0, keptCount)) applyName(names, change)
    }
    const after = new SimulatedMedium({ seed: options.seed, path: this.path })
    for (const [name, content] of names)
      after.#place(name, new SimulatedContent(content.survivor(options.mode, random)))
    return after
  }

  /** The same state, durable and pending, on another medium: unlocked, without faults, operations numbered from 1. */
  clone(): SimulatedMedium {
    const other = new SimulatedMedium({ seed: this.seed, path: this.path })
    const copies = new Map<SimulatedContent, SimulatedContent>()
    const copyOf = (content: SimulatedContent): SimulatedContent => {
      const copy = copies.get(content) ?? content.clone()
      copies.set(content, copy)
      return copy
    }
    for (const [name, content] of this.#durableNames) other.#durableNames.set(name, copyOf(content))
    for (const [name, content] of this.#visibleNames) other.#visibleNames.set(name, copyOf(content))
    other.#pendingNames = this.#pendingNames.map(({ number, change }) => ({
      number,
      change: change.kind === 'create' ? { ...change, content: copyOf(change.content) } : change,
    }))
    other.#changesCount = this.#changesCount
    return other
  }

  /** The names that are visible, sorted. */
  names(): string[] {
    return [...this.#visibleNames.keys()].sort()
  }

  /** A copy of what a reader sees of a file. */
  bytes(name: string): Uint8Array {
    return this.#required(name).take()
  }

  /**
   * What crashes before each operation of `run` leave, once each, by the bytes left. The operation's number is the seed.
   */
  async cutsOf(run: () => Promise<void>, modes: readonly CrashMode[]): Promise<SimulatedMedium[]> {
    const cuts = new Map<string, SimulatedMedium>()
    this.onOperation = ({ number }) => {
      for (const mode of modes) {
        const cut = this.crash({ seed: number, mode })
        cuts.set(cut.state(), cut)
      }
    }
    await run()
    this.onOperation = undefined
    return [...cuts.values()]
  }

  /** What a reader sees of all files, in short; of a medium with nothing pending, as after a crash, that is all there is. */
  state(): string {
    const hash = createHash('sha1')
    for (const name of this.names()) {
      const bytes = this.bytes(name)
      hash.update(`${name}\0${bytes.length}\0`).update(bytes)
    }
    return hash.digest('hex')
  }

  /** Puts a file on the medium, durably. For a medium with nothing pending, as after a crash. */
  put(name: string, bytes: Uint8Array): this {
    this.#place(name, new SimulatedContent(PagedBytes.from(bytes)))
    return this
  }

  /** Turns one bit, durably. `bit` is 0 to 7, the lowest first. */
  flipBit(name: string, offset: number, bit: number): this {
    const content = this.#required(name)
    const byte = new Uint8Array(1)
    if (content.read(offset, byte) === 0) throw new Error(`${name} has no byte ${offset}`)
    content.damage(
      offset,
      byte.map((value) => value ^ (1 << bit)),
    )
    return this
  }

  #required(name: string): SimulatedContent {
    const content = this.#visibleNames.get(name)
    if (content === undefined) throw new Error(`${name} is not on the medium: ${this.names().join(', ')}`)
    return content
  }

  #place(name: string, content: SimulatedContent): void {
    this.#durableNames.set(name, content)
    this.#visibleNames.set(name, content)
  }

  // What follows is for SimulatedDirectory and its files.

  /** @internal */
  requireRunning(): void {
    this.#plan.requireRunning()
  }

  /** @internal */
  hold(directory: SimulatedDirectory): void {
    for (const holder of this.#holders.values()) {
      if (directory.isReadOnly && holder.mode === 'read') continue
      throw new LockedError(`directory "${this.path}" is open for ${holder.mode === 'write' ? 'writing' : 'reading'}`, {
        details: { path: this.path, ...holder },
      })
    }
    this.#holders.set(directory, { mode: directory.isReadOnly ? 'read' : 'write' })
  }

  /** @internal */
  letGo(directory: SimulatedDirectory): void {
    this.#holders.delete(directory)
  }

  /** @internal */
  find(name: string): SimulatedContent | undefined {
    return this.#visibleNames.get(name)
  }

  /** @internal An operation that changes nothing, or does so at once and durably. */
  touch(operation: Omit<Operation, 'number'>): void {
    const { error } = this.#begin(operation)
    if (error !== undefined) throw error
  }

  /** @internal */
  changeNames(change: NameChange): void {
    const { extent, error } = this.#begin({ kind: change.kind, name: change.name })
    if (extent === 'whole') {
      applyName(this.#visibleNames, change)
      this.#pendingNames.push({ number: ++this.#changesCount, change })
    }
    if (error !== undefined) throw error
  }

  /** @internal */
  write(name: string, content: SimulatedContent, position: number, bytes: Uint8Array): void {
    const partCount = bytes.length > 1 ? 1 + this.#random.below(bytes.length - 1) : 0
    const { extent, error } = this.#begin({ kind: 'write', name, position, bytesCount: bytes.length }, partCount)
    const counts = { nothing: 0, part: partCount, whole: bytes.length }
    content.write(++this.#changesCount, position, bytes.subarray(0, counts[extent]))
    if (error !== undefined) throw error
  }

  /** @internal */
  truncate(name: string, content: SimulatedContent, size: number): void {
    const { extent, error } = this.#begin({ kind: 'truncate', name, bytesCount: size })
    if (extent === 'whole') content.truncate(++this.#changesCount, size)
    if (error !== undefined) throw error
  }

  /** @internal */
  flushSync(name: string, content: SimulatedContent): void {
    this.#endFlush(content, this.#changesCount, this.#begin({ kind: 'flushSync', name }))
  }

  /** @internal */
  async flush(name: string, content: SimulatedContent): Promise<void> {
    const number = this.#changesCount
    const fate = this.#begin({ kind: 'flush', name })
    await this.#turn(fate)
    this.#endFlush(content, number, fate)
  }

  /** @internal */
  async flushNames(): Promise<void> {
    const number = this.#changesCount
    const fate = this.#begin({ kind: 'flushNames', name: '' })
    await this.#turn(fate)
    const isLost = fate.error !== undefined && !(fate.error instanceof CrashSignal)
    const covered = this.#pendingNames.filter((pending) => pending.number <= number).length
    const count = isLost ? this.#random.below(covered + 1) : fate.extent === 'whole' ? covered : 0
    for (const { change } of this.#pendingNames.splice(0, count)) applyName(this.#durableNames, change)
    if (fate.error !== undefined) throw fate.error
  }

  #begin(operation: Omit<Operation, 'number'>, partCount = 0): Fate {
    this.requireRunning()
    const numbered = { number: this.operations.length + 1, ...operation }
    this.onOperation?.(numbered)
    this.operations.push(numbered)
    return this.#plan.decide(numbered, this.path, partCount)
  }

  /** Lets others run while a flush is on its way; a crash meanwhile ends it undone. */
  async #turn(fate: Fate): Promise<void> {
    if (fate.error instanceof CrashSignal) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    this.requireRunning()
  }

  #endFlush(content: SimulatedContent, number: number, { extent, error }: Fate): void {
    if (error !== undefined && !(error instanceof CrashSignal)) content.lose(number, this.#random)
    else if (extent === 'whole') content.settle(number)
    if (error !== undefined) throw error
  }
}

function applyName(names: Names, change: NameChange): void {
  if (change.kind === 'create') names.set(change.name, change.content)
  else if (change.kind === 'remove') names.delete(change.name)
  else {
    // The source is there: name changes are applied in the order in which they were made, from the first one on.
    const content = names.get(change.name) as SimulatedContent
    names.delete(change.name)
    names.set(change.to, content)
  }
}
