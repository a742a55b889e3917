// Long work is done in slices, so that the event loop gets its turn in between.

import { setTimeout } from '../core/index.ts'

export { clearTimeout, pause, performance, SLICE_MS, setTimeout, TIMER_MS_MAX } from '../core/index.ts'

/** Tasks that rest, first come first served. */
const resting = new Map<object, () => void>()
let isTurnComing = false
const DONE = Promise.resolve()

/**
 * Pauses work that nobody waits for: a program with nothing else to do may exit meanwhile. (An immediate that does not
 * keep the program alive would not run while the program waits for something; a timer does.)
 *
 * All resting tasks share one timer. Node runs all due timers before it looks at anything else: with one timer per
 * task, the slice of one would make those of the others due, and files and sockets would get no turn until all work is
 * done.
 */
export function rest(who: object): Promise<void> {
  return new Promise((resolve) => {
    resting.set(who, resolve)
    awaitTurn()
  })
}

/**
 * Ends a rest early: a task that stops while it holds a whole partition releases it at once, however many are ahead of
 * it.
 */
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
  // Continues after the slice, which runs as soon as this returns.
  DONE.then(() => {
    isTurnComing = false
    awaitTurn()
  })
}
