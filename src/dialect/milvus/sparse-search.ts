// Searches of sparse fields: inner products, and BM25 over the texts that a function reads.

import type { Collection } from '../../engine/index.ts'
import { analyzerOfField } from './analyzers.ts'
import { compareKeys, type Key } from './read.ts'
import type { Row } from './rows.ts'
import { type Found, wholeFilter } from './search.ts'
import { type Group, isInRange, type SearchPlan } from './search-plan.ts'
import type { StoredSparse } from './values.ts'

/** One list of hits for each query, best first: window, range and groups applied. */
export async function rankedHits(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, field, queries, partitions } = plan
  const rows = entry.rows as Collection<Row>
  const filter = await wholeFilter(plan)
  const text = entry.schema.textOf(field)
  const source = text?.name ?? field.name
  const all = await rows
    .find({
      select: [...new Set([...select, source, ...(plan.group === undefined ? [] : [plan.group.field])])],
      ...(partitions === undefined ? {} : { partitions }),
    })
    .toArray()
  const key = entry.schema.primary.name
  const matched =
    filter === undefined
      ? undefined
      : new Set((await rows.find({ filter, select: [key] }).toArray()).map((row) => row[key]))
  const words = text === undefined ? undefined : (value: string) => analyzerOfField(text).tokens(value)
  const scored = all.filter((row) => row[source] !== undefined && row[source] !== null)
  const bm25 = words === undefined ? undefined : new Bm25(scored.map((row) => words(row[source] as string)))
  return queries.map((query) => {
    const score =
      bm25 === undefined
        ? (row: Row) => innerProduct(query as StoredSparse, row[source] as StoredSparse)
        : bm25.scorer(words!(query as string))
    const hits: Found[] = []
    scored.forEach((row, position) => {
      if (matched !== undefined && !matched.has(row[key])) return
      const value = score(row, position)
      if (value !== undefined) hits.push({ key: row[key] as Key, score: Math.fround(value), row })
    })
    hits.sort((a, b) => b.score - a.score || compareKeys(a.key, b.key))
    return windowed(plan, hits)
  })
}

/** The part of a whole ranking that was asked for. */
export function windowed({ metric, range, group, limit, offset }: SearchPlan, hits: Found[]): Found[] {
  const inside = range === undefined ? hits : hits.filter(({ score }) => isInRange(metric, range, score))
  if (group !== undefined) return grouped(group, inside, limit, offset)
  return inside.slice(offset, offset + limit)
}

function grouped({ field, size }: Group, hits: readonly Found[], limit: number, offset: number): Found[] {
  const groups = new Map<unknown, Found[]>()
  const [root, inner] = field.split('.') as [string, string | undefined]
  for (const hit of hits) {
    const value = inner === undefined ? hit.row[root] : (hit.row[root] as Row | undefined)?.[inner]
    const own = groups.get(value)
    if (own === undefined) groups.set(value, [hit])
    else if (own.length < size) own.push(hit)
  }
  const chosen = [...groups.values()].slice(offset, offset + limit).flat()
  return chosen.sort((a, b) => b.score - a.score || compareKeys(a.key, b.key))
}

/** Undefined where the two share no index. */
function innerProduct(a: StoredSparse, b: StoredSparse): number | undefined {
  let sum = 0
  let isShared = false
  for (let i = 0, j = 0; i < a.indices.length && j < b.indices.length; ) {
    const [x, y] = [a.indices[i]!, b.indices[j]!]
    if (x === y) {
      isShared = true
      sum += a.values[i++]! * b.values[j++]!
    } else if (x < y) i++
    else j++
  }
  return isShared ? sum : undefined
}

class Bm25 {
  readonly #documents: readonly Map<string, number>[]
  readonly #lengths: readonly number[]
  readonly #counts = new Map<string, number>()
  readonly #average: number

  constructor(documents: readonly string[][]) {
    this.#lengths = documents.map((words) => words.length)
    this.#average = this.#lengths.reduce((a, b) => a + b, 0) / Math.max(1, documents.length)
    this.#documents = documents.map((words) => {
      const counts = new Map<string, number>()
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
      for (const word of counts.keys()) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1)
      return counts
    })
  }

  scorer(words: readonly string[]): (row: Row, position: number) => number | undefined {
    const [k1, b] = [1.2, 0.75]
    const total = this.#documents.length
    return (_row, position) => {
      let sum: number | undefined
      for (const word of words) {
        const frequency = this.#documents[position]!.get(word)
        if (frequency === undefined) continue
        const having = this.#counts.get(word)!
        const idf = Math.log(1 + (total - having + 0.5) / (having + 0.5))
        const length = 1 - b + (b * this.#lengths[position]!) / this.#average
        sum = (sum ?? 0) + (idf * frequency * (k1 + 1)) / (frequency + k1 * length)
      }
      return sum
    }
  }
}
