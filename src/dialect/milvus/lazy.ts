// Parts of the dialect that are loaded on first use: a page that only writes never loads the filter language.

import { inTurn } from '../../engine/index.ts'

/** Loads once; afterwards the value is returned without a promise. */
function once<T>(load: () => Promise<T>): () => T | Promise<T> {
  let loaded: T | undefined
  return () => loaded ?? inTurn(load).then((module) => (loaded = module))
}

export const expressions = once(() => import('./expression/index.ts'))
export const searches = once(() => import('./search/search-answer.ts'))
export const declarations = once(() => import('./declare.ts'))
export const indexings = once(() => import('./index-rules.ts'))
export const fillings = once(() => import('./filled.ts'))
export const geometries = once(() => import('./geometries.ts'))
export const orderings = once(() => import('./order.ts'))
export const pagings = once(() => import('./pages.ts'))
export const partials = once(() => import('./partial.ts'))
export const explanations = once(() => import('./client/wrong-request.ts'))
export const administration = once(() => import('./client/maintenance-client.ts'))
export const refusals = once(() => import('./client/cluster-refusal.ts'))
export const expiries = once(() => import('./expiry.ts'))
export const groupings = once(() => import('./query-groups.ts'))
export const highlighting = once(() => import('./search/highlight.ts'))
export const aggregations = once(() => import('./search/aggregation.ts'))
