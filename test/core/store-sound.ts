// What must hold in the memory of a partition at any time between two batches.

import { expect } from 'vitest'
import { BLOCK_KIND, BLOCK_KIND_SHIFT, BLOCK_UNITS, KIND_RECORD } from '../../src/core/abi.ts'
import type { Partition } from './partitions.ts'

/** Addresses of all records, in the order of the slots. */
export function addressesOf(partition: Partition): number[] {
  const found: number[] = []
  const addresses = new Uint32Array(1024)
  for (let slot = 0; slot >= 0; ) {
    const { count, next } = partition.store.scan(slot, addresses)
    slot = next
    found.push(...addresses.subarray(0, count))
  }
  return found
}

/** Records do not overlap, add up to the bytes counted, and are found by their own keys. */
export function expectSound(partition: Partition): void {
  const { u32 } = partition.store.memory
  const addresses = addressesOf(partition)
  expect(addresses.length).toBe(partition.count)
  let live = 0
  let end = 0
  let slotBefore = -1
  for (const address of addresses) {
    expect((u32[address >>> 2]! >>> BLOCK_KIND_SHIFT) & BLOCK_KIND).toBe(KIND_RECORD)
    const slot = u32[(address >>> 2) + 1]!
    expect(slot).toBeGreaterThan(slotBefore)
    slotBefore = slot
    if (partition.find(partition.readKey(address)) !== address)
      expect.fail(`the record at ${address} is not found by its key`)
  }
  for (const address of [...addresses].sort((a, b) => a - b)) {
    const bytes = (u32[address >>> 2]! & BLOCK_UNITS) * 8
    if (address < end) expect.fail(`the record at ${address} begins inside the one before, which ends at ${end}`)
    end = address + bytes
    live += bytes
  }
  expect(partition.store.liveBytes).toBe(live)
}
