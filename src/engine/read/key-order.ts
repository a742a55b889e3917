// Documents that are wanted by the order of their keys again and again get an index that has it; see ../indexes/key-index.ts.

import { derivedPart } from '../parts.ts'
import type { CollectionState } from '../state.ts'

/** Fewer are sorted, or looked through, at once. */
const LOOKED_MIN = 2_000
/** Some programs ask once. */
const WISHES = 2

/** There was no index to go by, and so many documents were looked at. */
export function wishKeyOrder(state: CollectionState, looked: number): void {
  if (looked < LOOKED_MIN || ++state.keyWishes % WISHES !== 0) return
  // Nobody waits for it.
  derivedPart
    .load()
    .then(({ buildKeyIndex }) => buildKeyIndex(state))
    .catch(() => {})
}
