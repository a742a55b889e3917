// hnswlib-node: its graph, or its exact search. It takes arrays of numbers.
import { createRequire } from 'node:module'
import { EF_CONSTRUCTION, M, versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

export async function load() {
  const { BruteforceSearch, HierarchicalNSW } = require('hnswlib-node')
  const storeOf = (index, isGraph, path) => ({
    insert: (rows, from) => {
      rows.forEach((row, i) => {
        index.addPoint(Array.from(row), from + i)
      })
    },
    search: (query, limit, ef) => {
      if (isGraph) index.setEf(ef)
      return index.searchKnn(Array.from(query), limit).neighbors.toReversed()
    },
    save: () => index.writeIndexSync(`${path}/index.hnsw`),
    close: () => {},
  })
  return {
    version: versionOf('hnswlib-node'),
    open: async ({ dimension, rowsCount, path, isGraph }) => {
      const index = isGraph ? new HierarchicalNSW('ip', dimension) : new BruteforceSearch('ip', dimension)
      if (isGraph) index.initIndex(rowsCount, M, EF_CONSTRUCTION, 100)
      else index.initIndex(rowsCount)
      return storeOf(index, isGraph, path)
    },
    reopen: async ({ dimension, path }) => {
      const index = new HierarchicalNSW('ip', dimension)
      index.readIndexSync(`${path}/index.hnsw`)
      return storeOf(index, true, path)
    },
  }
}
