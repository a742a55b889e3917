// Promise: a document is found again by its place after others have written, and nobody else in its stead: not the one that took its
// slot, not the one that took its memory.

import { expect, it } from 'vitest'
import { Places } from '../../src/core/derived/index.ts'
import { filterStore } from './filter-store.ts'

it('finds what is still there, wherever it is stored by now', async () => {
  const keys = [
    'a',
    5,
    'c',
    2 ** 40,
    [1, 'x'],
    true,
    new Date(5),
    Uint8Array.of(1, 2),
    '0123abcd-0000-4000-8000-00000000000a',
  ]
  const { store } = await filterStore(keys.map((id) => ({ id, n: 1 })))
  const addresses = new Uint32Array(256)
  const { count } = store.scan(0, addresses)
  expect(count).toBe(keys.length)
  const places = new Places()
  places.identify(store.memory, addresses, count)
  for (let i = 0; i < count; i++) places.keep(i * 100, i)
  const find = (i: number) => places.find(store.memory, i * 100)
  for (let i = 0; i < count; i++) {
    expect(places.address(i * 100)).toBe(addresses[i])
    expect(find(i)).toBe(addresses[i])
  }
  for (const id of keys) store.stage.add({ id, text: 'longer than before, so that it moves' }, 1, false)
  store.runStaged(new Map())
  store.commitBatch()
  for (let i = 0; i < count; i++) {
    expect(find(i)).toBe(store.find(keys[i]))
    expect(store.reader.readKey(find(i))).toEqual(keys[i])
  }
  for (const id of [keys[0], keys[1], keys[2]]) store.remove(id)
  store.commitBatch()
  expect([0, 1, 2, 3].map((i) => find(i) === 0)).toEqual([true, true, true, false])
  // Others take the slots, and the memory.
  for (const id of ['x', 'y', 'c']) store.stage.add({ id, text: 'longer than before, so that it moves' }, 1, false)
  store.runStaged(new Map())
  store.commitBatch()
  const found = [0, 1, 2].map((i) => find(i)).filter((address) => address !== 0)
  // The same key in the same slot is the same document.
  for (const address of found) expect(store.reader.readKey(address)).toBe('c')
  expect(find(3)).toBe(store.find(keys[3]))
})
