// Hits page by page, ever farther. Each page is a separate search that begins after the last hit: a document stored
// throughout is met at most once, whatever is written between the pages, and is met unless a walk over a graph misses
// it.

import type { CollectionState } from '../state.ts'
import { hitReader, type Page, readAll, searchPlaces } from './search.ts'
import { iteratorRequest, type SearchHit } from './search-options.ts'

export async function* searchPages(state: CollectionState, options: unknown): AsyncGenerator<SearchHit[], void, void> {
  const { request, batch } = iteratorRequest(state, options)
  const read = hitReader(state, request)
  let left = request.limit
  let page: Page
  while (left > 0) {
    const refusal = state.refuseRead()
    if (refusal !== null) throw refusal
    const count = Math.min(batch, left)
    const found = await searchPlaces(state, request, count, page, function* ([list = []]) {
      return { hits: yield* readAll(list, read), last: list.at(-1) }
    })
    const { hits, last } = found
    if (last !== undefined) page = { ...last, passed: (page?.passed ?? 0) + hits.length }
    left -= hits.length
    if (hits.length > 0) yield hits
    if (hits.length < count) return
  }
}
