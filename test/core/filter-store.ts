// A store with documents in it, and filters run over it every way there is: in one scan, in many short ones, counted, and record by
// record. All must agree.

import { expect } from 'vitest'
import { CollectionShapes, MODE_UPSERT, Store } from '../../src/core/index.ts'
import { compileFilter, parseFilter } from '../../src/query/filters.ts'
import type { CompiledFilter, FilterNode } from '../../src/query/index.ts'

export interface FilterStore {
  readonly store: Store
  /** Adds documents; each gets `id` from its number unless it has one. */
  add(documents: readonly object[]): void
  /** Numbers of the documents that match, in the order of the slots. */
  matching(filter: CompiledFilter): number[]
  /** The same for a native filter. */
  find(filter: unknown): number[]
}

export async function filterStore(documents: readonly object[] = []): Promise<FilterStore> {
  const store = await Store.create({ shapes: new CollectionShapes('id'), makeKey: () => 'none' })
  store.begin()
  const numbers = new Map<string, number>()
  const made: FilterStore = {
    store,
    add: (more) => addAll(store, more, numbers),
    matching: (filter) => agreed(store, filter).map((document) => numbers.get(String(document.id))!),
    find: (filter) => made.matching(compileFilter(parseFilter(filter))),
  }
  made.add(documents)
  return made
}

function addAll(store: Store, documents: readonly object[], numbers: Map<string, number>): void {
  for (const document of documents) {
    const key = Object.hasOwn(document, 'id') ? String((document as { id: unknown }).id) : `k${numbers.size}`
    numbers.set(key, numbers.size)
    const whole = { ...document, id: Object.hasOwn(document, 'id') ? (document as { id: unknown }).id : key }
    while (!store.stage.add(whole, MODE_UPSERT, false)) store.runStaged(new Map())
    if (store.stage.isFull) store.runStaged(new Map())
  }
  store.runStaged(new Map())
  store.commitBatch()
}

type Read = Record<string, unknown>

function scanned(store: Store, filter: CompiledFilter, size: number, work?: number): number[] {
  const addresses = new Uint32Array(size)
  const found: number[] = []
  let examined = 0
  for (let slot = 0; slot >= 0; ) {
    const { count, next, examined: looked } = store.filters.scan(filter.program!, slot, addresses, work)
    found.push(...addresses.subarray(0, count))
    examined += looked
    slot = next
  }
  expect(examined).toBe(store.count)
  return found
}

function agreed(store: Store, filter: CompiledFilter): Read[] {
  let addresses = everything(store)
  if (filter.program !== undefined) {
    const { program } = filter
    const found = scanned(store, filter, 1024)
    expect(scanned(store, filter, 3, 5)).toEqual(found)
    expect(addresses.filter((address) => store.filters.matches(program, address))).toEqual(found)
    let counted = 0
    for (let slot = 0; slot >= 0; ) {
      const { count, next } = store.filters.count(program, slot, 7)
      counted += count
      slot = next
    }
    expect(counted).toBe(found.length)
    addresses = found
  }
  const documents = addresses.map((address) => store.reader.read(address))
  const { residual } = filter
  if (residual === undefined) return documents
  const tree = new Map([...residual.fields].map((name) => [name, new Map()]))
  // It may be asked with nothing but the fields that it names.
  return documents.filter((document, index) => {
    const isMatch = residual.matches(document)
    expect(residual.matches(store.reader.project(addresses[index]!, tree))).toBe(isMatch)
    return isMatch
  })
}

function everything(store: Store): number[] {
  const addresses = new Uint32Array(1024)
  const found: number[] = []
  for (let slot = 0; slot >= 0; ) {
    const { count, next } = store.scan(slot, addresses)
    found.push(...addresses.subarray(0, count))
    slot = next
  }
  return found
}

/** Compiled from a tree. */
export function compiled(tree: FilterNode, isFailMatch = false): CompiledFilter {
  return compileFilter(tree, { isFailMatch })
}
