// Hits picked so that only a few have the same value.

import type { ValueIdentity } from '../read/identity.ts'

/** Hits asked for in the first attempt, for each that may be needed. */
export const GROUP_AHEAD = 4

/**
 * Of hits, best first, the first `size` of each group, without those of the first `offset` groups, of `groups` groups in all; undefined
 * when that takes more hits than there are. `isAll`: there are no more.
 */
export function pickGroups<P>(
  list: readonly P[],
  identityOf: (place: P) => ValueIdentity,
  groups: number,
  size: number,
  offset: number,
  isAll: boolean,
): P[] | undefined {
  const members = new Map<ValueIdentity, P[]>()
  let full = 0
  for (const place of list) {
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
  return list.filter((place) => passed.has(place))
}
