// Documents repeatedly requested in key order get an index in that order; see ../indexes/key-index.ts.

import { derivedPart } from '../parts.ts'
import type { CollectionState } from '../state.ts'

/** Fewer documents are sorted, or scanned, quickly. */
const LOOKED_MIN = 2_000
/** Some programs ask only once. */
const WISHES = 2

/** Reports that there was no index to use, and that so many documents were examined. */
export function wishKeyOrder(state: CollectionState, looked: number): void {
  if (looked < LOOKED_MIN || ++state.keyWishes % WISHES !== 0) return
  // Nobody waits for the index.
  derivedPart
    .load()
    .then(({ buildKeyIndex }) => buildKeyIndex(state))
    .catch(() => {})
}
