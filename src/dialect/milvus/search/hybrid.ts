// Hybrid search: each search runs by itself, then their hits are fused by rank or by weighted scores.

import { reciprocalRankFusion, weightedFusion } from '../../../text/fusion.ts'
import type { Entry } from '../catalog.ts'
import { invalid, told, unexpected } from '../errors.ts'
import { orderFields, orderOf } from '../order.ts'
import { compareKeys, type Key } from '../read.ts'
import type { Row } from '../rows.ts'
import type { OrderByFields } from '../types/index.ts'
import { decayed, decayOf, kindOf, requireUngrouped, rerankFunction } from './decay.ts'
import { arranged, bestOfGroups } from './groups.ts'
import { type Found, ordered, runPlan } from './search.ts'
import {
  type Given,
  groupOf,
  isDistance,
  parametersOf,
  planOf,
  type SearchPlan,
  windowOfSearch,
} from './search-plan.ts'

/** How hits are fused. */
type Ranker =
  | { readonly kind: 'rrf'; readonly k: number }
  | { readonly kind: 'weighted'; readonly weights: readonly number[]; readonly isNormalized: boolean }

const REQUESTS_MAX = 1024

/** Runs a hybrid search; one list for each query, best first. */
export async function runHybrid(entry: Entry, data: Given, select: readonly string[]): Promise<Found[][]> {
  const { limit, offset } = windowOfSearch(parametersOf({ ...data, data: undefined }))
  const plans = await plansOf(entry, data, limit + offset)
  const decay = decayOf(entry, data['rerank'])
  const ranker = decay === undefined ? rankerOf(data['rerank'], plans.length) : undefined
  const orders = orderOf(entry, data['order_by_fields'] as OrderByFields | undefined)
  const fields = [...new Set([...select, ...orderFields(orders), ...(decay === undefined ? [] : [decay.field])])]
  const nq = plans[0]!.queries.length
  if (plans.some((plan) => plan.queries.length !== nq)) {
    throw unexpected(
      `nq of the requests of a hybrid search differ: ${plans.map((plan) => plan.queries.length).join(', ')}`,
    )
  }
  const results = await Promise.all(plans.map((plan) => runPlan(plan, fields)))
  const group = groupOf(entry, parametersOf({ ...data, data: undefined }))
  requireUngrouped(decay, group)
  const lists = Array.from({ length: nq }, (_, i) => {
    const own = results.map((lists) => lists[i]!)
    const fused =
      ranker === undefined
        ? decayed(
            decay!,
            own,
            plans.map((plan) => plan.metric),
          )
        : fuse(ranker, plans, own)
    return group === undefined ? fused.slice(offset, offset + limit) : bestOfGroups(fused, group, offset, limit)
  })
  return ordered(entry, orders, group, arranged(lists, group))
}

async function plansOf(entry: Entry, data: Given, ends: number): Promise<SearchPlan[]> {
  const parts = data['data'] as Given[]
  if (Array.from(parts).some((part) => typeof part !== 'object' || part === null)) {
    throw invalid('each request of a hybrid search is { anns_field, data }')
  }
  if (parts.length > REQUESTS_MAX) throw unexpected(`maximum of ann search requests is ${REQUESTS_MAX}`)
  const shared = { ...data }
  for (const name of ['data', 'vector', 'vectors', 'rerank', 'offset', 'limit', 'topk', 'order_by_fields', 'params']) {
    delete shared[name]
  }
  const plans: SearchPlan[] = []
  for (const part of parts) {
    const own = part['expr'] || part['filter'] || shared['expr']
    const request: Given = { limit: ends, ...shared, ...part, offset: 0 }
    if (own) Object.assign(request, { filter: own, expr: undefined })
    plans.push(await planOf(entry, request))
  }
  return plans
}

function rankerOf(rerank: unknown, requests: number): Ranker {
  if (rerank === undefined || rerank === null) return { kind: 'rrf', k: 60 }
  const given = rerank as Given
  const params = (given['params'] ?? {}) as Given
  const first = rerankFunction(rerank)
  if (first !== undefined && first !== given) return rankerOf(first, requests)
  const name = told(given['strategy'] ?? params['reranker'] ?? 'rrf').toLowerCase()
  if (name === 'rrf') {
    const k = Number(params['k'] ?? 60)
    if (!(k > 0 && k < 16_384))
      throw invalid(`The rank params k should be in range (0, 16384)`, '(0, 16384)', params['k'])
    return { kind: 'rrf', k }
  }
  if (name !== 'weighted') throw unexpected(`unsupported rank type ${name}: rrf and weighted are supported`)
  const { weights } = params
  if (!Array.isArray(weights)) throw invalid('weights of a weighted ranker are an array of numbers')
  if (weights.length !== requests) {
    throw invalid(`the length of weights param mismatch with ann search requests`, requests, weights.length)
  }
  for (const weight of weights) {
    if (!(typeof weight === 'number' && weight >= 0 && weight <= 1)) {
      throw invalid(`rank param weight should be in range [0, 1]`, '[0, 1]', weight)
    }
  }
  return { kind: 'weighted', weights: weights as number[], isNormalized: params['norm_score'] === true }
}

function fuse(ranker: Ranker, plans: readonly SearchPlan[], lists: readonly Found[][]): Found[] {
  const rows = new Map<Key, Row>()
  for (const list of lists) for (const { key, row } of list) rows.set(key, row)
  const ranked = lists.map((list) => list.map(({ key, score }) => ({ id: key, score })))
  const fused =
    ranker.kind === 'rrf'
      ? reciprocalRankFusion(ranked, { k: ranker.k })
      : weightedFusion(ranked, {
          weights: ranker.weights,
          kinds: plans.map((plan) => kindOf(plan.metric)),
          isNormalized: ranker.isNormalized,
        })
  // Without normalization, sums of distances rank in reverse.
  const isAscending =
    ranker.kind === 'weighted' && !ranker.isNormalized && plans.every((plan) => isDistance(plan.metric))
  const sign = isAscending ? 1 : -1
  return fused
    .map(({ id, score }) => ({ key: id, score: Math.fround(score), row: rows.get(id)! }))
    .sort((a, b) => sign * (a.score - b.score) || compareKeys(a.key, b.key))
}
