// What the map shows: documents, their pictures, and the places that were found for them, kept in a collection of their own.

import type { Database, Document, Key } from 'quiverdb'
import { MAP_POINTS_MAX, type MapPoints } from '../protocol.ts'

const KEPT = 'playground.maps'
const QUERIES = 100

export async function mapOf(db: Database, name: string, field: string): Promise<MapPoints> {
  const collection = db.collection(name)
  const total = (await collection.stats()).vectors
  const filter = { [field]: { $exists: true } }
  const documents = await collection.find({ filter, limit: MAP_POINTS_MAX }).toArray()
  const keys = documents.map((document) => document[collection.primaryKey] as Key)
  const labelField = labelFieldOf(documents, collection.primaryKey)
  const labels = documents.map((document) => String(document[labelField] ?? ''))
  const kept = await keptPlaces(db, name, field)
  const isPlaced = kept?.length === keys.length * 2
  return {
    ...{ keys, labels, total, isPlaced },
    places: isPlaced ? kept : new Float32Array(keys.length * 2),
    ...picturesOf(documents, field),
  }
}

/** The field whose values tell documents apart best: few different ones, short, and in all of them. */
function labelFieldOf(documents: readonly Document[], primaryKey: string): string {
  const names = Object.keys(documents[0] ?? {}).filter((name) => name !== primaryKey)
  const few = names.find((name) => {
    const values = new Set(documents.map((document) => document[name]))
    return values.size > 1 && values.size <= 20 && Array.from(values).every((value) => typeof value !== 'object')
  })
  return few ?? names.find((name) => typeof documents[0]![name] === 'string') ?? primaryKey
}

/** Vectors of a square number of lanes from 0 to 1 are taken for grey pictures. */
function picturesOf(documents: readonly Document[], field: string): { pictures: Uint8Array | undefined; side: number } {
  const lanes = (documents[0]?.[field] as Float32Array | undefined)?.length ?? 0
  const side = Math.sqrt(lanes)
  const none = { pictures: undefined, side: 0 }
  if (!Number.isInteger(side) || side < 8 || side > 64) return none
  const pictures = new Uint8Array(documents.length * lanes)
  for (const [at, document] of documents.entries()) {
    for (const [lane, grey] of (document[field] as Float32Array).entries()) {
      if (grey < 0 || grey > 1) return none
      pictures[at * lanes + lane] = Math.round(grey * 255)
    }
  }
  return { pictures, side }
}

/**
 * The k nearest of each document among those of the map, itself first: what the layout of the map starts from. They are found by
 * the database, so that the map needs no index of its own.
 */
export async function nearestOf(
  db: Database,
  name: string,
  field: string,
  keys: readonly Key[],
  k: number,
  tell: (part: number) => void,
): Promise<{ indices: number[][]; distances: number[][] }> {
  const collection = db.collection(name)
  const places = new Map(keys.map((key, at) => [JSON.stringify(key), at]))
  const metric = (await db.collections())
    .find((one) => one.name === name)
    ?.vectors.find((one) => one.name === field)?.metric
  const [indices, distances]: [number[][], number[][]] = [[], []]
  for (let at = 0; at < keys.length; at += QUERIES) {
    const some = keys.slice(at, at + QUERIES)
    const vectors = (await collection.getMany(some as Key[])).map((document) => document![field] as Float32Array)
    // Some more, because not every document is on the map.
    const lists = await collection.search({ vectors, field, limit: k + 10, select: [collection.primaryKey] })
    for (const [i, hits] of lists.entries()) {
      const own = at + i
      const near = hits
        .map(
          ({ id, distance }) =>
            [places.get(JSON.stringify(id)), metric === 'l2' ? Math.sqrt(distance) : distance] as const,
        )
        .filter((one): one is readonly [number, number] => one[0] !== undefined && one[0] !== own)
        .slice(0, k - 1)
      while (near.length < k - 1) near.push([(own + near.length + 1) % keys.length, near.at(-1)?.[1] ?? 1])
      indices.push([own, ...near.map(([index]) => index)])
      distances.push([0, ...near.map(([, distance]) => Math.max(0, distance))])
    }
    tell((at + some.length) / keys.length)
  }
  return { indices, distances }
}

async function keptPlaces(db: Database, name: string, field: string): Promise<Float32Array | undefined> {
  if (!(await db.collections()).some((one) => one.name === KEPT)) return undefined
  return (await db.collection(KEPT).get([name, field]))?.['places'] as Float32Array | undefined
}

export async function keepPlaces(db: Database, name: string, field: string, places: Float32Array): Promise<void> {
  const isThere = (await db.collections()).some((one) => one.name === KEPT)
  const kept = isThere ? db.collection(KEPT) : await db.createCollection(KEPT)
  await kept.upsert({ id: [name, field], places })
}
