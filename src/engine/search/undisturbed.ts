// What a search found is valid until the next write. Grouping and reading many hits takes longer than a slice, so that
// work is a generator, which yields where others may run: if they have written, the search begins anew.

import { performance } from '../../core/index.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'

/** Work on addresses in steps; it ends with its answer. */
export type Steps<R> = Generator<void, R, void>

/** Steps between two questions whether the slice is over. */
export const STEP_HITS = 64
/** From this attempt on nothing else runs until the work is done: otherwise constant writes would keep it from ending. */
const LAST_ATTEMPT = 3

/** What was done, or undefined where others wrote meanwhile. */
export type Attempt<R> = { readonly answer: R } | undefined

/** Repeats `attempt` until it has an answer. Most have it at once. */
export function untilDone<R>(attempt: (mayRest: boolean) => Attempt<R> | Promise<Attempt<R>>): R | Promise<R> {
  const first = attempt(true)
  return first instanceof Promise || first === undefined ? repeated(first, attempt) : first.answer
}

async function repeated<R>(
  first: Attempt<R> | Promise<Attempt<R>>,
  attempt: (mayRest: boolean) => Attempt<R> | Promise<Attempt<R>>,
): Promise<R> {
  let done = await first
  for (let number = 2; done === undefined; number++) done = await attempt(number < LAST_ATTEMPT)
  return done.answer
}

/**
 * Runs the steps, which begin at once; answers undefined if one of the partitions was written to between two of them.
 *
 * @param mayRest - whether others may run in between.
 */
export function undisturbed<R>(
  state: CollectionState,
  parts: readonly Partition[],
  steps: Steps<R>,
  mayRest: boolean,
): Attempt<R> | Promise<Attempt<R>> {
  const began = performance.now()
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return { answer: value }
    if (mayRest && performance.now() - began >= SLICE_MS) return afterPause(state, parts, steps)
  }
}

async function afterPause<R>(
  state: CollectionState,
  parts: readonly Partition[],
  steps: Steps<R>,
): Promise<Attempt<R>> {
  const commits = parts.map((part) => part.commits)
  await pause()
  const refusal = state.refuseRead()
  if (refusal !== null) throw refusal
  if (parts.some((part, i) => part.commits !== commits[i])) return undefined
  return undisturbed(state, parts, steps, true)
}
