// Promise: what runs filters may fail to load (a page that has lost its network); then the call that needed it says so, the calls behind it
// go on, and the next filter tries again.

import { expect, it } from 'vitest'
import { Line } from '../../../src/engine/line.ts'
import type { CollectionState } from '../../../src/engine/state.ts'

/** As much of a collection as a line looks at; loading fails as often as said. */
function lineOf(failures: number) {
  let left = failures
  const state = {
    isQueryable: false,
    gate: { isClosed: false },
    prepare: async () => {
      if (left-- > 0) throw new TypeError('Failed to fetch dynamically imported module')
      state.isQueryable = true
    },
  }
  return { state, line: new Line(state as unknown as CollectionState) }
}

it('goes on behind a call whose loading failed, and the next one loads', async () => {
  const { state, line } = lineOf(1)
  const done: string[] = []
  const call = (name: string) => async () => done.push(name)
  expect(line.keeps({ likes: 1 })).toBe(true)
  const first = line.enter(call('first'))
  const second = line.enter(call('second'))
  await expect(first).rejects.toThrow('Failed to fetch')
  await second
  expect(done).toEqual(['second'])
  await Promise.resolve()
  expect(line.last).toBe(null)
  await line.enter(call('third'))
  expect({ done, isQueryable: state.isQueryable }).toEqual({ done: ['second', 'third'], isQueryable: true })
  expect(line.keeps({ likes: 1 })).toBe(false)
})

it('makes calls before a closing that came after them', async () => {
  const { state, line } = lineOf(0)
  const call = line.enter(async () => state.gate.isClosed)
  state.gate.isClosed = true
  expect(await call).toBe(false)
  expect(state.gate.isClosed).toBe(true)
})
