// Groups of hits: which are taken, and their order: group by group, in the order of their best hits, members by score.

import { valueAt } from '../paths.ts'
import type { Found } from './search.ts'
import type { Group } from './search-plan.ts'

/** The field of stored rows that a group reads. */
export function groupField({ place }: Group): string {
  return place[0]!
}

/** Hits, best first, as a list for each group. */
export function byGroups(hits: readonly Found[], { place, otherwise }: Group): Found[][] {
  const groups = new Map<unknown, Found[]>()
  for (const hit of hits) {
    const value = valueAt(hit.row, place) ?? otherwise
    // As in the engine: rows without the field or with null form one group, and lists are equal if their contents are.
    const key = typeof value === 'object' && value !== null ? `\0${JSON.stringify(value)}` : value
    const own = groups.get(key)
    if (own === undefined) groups.set(key, [hit])
    else own.push(hit)
  }
  return [...groups.values()]
}

/** The best hits of each group, by score: of `limit` groups, after the first `offset`. */
export function bestOfGroups(hits: readonly Found[], group: Group, offset: number, limit: number): Found[] {
  const groups = byGroups(hits, group).slice(offset, offset + limit)
  const chosen = new Set(groups.flatMap((own) => own.slice(0, group.size)))
  return hits.filter((hit) => chosen.has(hit))
}

/** The hits of an answer: group by group. */
export function arranged(lists: Found[][], group: Group | undefined): Found[][] {
  return group === undefined || group.size === 1 ? lists : lists.map((list) => byGroups(list, group).flat())
}
