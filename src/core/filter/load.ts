// Instantiates the module that runs filters over the memory of a partition's core.

import { InlinedModule } from '../load.ts'
import type { Memory } from '../memory.ts'
import { BINARY_BASE64, IS_DEFLATED, MODULE } from './binary.ts'

/** The export table of assembly/filter/exports.ts. Addresses come back signed: `>>> 0` before use. */
export interface FilterExports {
  filter_cells(program: number, path: number, count: number): void
  filter_count(program: number, slot: number, work: number): number
  filter_lane(program: number): void
  filter_load(program: number, bytes: number): number
  filter_mark(program: number, slot: number, bitmap: number, slots: number, work: number): number
  filter_match(program: number, record: number): number
  filter_release(program: number): void
  filter_reserve(bytes: number): number
  filter_scan(program: number, slot: number, count: number, work: number): number
}

const inlined = /* @__PURE__ */ new InlinedModule('filter', BINARY_BASE64, IS_DEFLATED, MODULE)

export async function instantiateFilter(memory: Memory): Promise<FilterExports> {
  return (await inlined.instantiate(memory.core.memory as WebAssembly.Memory)) as unknown as FilterExports
}
