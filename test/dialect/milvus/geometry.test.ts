// Promise: st_ functions relate geometries as the nine intersections of their insides, boundaries and outsides say. Checked on a grid,
// where the intersections can be counted place by place: corners, sides and cells, each inside, on the boundary or outside of a shape.

import { describe, expect, it } from 'vitest'
import { DataType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import fc from '../../property.ts'
import { collectionOf, idsOf } from './fixture.ts'

const PLACE = { name: 'place', data_type: DataType.Geometry, nullable: true }
const V = [1, 0, 0, 0]

async function placesOf(texts: readonly (string | null)[]): Promise<MilvusClient> {
  const made = await collectionOf([PLACE])
  const answer = await made.insert({
    collection_name: 'c',
    data: texts.map((place, id) => ({ id, vector: V, place })),
  })
  expect(answer.status.reason).toBe('')
  return made
}

// --- the model: places at twice the coordinates, so that sides and cells have one of their own

const GRID = 5
type Label = 'I' | 'B' | 'E'
interface Drawn {
  readonly text: string
  readonly dimension: number
  /** Of the place at half these coordinates. */
  label(x: number, y: number): Label
}

const coordinate = fc.integer({ min: 0, max: GRID })
const place = fc.tuple(coordinate, coordinate)

const points: fc.Arbitrary<Drawn> = fc
  .uniqueArray(place, { minLength: 1, maxLength: 3, selector: String })
  .map((all) => ({
    text:
      all.length === 1
        ? `POINT (${all[0]!.join(' ')})`
        : `MULTIPOINT (${all.map((one) => `(${one.join(' ')})`).join(', ')})`,
    dimension: 0,
    label: (x, y) => (all.some(([px, py]) => 2 * px === x && 2 * py === y) ? 'I' : 'E'),
  }))

/** Whether a way along the axes meets itself nowhere but perhaps at its ends. */
function isSimple(way: readonly (readonly [number, number])[]): boolean {
  const met = new Set<string>()
  return way.every(([x, y], i) => {
    if (i === 0) return true
    const [fromX, fromY] = way[i - 1]!
    for (let [ax, ay] = [fromX, fromY]; ax !== x || ay !== y; ax += Math.sign(x - ax), ay += Math.sign(y - ay)) {
      if (met.size === met.add(`${ax} ${ay}`).size) return false
    }
    return i < way.length - 1 || !met.has(`${x} ${y}`) || (x === way[0]![0] && y === way[0]![1])
  })
}

/** A line of steps along the axes. */
const line: fc.Arbitrary<Drawn> = fc
  .tuple(place, fc.array(fc.tuple(fc.boolean(), coordinate), { minLength: 1, maxLength: 4 }))
  .map(([start, steps]) => {
    const way = [start]
    for (const [isAcross, to] of steps) {
      const [x, y] = way.at(-1)!
      const next: [number, number] = isAcross ? [to, y] : [x, to]
      if (next[0] !== x || next[1] !== y) way.push(next)
    }
    return way
  })
  .filter((way) => way.length > 1 && isSimple(way))
  .map((way) => ({
    text: `LINESTRING (${way.map((one) => one.join(' ')).join(', ')})`,
    dimension: 1,
    label: (x, y) => {
      const isAt = ([px, py]: [number, number]) => 2 * px === x && 2 * py === y
      const isOn = way.some((to, i) => {
        if (i === 0) return false
        const from = way[i - 1]!
        const between = (v: number, a: number, b: number) => v >= 2 * Math.min(a, b) && v <= 2 * Math.max(a, b)
        return between(x, from[0], to[0]) && between(y, from[1], to[1])
      })
      if (!isOn) return 'E'
      return isAt(way[0]!) !== isAt(way.at(-1)!) ? 'B' : 'I'
    },
  }))

/** A rectangle, perhaps with a hole of one. */
const area: fc.Arbitrary<Drawn> = fc
  .tuple(place, place, fc.boolean())
  .map(([a, b, isHollow]) => ({
    x0: Math.min(a[0], b[0]),
    x1: Math.max(a[0], b[0]),
    y0: Math.min(a[1], b[1]),
    y1: Math.max(a[1], b[1]),
    isHollow,
  }))
  .filter(({ x0, x1, y0, y1 }) => x0 < x1 && y0 < y1)
  .map(({ x0, x1, y0, y1, isHollow }) => {
    const hasHole = isHollow && x1 - x0 > 2 && y1 - y0 > 2
    const ring = (a: number, b: number, c: number, d: number) =>
      `(${a} ${b}, ${c} ${b}, ${c} ${d}, ${a} ${d}, ${a} ${b})`
    const side = (x: number, y: number, a: number, b: number, c: number, d: number): Label => {
      if (x < 2 * a || x > 2 * c || y < 2 * b || y > 2 * d) return 'E'
      return x === 2 * a || x === 2 * c || y === 2 * b || y === 2 * d ? 'B' : 'I'
    }
    return {
      text: `POLYGON (${ring(x0, y0, x1, y1)}${hasHole ? `, ${ring(x0 + 1, y0 + 1, x1 - 1, y1 - 1)}` : ''})`,
      dimension: 2,
      label: (x: number, y: number): Label => {
        const outer = side(x, y, x0, y0, x1, y1)
        if (!hasHole || outer !== 'I') return outer
        const inner = side(x, y, x0 + 1, y0 + 1, x1 - 1, y1 - 1)
        return inner === 'B' ? 'B' : inner === 'I' ? 'E' : 'I'
      },
    }
  })

type Counted = Record<string, number>

function counted(a: Drawn, b: Drawn): Counted {
  const found: Counted = {}
  for (let x = -1; x <= 2 * GRID + 1; x++) {
    for (let y = -1; y <= 2 * GRID + 1; y++) {
      const key = a.label(x, y) + b.label(x, y)
      found[key] = Math.max(found[key] ?? -1, Math.abs(x % 2) + Math.abs(y % 2))
    }
  }
  return found
}

const RELATIONS: Record<string, (m: (key: string) => number, a: Drawn, b: Drawn) => boolean> = {
  st_intersects: (m) => m('II') >= 0 || m('IB') >= 0 || m('BI') >= 0 || m('BB') >= 0,
  st_within: (m) => m('II') >= 0 && m('IE') < 0 && m('BE') < 0,
  st_contains: (m) => m('II') >= 0 && m('EI') < 0 && m('EB') < 0,
  st_equals: (m) => m('II') >= 0 && m('IE') < 0 && m('BE') < 0 && m('EI') < 0 && m('EB') < 0,
  st_touches: (m) => m('II') < 0 && (m('IB') >= 0 || m('BI') >= 0 || m('BB') >= 0),
  st_overlaps: (m, a, b) =>
    a.dimension === b.dimension && (a.dimension === 1 ? m('II') === 1 : m('II') >= 0) && m('IE') >= 0 && m('EI') >= 0,
  st_crosses: (m, a, b) => {
    if (a.dimension < b.dimension) return m('II') >= 0 && m('IE') >= 0
    if (a.dimension > b.dimension) return m('II') >= 0 && m('EI') >= 0
    return a.dimension === 1 && m('II') === 0
  },
}

describe('relations', () => {
  it('are those of the nine intersections, for points, lines and areas with holes', async () => {
    const [stored, asked] = fc.sample(fc.array(fc.oneof(points, line, area), { minLength: 40, maxLength: 40 }), {
      numRuns: 2,
      seed: 20_260_726,
    }) as [Drawn[], Drawn[]]
    const made = await placesOf(stored.map(({ text }) => text))
    const wrong: string[] = []
    for (const b of [...asked.slice(0, 24), ...stored.slice(0, 8)]) {
      for (const [name, holds] of Object.entries(RELATIONS)) {
        const found = new Set(await idsOf(made, `${name}(place, '${b.text}')`))
        stored.forEach((a, id) => {
          const matrix = counted(a, b)
          const is = holds((key) => matrix[key] ?? -1, a, b)
          if (is !== found.has(id)) wrong.push(`${name}(${a.text}, ${b.text}) is ${is}`)
        })
      }
    }
    expect(wrong).toEqual([])
  })

  it.each([
    // Slanted: cuts that no double holds exactly.
    ['st_crosses', 'LINESTRING (0 0, 3 1)', 'LINESTRING (0 1, 3 0)', true],
    ['st_intersects', 'LINESTRING (0 0, 10 7)', 'LINESTRING (0 0.1, 10 7.1)', false],
    ['st_within', 'POINT (0.1 0.1)', 'POLYGON ((0 0, 0.3 0, 0.3 0.3, 0 0.3, 0 0))', true],
    ['st_touches', 'POINT (0.15 0.15)', 'POLYGON ((0 0, 0.3 0.3, 0 0.3, 0 0))', true],
    ['st_contains', 'POLYGON ((0 0, 7 1, 5 9, -2 6, 0 0))', 'LINESTRING (1 2, 4 6)', true],
    ['st_overlaps', 'POLYGON ((0 0, 4 1, 2 5, 0 0))', 'POLYGON ((3 0, 6 2, 1 3, 3 0))', true],
    ['st_equals', 'POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))', 'POLYGON ((1 1, 0 1, 0 0, 0.5 0, 1 0, 1 1))', true],
    ['st_equals', 'LINESTRING (0 0, 2 2)', 'LINESTRING (2 2, 1 1, 0 0)', true],
    ['st_touches', 'POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))', 'POLYGON ((2 1, 3 0, 3 2, 2 1))', true],
    ['st_within', 'MULTIPOINT (1 1, 2 2)', 'MULTIPOLYGON (((0 0, 3 0, 3 3, 0 3, 0 0)), ((5 5, 6 5, 6 6, 5 5)))', true],
    ['st_intersects', 'GEOMETRYCOLLECTION (POINT (9 9), LINESTRING (0 0, 1 1))', 'POINT (0.5 0.5)', true],
    ['st_intersects', 'POINT EMPTY', 'POINT (0 0)', false],
    ['st_contains', 'POLYGON Z ((0 0 1, 2 0 1, 2 2 1, 0 0 1))', 'POINT (1.5 1)', true],
  ])('%s(%s, %s) is %s', async (name, a, b, is) => {
    const made = await placesOf([a])
    expect(await idsOf(made, `${name}(place, "${b}")`)).toEqual(is ? [0] : [])
    expect(await idsOf(made, `${name.toUpperCase()}(place, {b})`, { b })).toEqual(is ? [0] : [])
  })

  it('stand beside other conditions, in searches and deletions; null is neither within nor not within', async () => {
    const made = await placesOf(['POINT (1 1)', 'POINT (5 5)', null, 'LINESTRING (0 0, 9 9)'])
    const box = 'POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))'
    expect(await idsOf(made, `st_within(place, '${box}')`)).toEqual([0])
    expect(await idsOf(made, `not st_within(place, '${box}')`)).toEqual([1, 3])
    expect(await idsOf(made, `st_intersects(place, '${box}') and id > 0`)).toEqual([3])
    expect(await idsOf(made, `place is null or st_within(place, '${box}')`)).toEqual([0, 2])
    const { results } = await made.search({
      collection_name: 'c',
      data: V,
      filter: `st_intersects(place, '${box}')`,
      output_fields: ['place'],
    })
    expect(results.map((hit) => hit['place'])).toEqual(['POINT (1 1)', 'LINESTRING (0 0, 9 9)'])
    await made.createIndex({ collection_name: 'c', field_name: 'place', index_type: 'RTREE' })
    expect(await idsOf(made, `st_within(place, '${box}')`)).toEqual([0])
    expect((await made.delete({ collection_name: 'c', filter: `st_within(place, '${box}')` })).delete_cnt).toBe('1')
  })

  it('st_dwithin takes metres between longitudes and latitudes', async () => {
    // One degree of the equator is 111,195 m.
    const made = await placesOf([
      'POINT (1 0)',
      'POINT (0 2)',
      'LINESTRING (0.5 -1, 0.5 1)',
      'POLYGON ((-1 -1, 1 -1, 1 1, -1 1, -1 -1))',
    ])
    const within = (metres: number) => idsOf(made, `ST_DWITHIN(place, 'POINT (0 0)', ${metres})`)
    expect(await within(0)).toEqual([3])
    expect(await within(56_000)).toEqual([2, 3])
    expect(await within(111_194)).toEqual([2, 3])
    expect(await within(111_196)).toEqual([0, 2, 3])
    expect(await within(222_500)).toEqual([0, 1, 2, 3])
  })

  it('st_isvalid finds rings that cross themselves', async () => {
    const made = await placesOf([
      'POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))',
      'POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))',
      'POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (20 20, 21 20, 21 21, 20 20))',
      'POINT (1 1)',
    ])
    expect(await idsOf(made, 'st_isvalid(place)')).toEqual([0, 3])
  })

  it.each([
    ["st_within(id, 'POINT (0 0)')", 'only supported on geometry fields'],
    ["st_within(place, 'POINT 0 0')", 'is not a geometry in well-known text'],
    ["st_within(place, 'POLYGON ((0 0, 1 0, 1 1, 0 1))')", 'is not a geometry in well-known text'],
    ["st_within(place, 'CIRCLE (0 0)')", 'is not a geometry in well-known text'],
    ['st_within(place)', 'takes 2 arguments, got 1'],
    ["st_dwithin(place, 'POINT (0 0)', -1)", 'metres'],
    ["St_Within(place, 'POINT (0 0)')", 'is not found'],
    ["st_nothing(place, 'POINT (0 0)')", 'is not found'],
    ["place == 'POINT (0 0)'", 'cannot be compared'],
  ])('%s is refused', async (filter, reason) => {
    const made = await placesOf(['POINT (0 0)'])
    const { status } = await made.query({ collection_name: 'c', filter })
    expect(status).toMatchObject({ code: 1100, error_code: 'IllegalArgument' })
    expect(status.reason).toContain(reason)
  })
})

// The last seven were stored, and no filter found them.
it.each([
  '',
  'POINT',
  'POINT (1 2',
  'CIRCLE (1 2)',
  'POINT (1 2); DROP',
  'hello',
  'POINT (1)',
  'POINT (a b)',
  'POINT (1e400 2)',
  'LINESTRING (1 1)',
  'POLYGON ((0 0, 1 1))',
  'POLYGON ((0 0, 1 0, 1 1))',
  'POLYGON ((0 0, 1 0, 1 1, 0 1))',
])('%j is no geometry to store', async (place) => {
  const made = await collectionOf([PLACE])
  const { status } = await made.insert({ collection_name: 'c', data: [{ id: 1, vector: V, place }] })
  expect(status).toMatchObject({ code: 1100 })
  expect(status.reason).toContain('place')
  const good = { id: 2, vector: V, place: 'POINT (1 2)' }
  await made.insert({ collection_name: 'c', data: [good] })
  for (const data of [[good, { ...good, id: 3, place }], [{ id: 2, place }]]) {
    const upserted = await made.upsert({ collection_name: 'c', data, partial_update: data.length === 1 })
    expect(upserted.status).toMatchObject({ code: 1100 })
  }
  expect(await idsOf(made, "st_equals(place, 'POINT (1 2)')")).toEqual([2])
})

it('has geometries as defaults, in rows that are older too, and refuses what is none', async () => {
  const made = await collectionOf([{ name: 'a', data_type: DataType.Geometry, default_value: 'POINT (1 2)' }])
  const at = { collection_name: 'c' }
  await made.insert({
    ...at,
    data: [
      { id: 1, vector: V },
      { id: 2, vector: V, a: 'POINT (5 5)' },
    ] as never,
  })
  const field = { name: 'b', data_type: DataType.Geometry, nullable: true, default_value: 'POINT (3 4)' }
  expect((await made.addCollectionField({ ...at, field })).reason).toBe('')
  await made.insert({ ...at, data: [{ id: 3, vector: V, a: null, b: 'POINT (9 9)' }] as never })
  expect(await idsOf(made, "st_equals(a, 'POINT (1 2)')")).toEqual([1, 3])
  expect(await idsOf(made, "st_equals(b, 'POINT (3 4)')")).toEqual([1, 2])
  const { data } = await made.query({ ...at, filter: 'id == 1', output_fields: ['a', 'b'] })
  expect(data).toEqual([{ id: '1', a: 'POINT (1 2)', b: 'POINT (3 4)' }])
  const wrong = await made.addCollectionField({ ...at, field: { ...field, name: 'c', default_value: 'POINT (1)' } })
  expect(wrong.reason).toContain('default_value of field c is not a geometry in well-known text: "POINT (1)"')
})

// They were spread over the arguments of one call: "Maximum call stack size exceeded".
it('takes geometries of very many points', async () => {
  const many = Array.from({ length: 200_000 }, (_, i) => `${i % 500} ${Math.floor(i / 500)}`).join(', ')
  const made = await placesOf([`MULTIPOINT (${many})`])
  expect(await idsOf(made, "st_intersects(place, 'POINT (700 1)')")).toEqual([])
})

// Each corner was compared with all others: one polygon of 20,000 corners took half a minute.
it('relates geometries of many corners', async () => {
  const ring = (n: number, radius: number) => {
    const at = (i: number) => `${radius * Math.cos((2 * Math.PI * i) / n)} ${radius * Math.sin((2 * Math.PI * i) / n)}`
    return `(${Array.from({ length: n + 1 }, (_, i) => at(i % n)).join(', ')})`
  }
  const made = await placesOf([`POLYGON (${ring(20_000, 10)}, ${ring(500, 2)})`, `LINESTRING ${ring(2_000, 5)}`])
  expect(await idsOf(made, "st_contains(place, 'POINT (3 3)')")).toEqual([0])
  expect(await idsOf(made, "st_within(place, 'POLYGON ((-11 -11, 11 -11, 11 11, -11 11, -11 -11))')")).toEqual([0, 1])
  expect(await idsOf(made, "st_intersects(place, 'POINT (0 1)')")).toEqual([])
  expect(await idsOf(made, 'st_isvalid(place)')).toEqual([0, 1])
})
