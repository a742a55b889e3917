// usearch: `exactSearch` over one matrix, or its graph.
import { createRequire } from 'node:module'
import { EF_CONSTRUCTION, M, versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

/** @param {{ scalar?: 'f32' | 'i8' }} options */
export async function load({ scalar = 'f32' }) {
  const { exactSearch, Index, MetricKind } = require('usearch')
  const metric = MetricKind.IP
  const create = (dimension) =>
    new Index({
      dimensions: dimension,
      metric,
      quantization: scalar,
      connectivity: M,
      expansion_add: EF_CONSTRUCTION,
      expansion_search: 64,
      multi: false,
    })
  const graphOf = (index) => ({
    insert: (rows, from) => {
      index.add(
        BigUint64Array.from(rows, (_, i) => BigInt(from + i)),
        joined(rows),
        1,
      )
    },
    search: (query, limit) => Array.from(index.search(query, limit, 1).keys, Number),
    save: undefined,
    close: () => {},
  })
  return {
    version: versionOf('usearch'),
    // Its interface for JavaScript fixes the width of a walk when the index is made.
    hasFixedWidth: true,
    // Exact search goes over an array of the caller's: nothing is inserted anywhere.
    isStore: false,
    open: async ({ dimension, rowsCount, path, isGraph }) => {
      if (isGraph) {
        const index = create(dimension)
        return { ...graphOf(index), save: () => index.save(`${path}/index.usearch`) }
      }
      const all = new Float32Array(rowsCount * dimension)
      return {
        insert: (rows, from) => {
          for (let i = 0; i < rows.length; i++) all.set(rows[i], (from + i) * dimension)
        },
        search: (query, limit) => Array.from(exactSearch(all, query, dimension, limit, metric, 1).keys, Number),
        close: () => {},
      }
    },
    reopen: async ({ dimension, path }) => {
      const index = create(dimension)
      index.load(`${path}/index.usearch`)
      return graphOf(index)
    },
  }
}

function joined(rows) {
  const all = new Float32Array(rows.length * rows[0].length)
  rows.forEach((row, i) => {
    all.set(row, i * row.length)
  })
  return all
}
