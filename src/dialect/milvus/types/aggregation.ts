// Types of searches that return buckets.

export type AggregationDirection = 'asc' | 'desc'
export type AggregationMetricOp = 'avg' | 'sum' | 'count' | 'min' | 'max'
export interface SearchAggregationMetric {
  op: AggregationMetricOp
  field_name: string
}
export interface SearchAggregationOrder {
  key: string
  direction: AggregationDirection
}
export interface SearchAggregationSort {
  field_name: string
  direction: AggregationDirection
}
export interface SearchAggregationTopHits {
  size: number
  sort?: SearchAggregationSort[]
}
/** One level of buckets. */
export interface SearchAggregation {
  fields: string[]
  size: number
  metrics?: Record<string, SearchAggregationMetric>
  order?: SearchAggregationOrder[]
  top_hits?: SearchAggregationTopHits
  sub_aggregation?: SearchAggregation
}
export type AggregationValue = string | number | boolean | Uint8Array
export interface AggregationBucketKey {
  field_id: string | number
  field_name: string
  value?: AggregationValue
}
export interface AggregationHit {
  [field_name: string]: AggregationValue | undefined
  score: number
}
export interface AggregationBucket {
  key: AggregationBucketKey[]
  count: string | number
  metrics: Record<string, AggregationValue | undefined>
  hits: AggregationHit[]
  sub_groups: AggregationBucket[]
}
