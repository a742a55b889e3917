// Picks hits so that each group of equal values has only a few.

import { type ValueIdentity, valueIdentity } from '../read/identity.ts'
import { STEP_HITS, type Steps } from './undisturbed.ts'

/** At most `size` hits per value of a field. */
export interface SearchGroup {
  readonly field: string
  /** Default 1. */
  readonly size?: number | undefined
  /** The value that null, and a missing field, count as. Without it they form two groups of their own. */
  readonly default?: unknown
}

/** The same, checked. */
export interface Group {
  readonly path: string
  readonly size: number
  readonly default: unknown
}

/** What decides which group a value is in. */
export function groupIdentity(value: unknown, group: Group): ValueIdentity {
  return valueIdentity(group.default === undefined ? value : (value ?? group.default))
}

/** Hits requested in the first attempt, per hit that may be needed. */
export const GROUP_AHEAD = 4

/**
 * The first `size` hits of each group, from hits sorted best first, for `groups` groups after the first `offset`;
 * undefined when that takes more hits than were given. `isAll`: there are no more hits.
 */
export function* pickGroups<P>(
  list: readonly P[],
  identityOf: (place: P) => ValueIdentity,
  groups: number,
  size: number,
  offset: number,
  isAll: boolean,
): Steps<P[] | undefined> {
  const members = new Map<ValueIdentity, P[]>()
  let full = 0
  let seen = 0
  for (const place of list) {
    if (++seen % STEP_HITS === 0) yield
    const identity = identityOf(place)
    let own = members.get(identity)
    if (own === undefined) {
      if (members.size === groups) continue
      own = []
      members.set(identity, own)
    }
    if (own.length === size) continue
    own.push(place)
    if (own.length === size && ++full === groups) break
  }
  if (full < groups && !isAll) return undefined
  const passed = new Set([...members.values()].slice(offset).flat())
  return list.slice(0, seen).filter((place) => passed.has(place))
}
