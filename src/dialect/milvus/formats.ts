// Small conversions that programs import next to the client.

import { named } from './client/requests.ts'
import { DEFAULT_MIN_INT64, MAX_PARTITIONS_NUMBER } from './enums.ts'
import { Code, MilvusError, wrongCall } from './errors.ts'
import type { Anything, KeyValuePair, OrderByFields } from './types/index.ts'

/** An object as a list of pairs; with `valueToString`, objects become JSON and everything else strings. */
export function parseToKeyValue(data?: Record<string, Anything>, valueToString?: boolean): KeyValuePair[] {
  const shown = (value: unknown) => (value && typeof value === 'object' ? JSON.stringify(value) : String(value))
  return Object.entries(data ?? {}).map(([key, value]) => ({ key, value: valueToString ? shown(value) : value }))
}

/** An order in the server's form: `a:asc,b:desc`. */
export function normalizeOrderByFields(orderByFields?: OrderByFields): string | undefined {
  if (orderByFields === undefined || orderByFields === null) return undefined
  if (typeof orderByFields === 'string') return orderByFields
  const refused = (reason: string) => new MilvusError(Code.Parameter, reason, { isThrown: true })
  if (!Array.isArray(orderByFields)) throw refused('Invalid order_by_fields format')
  const items = orderByFields.map((item) => {
    if (typeof item === 'string') return item
    if (!item || typeof item !== 'object') {
      throw refused(`Invalid order_by_fields item format, expect string or object, got ${typeof item}`)
    }
    if (!item.field) {
      throw refused("Invalid order_by_fields item: 'field' key is required and cannot be empty")
    }
    return `${item.field}:${item.order ?? 'asc'}`
  })
  return items.join(',')
}

/** A number with its written decimals cut off after `precision`. */
export function formatNumberPrecision(number: number, precision: number): number {
  const [whole, fraction] = String(number).split('.')
  return Number(fraction === undefined ? whole : `${whole}.${fraction.slice(0, precision)}`)
}

export function stringToBase64(text: string): string {
  // One call with all bytes as arguments would not take a long text.
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}

/** An address without its protocol. */
export function formatAddress(address: string): string {
  return address.replace(/(http|https)*:\/\//, '')
}

/** The last part of a path. */
export function extractMethodName(query: string): string {
  return query.split('/').at(-1)!
}

/** A copy made through JSON. */
export function cloneObj<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

interface KeyField {
  readonly name: string
  readonly data_type?: unknown
}

/** The expression that keeps rows whose key has the given relation to a value. */
export function getPKFieldExpr(data: {
  pkField: KeyField
  value: string | number
  condition?: string
  expr?: string
}): string {
  const { pkField, value, condition = '!=', expr = '' } = data
  const shown = pkField?.data_type === 'VarChar' ? `'${value}'` : `${value}`
  return `${pkField?.name} ${condition} ${shown}${expr ? ` && (${expr})` : ''}`
}

/** The expression for an iterator's next page. */
export function getQueryIteratorExpr(params: {
  expr: string
  pkField: KeyField
  lastPKId?: string | number | undefined
  lastElementOffset?: string | number | undefined
}): string {
  const { expr, lastPKId, lastElementOffset, pkField } = params
  const first = pkField?.data_type === 'VarChar' ? '' : DEFAULT_MIN_INT64
  const condition = lastElementOffset === undefined ? '>' : '>='
  return getPKFieldExpr({ pkField, value: lastPKId ?? first, expr, condition })
}

/** The largest number of values in any of these sparse vectors. */
export function getSparseDim(rows: readonly object[]): number {
  return rows.reduce((most, row) => Math.max(most, Object.keys(row).length), 0)
}

/** Which of the first `length` values are present. */
export function getValidDataArray(data: readonly unknown[], length: number): boolean[] {
  return Array.from({ length }, (_, i) => data[i] !== undefined && data[i] !== null)
}

export function validatePartitionNumbers(partitions: number): void {
  if (partitions < 1 || partitions > MAX_PARTITIONS_NUMBER) throw wrongCall('INVALID_PARTITION_NUM')
}

export function checkCollectionName(data: { collection_name?: string }): void {
  named(data)
}

export function checkCollectionAndPartitionName(data: { collection_name?: string; partition_name?: string }): void {
  if (!data?.collection_name || !data.partition_name) throw wrongCall('COLLECTION_PARTITION_NAME_ARE_REQUIRED')
}

export function checkSearchParams(data: Record<string, unknown> & { collection_name?: string }): void {
  named(data)
  if (!data['vectors'] && !data['vector'] && !data['data']) throw wrongCall('VECTORS_OR_VECTOR_IS_MISSING')
}
