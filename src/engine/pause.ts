// Long work is done in slices, so that the event loop turns in between.

import { setTimeout } from '../core/index.ts'

export { clearTimeout, pause, performance, setTimeout } from '../core/index.ts'

/** How long a slice may be. A frame of a browser has 16 ms. */
export const SLICE_MS = 8

/** Those that rest, first come first served. */
const resting = new Map<object, () => void>()
let isTurnComing = false
const DONE = Promise.resolve()

/**
 * The same for work that nobody waits for: a program that has nothing else to do may end meanwhile. (An immediate that does not keep the
 * program alive would not run while it waits for something, a timer does.)
 *
 * All that rest share one timer. Node runs timers that are due one after another before it looks at anything else: with one for each, the
 * slice of one would make those of the others due, and neither files nor sockets would have a turn until all of the work is done.
 */
export function rest(who: object): Promise<void> {
  return new Promise((resolve) => {
    resting.set(who, resolve)
    awaitTurn()
  })
}

/** It need not rest any more: whoever stops with a whole partition in hand gives it free at once, however many wait for a turn before it. */
export function endRest(who: object): void {
  resting.get(who)?.()
  resting.delete(who)
}

function awaitTurn(): void {
  if (isTurnComing || resting.size === 0) return
  isTurnComing = true
  const timer = setTimeout(takeTurn, 0) as unknown as { unref?: () => void }
  timer.unref?.()
}

function takeTurn(): void {
  const [first] = resting.keys()
  if (first !== undefined) endRest(first)
  // Behind the slice, which runs as soon as this returns.
  DONE.then(() => {
    isTurnComing = false
    awaitTurn()
  })
}
