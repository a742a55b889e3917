// Promise: geometry is made, checked, measured, compared and indexed as the server does it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Any, bag, type Case, check, err, named, r } from './cases.ts'

let connection: Any
beforeAll(async () => {
  connection = await r.connect()
})
afterAll(() => connection.close())

function each(cases: readonly Case[]): void {
  it.each(named(cases))('%s', (_, one) => check(connection, one))
}

const GEO = { $reql_type$: 'GEOMETRY' }
const point = (...coordinates: number[]) => ({ ...GEO, type: 'Point', coordinates })
const square = () => r.polygon([1, 1], [2, 1], [2, 2], [1, 2])
const holed = () => square().polygonSub(r.polygon([1.1, 1.1], [1.9, 1.1], [1.9, 1.9], [1.1, 1.9]))
const RING = 'Invalid LinearRing.  Are there antipodal or duplicate vertices? Is it self-intersecting?'
const LINE = 'Invalid LineString.  Are there antipodal or duplicate vertices?'

describe('constructors', () => {
  each([
    [() => r.point(0, 0), point(0, 0)],
    [() => r.point(0, -90), point(0, -90)],
    [() => r.point(180, 90), point(180, 90)],
    [() => r.point(0, -91), err('QueryLogic', 'Latitude must be between -90 and 90.  Got -91.')],
    [() => r.point(-181, 0), err('QueryLogic', 'Longitude must be between -180 and 180.  Got -181.')],
    [() => r.point(0, 0).typeOf(), 'PTYPE<GEOMETRY>'],
    [
      () => r.line([0, 0], [0, 1]),
      {
        ...GEO,
        type: 'LineString',
        coordinates: [
          [0, 0],
          [0, 1],
        ],
      },
    ],
    [() => r.line(r.point(0, 0), r.point(0, 1), r.point(0, 0)).toGeojson()('type'), 'LineString'],
    [() => r.line([0, 0], [0, 0]), err('QueryLogic', LINE)],
    [
      () => r.line([0, 0], [1]),
      err('QueryLogic', 'Expected point coordinate pair.  Got 1 element array instead of a 2 element one.'),
    ],
    [
      () => r.line([0, 0], [1, 0, 0]),
      err('QueryLogic', 'Expected point coordinate pair.  Got 3 element array instead of a 2 element one.'),
    ],
    [
      () => r.line(r.point(0, 0), r.point(1, 0), r.line([0, 0], [1, 0])),
      err('QueryLogic', 'Expected geometry of type `Point` but found `LineString`.'),
    ],
    [
      () => r.polygon([0, 0], [0, 1], [1, 0]),
      {
        ...GEO,
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [0, 1],
            [1, 0],
            [0, 0],
          ],
        ],
      },
    ],
    [() => r.polygon([0, 0], [0, 1], [1, 0], [0, 0]).toGeojson()('coordinates')(0).count(), 4],
    [() => r.polygon([0, 0], [0, 0], [0, 0], [0, 0]), err('QueryLogic', RING)],
    [() => r.polygon([0, 0], [1, 1], [1, 0], [0, 1]), err('QueryLogic', RING)],
    [() => r.line([0, 0], [0, 1], [1, 0]).fill().toGeojson()('type'), 'Polygon'],
    [() => square().fill(), err('QueryLogic', 'Expected geometry of type `LineString` but found `Polygon`.')],
  ])
})

describe('GeoJSON', () => {
  each([
    [() => r.geojson({ type: 'Point', coordinates: [0, 0] }), point(0, 0)],
    [() => r.geojson({ type: 'Point', coordinates: [0, 0], crs: null }).toGeojson()('type'), 'Point'],
    [() => r.point(1, 2).toGeojson(), { type: 'Point', coordinates: [1, 2] }],
    [
      () => r.geojson({ type: 'Point', coordinates: [[], 0] }),
      err('QueryLogic', 'Expected type NUMBER but found ARRAY.'),
    ],
    [() => r.geojson({ type: 'Point', coordinates: true }), err('QueryLogic', 'Expected type ARRAY but found BOOL.')],
    [() => r.geojson({ type: 'Point' }), err('NonExistence', /^No attribute `coordinates` in object:/)],
    [() => r.geojson({ coordinates: [0, 0] }), err('NonExistence', /^No attribute `type` in object:/)],
    [() => r.geojson({ type: 'foo', coordinates: [0, 0] }), err('QueryLogic', 'Unrecognized GeoJSON type `foo`.')],
    [
      () => r.geojson({ type: 'Point', coordinates: [0, 0], foo: 'wrong' }),
      err('QueryLogic', 'Unrecognized field `foo` found in geometry object.'),
    ],
    [
      () => r.geojson({ type: 'MultiPoint', coordinates: [[0, 0]] }),
      err('QueryLogic', 'GeoJSON type `MultiPoint` is not supported.'),
    ],
  ])
})

describe('distance', () => {
  each([
    [() => r.distance(r.point(-122, 37), r.point(-123, 37)), expect.closeTo(89011.26253835332, 8)],
    [() => r.distance(r.point(-122, 37), r.point(-122, 36)), expect.closeTo(110968.30443995494, 8)],
    [() => r.distance(r.point(-122, 36), r.point(-122, 37)).eq(r.distance(r.point(-122, 37), r.point(-122, 36))), true],
    [() => r.point(-122, 37).distance(r.point(-123, 37)), expect.closeTo(89011.26253835332, 8)],
    [
      () => r.distance(r.point(-122, 37), r.point(-123, 37), { geoSystem: 'unit_sphere' }).add(0),
      expect.closeTo(0.01393875509649327, 8),
    ],
    [
      () =>
        r
          .distance(r.point(0, 0), r.point(1, 0), { unit: 'm' })
          .div(r.distance(r.point(0, 0), r.point(1, 0), { unit: 'km' })),
      expect.closeTo(1000, 8),
    ],
    [() => r.distance(r.point(0, 0), r.line([0, 0], [0, 1])), 0],
    [() => r.distance(r.point(0, 0), r.line([5, -1], [4, 2])), expect.closeTo(492471.4990055255, 8)],
    [() => r.distance(r.point(0, 0), r.polygon([5, -1], [4, 2], [10, 10])), expect.closeTo(492471.4990055255, 8)],
    [() => r.distance(r.point(0, 0), r.polygon([0, -1], [0, 1], [10, 10])), 0],
    [() => r.distance(r.point(0.5, 0.5), r.polygon([0, -1], [0, 1], [10, 10])), 0],
    [
      () => r.distance(r.point(0, 0), r.point(0, 1), { unit: 'ell' }),
      err('QueryLogic', 'Unrecognized distance unit `ell`.'),
    ],
    [
      () => r.distance(r.point(0, 0), r.point(0, 1), { geoSystem: 'moon' }),
      err('QueryLogic', 'Unrecognized geo system "moon" (valid options: "WGS84", "unit_sphere").'),
    ],
  ])

  it('makes circles', async () => {
    const coordinates = async (term: Any) => ((await term.run(connection)) as { coordinates: number[][][] }).coordinates
    const small = (await coordinates(r.circle([0, 0], 1, { numVertices: 3 })))[0]!
    const expected = [
      [0, -9.04369477050382e-6],
      [-7.779638566553426e-6, 4.5218473852518965e-6],
      [7.779638566553426e-6, 4.5218473852518965e-6],
      [0, -9.04369477050382e-6],
    ]
    small.flat().forEach((lane, i) => {
      expect(lane).toBeCloseTo(expected.flat()[i]!, 15)
    })
    const line = (await coordinates(r.circle([0, 0], 1, { numVertices: 3, fill: false }))) as unknown as number[][]
    expect(line).toHaveLength(4)
    const [ring] = await coordinates(r.circle(r.point(10, 50), 3, { unit: 'km' }))
    expect(ring).toHaveLength(33)
    // Each edge was held against each other, closely: a coast of 4,000 corners stopped a server for 40 s, this one for 20 minutes.
    const [fine] = await coordinates(r.circle(r.point(10, 50), 3, { unit: 'km', numVertices: 20_000 }))
    expect(fine).toHaveLength(20_001)
  })
})

describe('intersects', () => {
  each([
    [() => square().intersects(r.point(1.5, 1.5)), true],
    [() => square().intersects(r.point(2.5, 2.5)), false],
    [() => holed().intersects(r.point(1.5, 1.5)), false],
    [() => holed().intersects(r.point(1.05, 1.05)), true],
    // Outlines belong to what they bound, those of holes too.
    [() => square().intersects(r.point(2, 2)), true],
    [() => square().intersects(r.point(2, 1.5)), true],
    [() => holed().intersects(r.point(1.1, 1.1)), true],
    [() => holed().intersects(r.point(1.5, 1.1)), true],
    [() => square().intersects(r.line([1.5, 1.5], [2, 2])), true],
    [() => square().intersects(r.line([2, 2], [3, 3])), true],
    [() => square().intersects(r.line([2, 1.5], [3, 3])), true],
    [() => square().intersects(r.line([2.5, 2.5], [3, 3])), false],
    [() => holed().intersects(r.line([1.2, 1.2], [1.8, 1.2])), false],
    [() => holed().intersects(r.line([1.5, 1.5], [3, 3])), true],
    [() => square().intersects(r.polygon([1.2, 1.2], [1.8, 1.2], [1.8, 1.8], [1.2, 1.8])), true],
    [() => r.polygon([1.2, 1.2], [1.8, 1.2], [1.8, 1.8], [1.2, 1.8]).intersects(square()), true],
    [() => holed().intersects(r.polygon([1.2, 1.2], [1.8, 1.2], [1.8, 1.8], [1.2, 1.8])), false],
    [() => square().intersects(r.polygon([2, 1.1], [3, 1.1], [3, 1.9], [2, 1.9])), true],
    [() => square().intersects(r.polygon([2.5, 1.1], [3, 1.1], [3, 1.9])), false],
    [() => r.line([0, 0], [2, 0]).intersects(r.line([1, -1], [1, 1])), true],
    [() => r.line([0, 0], [2, 0]).intersects(r.line([1, 1], [1, 2])), false],
    [() => r.line([0, 0], [2, 0]).intersects(r.point(1, 0)), true],
    [() => r.point(0, 0).intersects(r.point(0, 0)), true],
    [() => r.point(0, 0).intersects(r.point(1, 0)), false],
    [
      () =>
        r
          .expr([r.point(1.5, 1.5), r.point(5, 5)])
          .intersects(square())
          .count(),
      1,
    ],
    [() => square().intersects(5), err('QueryLogic', 'Not a GEOMETRY pseudotype: `5`.')],
  ])
})

describe('includes', () => {
  each([
    [() => square().includes(r.point(1.5, 1.5)), true],
    [() => square().includes(r.point(2.5, 2.5)), false],
    [() => square().includes(r.point(2, 1.5)), true],
    [() => holed().includes(r.point(1.5, 1.5)), false],
    [() => square().includes(r.line([1.5, 1.5], [2, 2])), true],
    [() => square().includes(r.line([2, 2], [3, 3])), false],
    [() => square().includes(r.line([1.5, 1.5], [3, 3])), false],
    [() => holed().includes(r.line([1.05, 1.05], [1.95, 1.95])), false],
    [() => square().includes(square()), true],
    [() => square().includes(r.polygon([1, 1], [2, 1], [2, 2])), true],
    [() => square().includes(r.polygon([1, 1], [2, 1], [3, 3])), false],
    [() => holed().includes(square()), false],
    [() => holed().includes(holed()), true],
    [() => square().includes(holed()), true],
    [() => r.expr([square(), holed()]).includes(r.point(1.5, 1.5)).count(), 1],
    [
      () => r.line([0, 0], [1, 1]).includes(r.point(0, 0)),
      err('QueryLogic', 'Expected geometry of type `Polygon` but found `LineString`.'),
    ],
  ])
})

describe('polygonSub', () => {
  each([
    [() => holed().toGeojson()('coordinates').count(), 2],
    [
      () => square().polygonSub(r.polygon([1.1, 1.1], [2.1, 1.1], [1.9, 1.9])),
      err('QueryLogic', 'The second argument to `polygon_sub` is not contained in the first one.'),
    ],
    [
      () => holed().polygonSub(r.polygon([1.01, 1.01], [1.02, 1.01], [1.02, 1.02])),
      err('QueryLogic', 'Expected a Polygon with only an outer shell.  This one has holes.'),
    ],
    [
      () => square().polygonSub(r.line([0, 0], [1, 1])),
      err('QueryLogic', 'Expected a Polygon but found a LineString.'),
    ],
  ])
})

describe('indexes', () => {
  beforeAll(async () => {
    await r.tableCreate('places').run(connection)
    await r.table('places').indexCreate('g', { geo: true }).run(connection)
    await r.table('places').indexCreate('m', { geo: true, multi: true }).run(connection)
    await r.table('places').indexCreate('other').run(connection)
    await r.table('places').indexWait().run(connection)
    const rows = [
      { id: 0, g: r.point(0, 0) },
      { id: 1, g: r.polygon([0, 0], [0, 1], [1, 1]) },
      { id: 2, g: r.line([0.000003, -1], [-0.000003, -1]) },
      { id: 3, g: r.point(0, 1), m: [r.point(0, 0), r.point(0, 0.0001)] },
      { id: 4, other: 1 },
    ]
    await r.table('places').insert(rows).run(connection)
  })

  each([
    [() => r.table('places').getIntersecting(r.point(0, 0), { index: 'g' }).count(), 2],
    [
      () => r.table('places').getIntersecting(r.polygon([0, 0], [1, 0], [1, 1], [0, 1]), { index: 'g' })('id'),
      bag(0, 1, 3),
    ],
    [
      () =>
        r
          .table('places')
          .getIntersecting(r.line([0, -2], [0, 2]), { index: 'g' })
          .typeOf(),
      'SELECTION<STREAM>',
    ],
    [
      () => r.table('places').getNearest(r.point(0, 0), { index: 'g' }).pluck('dist', { doc: 'id' }).nth(0),
      { dist: 0, doc: { id: 0 } },
    ],
    [() => r.table('places').getNearest(r.point(0, 0), { index: 'g' })('doc')('id'), [0, 1]],
    [
      () => r.table('places').getNearest(r.point(0, 0), { index: 'g', maxDist: 200, unit: 'km' })('doc')('id'),
      [0, 1, 3, 2],
    ],
    [
      () =>
        r.table('places').getNearest(r.point(0, 0), { index: 'g', maxDist: 200, unit: 'km', maxResults: 1 }).count(),
      1,
    ],
    [() => r.table('places').getNearest(r.point(0, 0), { index: 'm' }).count(), 2],
    [() => r.table('places').getNearest(r.point(0, 0), { index: 'g' }).typeOf(), 'ARRAY'],
    [() => r.table('places').filter(r.row('g').intersects(r.point(0, 1)))('id'), bag(1, 3)],
    [
      () => r.table('places').getIntersecting(r.point(0, 0), { index: 'other' }),
      err(
        'QueryLogic',
        'Index `other` is not a geospatial index.  get_intersecting can only be used with a geospatial index.',
      ),
    ],
    [
      () => r.table('places').getAll(0, { index: 'g' }),
      err(
        'QueryLogic',
        'Index `g` is a geospatial index.  Only get_nearest and get_intersecting can use a geospatial index.',
      ),
    ],
    [
      () => r.table('places').getIntersecting(r.point(0, 0), { index: 'none' }),
      err('OpFailed', 'Index `none` was not found on table `test.places`.'),
    ],
  ])
})

it('keeps a geometry given as an object in the function of an index and of a hook', async () => {
  // The hook stored coordinates that were terms, [2, [1, 2]] for [1, 2], and every query by the index was refused.
  const home = { $reql_type$: 'GEOMETRY', type: 'Polygon', coordinates: [[[0, 0], [3, 0], [3, 3], [0, 0]]] } // biome-ignore format: one line
  const t = r.table('homes')
  await r.tableCreate('homes').run(connection)
  await t.insert([{ id: 1, loc: r.point(1, 1) }, { id: 2, away: true, loc: r.point(9, 9) }]).run(connection) // biome-ignore format: one line
  const where = (row: Any) => r.branch(row('away').default(false), home, row('loc'))
  await t.indexCreate('where', where, { geo: true }).run(connection)
  await t.setWriteHook((_context: Any, _old: Any, next: Any) => next.merge({ home })).run(connection)
  await t.insert({ id: 3, away: true }).run(connection)
  await check(connection, [() => t.getIntersecting(r.point(2, 1), { index: 'where' })('id'), bag(2, 3)])
  await check(connection, [() => t.get(3)('home'), home])
})
