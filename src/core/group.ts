// Groups of one partition's records, found and aggregated in the core from cells.

import type { Memory } from './memory.ts'

/** Offsets in a table: see assembly/group/table.ts. */
const GROUPS = 4
const REST = 16
const ROWS = 1040
const GROUPS_AT = 34_832
const GROUPS_MAX = 4_096
const GROUP_BYTES = 32
const SUMS = GROUPS_AT + GROUPS_MAX * GROUP_BYTES
const SUM_BYTES = 48

/** A row that belongs to no group of the table. */
export const GROUP_NONE = 0xffffffff

/** The sum of the numbers of one aggregate of one group. */
export interface NumberSum {
  /** How many numbers there were. */
  readonly count: number
  readonly integers: bigint
  readonly hasFractions: boolean
  readonly fractions: number
  /** The rounding error of the sum of fractions. */
  readonly lost: number
  readonly least: number
  readonly most: number
}

export class GroupTable {
  private readonly memory: Memory
  private readonly address: number

  private constructor(memory: Memory, address: number) {
    this.memory = memory
    this.address = address
  }

  /** An empty table; undefined if the partition's memory cannot hold it. Must be closed. */
  static open(memory: Memory, aggregates: number): GroupTable | undefined {
    const address = memory.derived.group_open(aggregates) >>> 0
    memory.refresh()
    return address === 0 ? undefined : new GroupTable(memory, address)
  }

  close(): void {
    this.memory.derived.group_close(this.address)
  }

  /** Number of groups so far. */
  get groups(): number {
    return this.memory.u32[(this.address + GROUPS) >>> 2]!
  }

  /** Finds the groups of the records whose keys are in the cells; returns the number of rows without a group. */
  takeKeys(count: number): number {
    return this.memory.derived.group_keys(this.address, count)
  }

  /** The number of a row's group, or GROUP_NONE. */
  groupOf(row: number): number {
    return this.memory.u32[((this.address + ROWS) >>> 2) + row]!
  }

  /** The row of the cells in which a group first occurred. */
  firstRow(group: number): number {
    return this.memory.u32[(this.at(group) + 4) >>> 2]!
  }

  /** Adds the numbers in the cells to those groups; returns how many rows, listed by `leftRow`, are left to do. */
  takeNumbers(aggregate: number, count: number): number {
    return this.memory.derived.group_numbers(this.address, aggregate, count)
  }

  leftRow(index: number): number {
    return this.memory.u32[((this.address + REST) >>> 2) + index]!
  }

  /** Number of records in a group. */
  count(group: number): number {
    return this.memory.u32[(this.at(group) + 20) >>> 2]!
  }

  sum(group: number, aggregate: number): NumberSum {
    const { u32, f64, i64 } = this.memory
    const at = this.address + SUMS + (aggregate * GROUPS_MAX + group) * SUM_BYTES
    return {
      count: u32[at >>> 2]!,
      hasFractions: u32[(at + 4) >>> 2] === 1,
      integers: i64[(at + 8) >>> 3]!,
      fractions: f64[(at + 16) >>> 3]!,
      lost: f64[(at + 24) >>> 3]!,
      least: f64[(at + 32) >>> 3]!,
      most: f64[(at + 40) >>> 3]!,
    }
  }

  private at(group: number): number {
    return this.address + GROUPS_AT + group * GROUP_BYTES
  }
}
