// Runs filters over the records of one partition. The core keeps recently used programs, which take memory of the
// partition.

import { KEY_BUFFER, S_SCAN_EXAMINED, S_SCAN_NEXT, SLOT_NONE, STATUS_OK, STATUS_OUT_OF_MEMORY } from '../abi.ts'
import type { SlotSet } from '../flat.ts'
import { type Memory, outOfMemory } from '../memory.ts'
import type { Cells } from './cells.ts'
import { type FilterExports, instantiateFilter } from './load.ts'
import { type FilterProgram, programBytes } from './program.ts'

/** Number of programs kept loaded in one partition. */
const LOADED_MAX = 8
/** Offset in program memory where a program is written. */
const GIVEN_OFFSET = 32
/** Work limit of one call, in units of about 50 ns: some 2 ms. */
export const FILTER_WORK = 40_000

export interface FilterScan {
  /** Matches found by this call. */
  readonly count: number
  /** The slot to continue from, or -1 at the end. */
  readonly next: number
  /** Records examined by this call. */
  readonly examined: number
}

export class Filters {
  private readonly memory: Memory
  readonly machine: FilterExports
  /** Least recently used first. */
  private readonly loaded = new Map<FilterProgram, number>()
  private last: FilterProgram | undefined
  private lastAddress = 0

  private constructor(memory: Memory, machine: FilterExports) {
    this.memory = memory
    this.machine = machine
  }

  /** Called once per memory. */
  static async over(memory: Memory): Promise<Filters> {
    return new Filters(memory, await instantiateFilter(memory))
  }

  /**
   * Fills `addresses` with matching records in slot order, starting at `slot`; at most 1,024. Also stops once `work` is
   * done, possibly with no matches but a slot to continue from.
   *
   * @throws LimitError when the program does not fit in the partition's memory.
   */
  scan(program: FilterProgram, slot: number, addresses: Uint32Array, work = FILTER_WORK): FilterScan {
    const address = this.begin(program, slot)
    const { memory } = this
    const count = this.machine.filter_scan(address, slot, Math.min(addresses.length, 1024), work)
    const from = KEY_BUFFER >>> 2
    for (let i = 0; i < count; i++) addresses[i] = memory.u32[from + i]!
    return this.answer(count)
  }

  /** The same, but only counts. */
  count(program: FilterProgram, slot: number, work = FILTER_WORK): FilterScan {
    const address = this.begin(program, slot)
    return this.answer(this.machine.filter_count(address, slot, work) >>> 0)
  }

  /** The same, and adds the slots of the matches to a set that has no slot from `slot` on yet. */
  mark(program: FilterProgram, slot: number, slots: SlotSet, work = FILTER_WORK): FilterScan {
    const address = this.begin(program, slot)
    const count = this.machine.filter_mark(address, slot, slots.address, slots.size, work) >>> 0
    slots.count += count
    return this.answer(count)
  }

  /** Whether the record at an address matches. */
  matches(program: FilterProgram, record: number): boolean {
    return this.machine.filter_match(this.load(program), record) !== 0
  }

  /**
   * The values of records at a path of a program.
   *
   * @param count - number of addresses, at most `CELLS_MAX`.
   */
  cells(program: FilterProgram, path: number, addresses: Uint32Array, count: number, cells: Cells): void {
    const address = this.load(program)
    const { memory } = this
    const from = KEY_BUFFER >>> 2
    for (let i = 0; i < count; i++) memory.u32[from + i] = addresses[i]!
    this.machine.filter_cells(address, path, count)
    cells.take(memory, count)
  }

  private answer(count: number): FilterScan {
    const next = this.memory.state(S_SCAN_NEXT)
    return { count, next: next === SLOT_NONE ? -1 : next, examined: this.memory.state(S_SCAN_EXAMINED) }
  }

  /** Releases the memory of all programs; they are loaded again on next use. */
  clear(): void {
    for (const address of this.loaded.values()) this.machine.filter_release(address)
    this.loaded.clear()
    this.last = undefined
  }

  private begin(program: FilterProgram, slot: number): number {
    const address = this.load(program)
    if (slot === 0) {
      this.machine.filter_lane(address)
      this.memory.refresh()
    }
    return address
  }

  private load(program: FilterProgram): number {
    if (program === this.last) return this.lastAddress
    let address = this.loaded.get(program)
    if (address === undefined) address = this.loadNew(program)
    else this.loaded.delete(program)
    this.loaded.set(program, address)
    this.last = program
    this.lastAddress = address
    return address
  }

  private loadNew(program: FilterProgram): number {
    const bytes = programBytes(program)
    if (this.loaded.size >= LOADED_MAX) {
      const [oldest, address] = this.loaded.entries().next().value!
      this.loaded.delete(oldest)
      this.machine.filter_release(address)
    }
    let address = this.tryLoad(bytes)
    if (address === 0 && this.loaded.size > 0) {
      this.clear()
      address = this.tryLoad(bytes)
    }
    if (address === 0) throw outOfMemory('the filter')
    return address
  }

  /** Returns 0 if there is no memory for it. */
  private tryLoad(bytes: Uint8Array): number {
    const { memory } = this
    const address = this.machine.filter_reserve(bytes.length) >>> 0
    memory.refresh()
    if (address === 0) return 0
    memory.u8.set(bytes, address + GIVEN_OFFSET)
    const status = this.machine.filter_load(address, bytes.length)
    memory.refresh()
    if (status === STATUS_OK) return address
    this.machine.filter_release(address)
    if (status === STATUS_OUT_OF_MEMORY) return 0
    throw new Error(`quiverdb core: a filter's program is not valid (status ${status})`)
  }
}
