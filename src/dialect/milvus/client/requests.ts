// Checks that calls make before anything else.

import { Code, MilvusError, wrongCall } from '../errors.ts'
import type { DescribeCollectionResponse } from '../types/index.ts'

/** The request, if it names a collection. */
export function named<T extends { collection_name?: string }>(data: T): T {
  if (!data?.collection_name) throw wrongCall('COLLECTION_NAME_IS_REQUIRED')
  return data
}

/** Throws if the collection could not be described, with the refusal that says why, as `insert` and others do. */
export function requireDescribed(description: DescribeCollectionResponse): void {
  const { status } = description
  if (status.error_code === 'Success') return
  throw new MilvusError(Number(status.code ?? Code.Unexpected), status.reason, {
    name: String(status.error_code),
    isThrown: true,
  })
}
