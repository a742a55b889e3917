// Clients, in memory or in folders, and collections for the tests of the Milvus dialect.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { DataType, MilvusClient } from '../../../src/dialect/milvus/index.ts'

const open: MilvusClient[] = []
const folders: string[] = []

// In one hook: a client whose folder is removed first may say so when it is closed, or not, by how long ago it looked.
afterEach(async () => {
  for (const client of open.splice(0)) await client.closeConnection()
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

/** An empty folder that goes after the test, behind its clients. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'quiver-milvus-'))
  folders.push(path)
  return path
}

/** A client that is closed after the test; of memory unless told. */
export function client(config: ConstructorParameters<typeof MilvusClient>[0] = { address: ':memory:' }): MilvusClient {
  const made = new MilvusClient(config)
  open.push(made)
  return made
}

export const VECTOR = { name: 'vector', data_type: DataType.FloatVector, dim: 4 }
export const KEY = { name: 'id', data_type: DataType.Int64, is_primary_key: true }
export const INDEX = { field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' }

/** A loaded collection `c` of these fields beside the key and the vector. */
export async function collectionOf(
  fields: object[],
  more: Record<string, unknown> = {},
  made = client(),
): Promise<MilvusClient> {
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, VECTOR, ...fields] as never,
    index_params: [INDEX] as never,
    ...more,
  })
  return made
}

/** The key values, as numbers, of the rows that match. */
export async function idsOf(
  made: MilvusClient,
  filter: string,
  exprValues?: Record<string, unknown>,
): Promise<number[]> {
  const answer = await made.query({
    collection_name: 'c',
    filter,
    output_fields: ['id'],
    ...(exprValues === undefined ? {} : { exprValues }),
  })
  if (answer.status.error_code !== 'Success') throw new Error(`${answer.status.code} ${answer.status.reason}`)
  return answer.data.map((row) => Number(row['id']))
}

export const SUCCESS = { extra_info: {}, error_code: 'Success', reason: '', code: 0, retriable: false, detail: '' }

/** Numbers from 0 to before 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
