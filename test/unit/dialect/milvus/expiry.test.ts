// Promise: what has expired by a field of times is left out by an engine in another thread, too. Functions cannot go there: every read of such
// a collection, in a page whose database has files, would have failed.

import { expect, it } from 'vitest'
import { Entry } from '../../../../src/dialect/milvus/catalog.ts'
import { DataType } from '../../../../src/dialect/milvus/enums.ts'
import { liveFilter } from '../../../../src/dialect/milvus/expiry.ts'
import { treeOf } from '../../../../src/engine/index.ts'
import { evaluate } from '../../../../src/query/filters.ts'

const textAt = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

it('asks without functions', () => {
  const until = { name: 'until', type: DataType.Timestamptz, params: {} }
  const fields = [{ name: 'id', type: DataType.Int64, isPrimary: true, params: {} }, until]
  const record = { fields, functions: [], isDynamic: false, properties: { ttl_field: 'until' }, created: 0 }
  const entry = new Entry(record as never, { name: 'c' } as never)
  expect(entry.direct).toBeUndefined()
  const live = structuredClone(treeOf(liveFilter(entry, undefined))!.tree)
  const times = [undefined, null, textAt(-5), textAt(60), textAt(90_000)]
  expect(times.map((one) => evaluate(live, { until: one } as never))).toEqual([true, true, false, true, true])
})
