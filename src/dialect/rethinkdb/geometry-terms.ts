// Terms about geometry.

import { asInteger, asNumber, asText, compare, type Datum, type Fields, TYPE } from './datum.ts'
import { fail, failOperation } from './errors.ts'
import { type Call, withStep } from './evaluate.ts'
import { ELLIPSOIDS, type Ellipsoid, UNITS } from './geometry/ellipsoid.ts'
import {
  coordinatesOf,
  fromGeoJson,
  geometry,
  lineOf,
  pointOf,
  polygonOf,
  requireGeometry,
  requirePosition,
  shapeOf,
} from './geometry/shape.ts'
import { includes, intersects, nearestTo, type Position, type Shape, toPosition } from './geometry/sphere.ts'
import type { Index } from './index-entries.ts'
import { indexOf, tableOf } from './reading.ts'
import type { Operations } from './registry.ts'
import type { Table } from './store.ts'
import { plain, Selection, Special, Stream, type Val } from './values.ts'

const RESULTS_MAX = 100
const DISTANCE_MAX_METRES = 100_000

function ellipsoidOf(call: Call): Ellipsoid {
  const name = call.textOption('geo_system') ?? 'WGS84'
  const found = Object.hasOwn(ELLIPSOIDS, name) ? ELLIPSOIDS[name] : undefined
  return found ?? fail(`Unrecognized geo system \`${name}\` (valid options: "WGS84", "unit_sphere").`)
}

/** Metres of the unit asked for. */
function unitOf(call: Call): number {
  const name = call.textOption('unit') ?? 'm'
  const found = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined
  return found ?? fail(`Unrecognized distance unit \`${name}\`.`)
}

function integerOption(call: Call, name: string): number | undefined {
  const value = call.datumOption(name)
  return value === undefined ? undefined : asInteger(value)
}

function positions(call: Call): Position[] {
  return call.rest(0).map(pointOf)
}

function circle(call: Call): Val {
  const center = pointOf(call.datum(0))
  const radius = call.number(1) * unitOf(call)
  const ellipsoid = ellipsoidOf(call)
  const count = integerOption(call, 'num_vertices') ?? 32
  if (radius <= 0) fail('Radius must be positive.')
  if (count < 3) fail('num_vertices must be at least 3.')
  if (radius >= ellipsoid.quarter) {
    fail(
      'Radius must be smaller than a quarter of the circumference along the minor axis of the reference ellipsoid.  ' +
        `Got ${radius}m, but must be smaller than ${ellipsoid.quarter}m.`,
    )
  }
  const ring: Position[] = []
  for (let i = 0; i < count; i++) ring.push(ellipsoid.destination(center, -180 + (360 * i) / count, radius))
  const isFilled = call.boolOption('fill', true)
  return isFilled ? polygonOf(ring) : lineOf([...ring, ring[0]])
}

/** Units between two shapes, one of them a point. */
function measure(first: Shape, second: Shape, ellipsoid: Ellipsoid): number {
  const [point, other] = first.kind === 'Point' ? [first, second] : [second, first]
  if (point.kind !== 'Point') {
    return fail(
      'Currently distance can only be computed between a point and another geometry: one of the two must be a point.',
    )
  }
  return ellipsoid.distance(toPosition(point.at), toPosition(nearestTo(point.at, other)))
}

/** Of one geometry, an answer; of many, those that pass. */
function testing(test: (first: Fields, second: Fields) => boolean): (call: Call) => Val {
  return (call) => {
    const value = plain(call.first)
    const other = requireGeometry(call.datum(1))
    if (!(value instanceof Special) && !Array.isArray(value)) return test(requireGeometry(value), other)
    const apply = (one: Datum) => (test(requireGeometry(one), other) ? one : undefined)
    return withStep(call, value, { kind: 'filter', apply, isFixed: true }, true)
  }
}

function polygonShape(value: Fields): Extract<Shape, { kind: 'Polygon' }> {
  coordinatesOf(value, 'Polygon')
  return shapeOf(value) as Extract<Shape, { kind: 'Polygon' }>
}

function polygonSub(call: Call): Val {
  const [outer, inner] = [requireGeometry(call.datum(0)), requireGeometry(call.datum(1))]
  const rings = [outer, inner].map((one) => {
    const coordinates = coordinatesOf(one, 'Polygon') as Datum[]
    if (coordinates.length > 1) fail('Expected a Polygon with only an outer shell.  This one has holes.')
    return coordinates[0]
  })
  if (!includes(polygonShape(outer), shapeOf(inner))) {
    fail('The second argument to `polygon_sub` is not contained in the first one.')
  }
  return geometry('Polygon', rings)
}

function geoIndex(call: Call, term: string): { table: Table; index: Index } {
  const table = tableOf(call.first)
  const name = call.textOption('index')
  if (name === undefined) return fail(`${term} requires an index argument.`)
  if (name !== table.primaryKey) {
    const index = indexOf(table, name)
    if (index === undefined) return failOperation(`Index \`${name}\` was not found on table \`${table.label}\`.`)
    if (index.info.geo) return { table, index }
  }
  return fail(`Index \`${name}\` is not a geospatial index.  ${term} can only be used with a geospatial index.`)
}

function getIntersecting(call: Call): Val {
  const { table, index } = geoIndex(call, 'get_intersecting')
  const shape = shapeOf(requireGeometry(call.datum(1)))
  const entries = index.entries()
  let at = 0
  const pull = () => {
    while (at < entries.length) {
      const entry = entries[at++]
      if (!intersects(shapeOf(entry.key as Fields), shape)) continue
      const row = index.read(entry)
      if (row !== undefined) return row
    }
    return undefined
  }
  return new Selection(table, new Stream(pull))
}

function getNearest(call: Call): Val {
  const { index } = geoIndex(call, 'get_nearest')
  const center = requireGeometry(call.datum(1))
  coordinatesOf(center, 'Point')
  const ellipsoid = ellipsoidOf(call)
  const unit = unitOf(call)
  const most = integerOption(call, 'max_results') ?? RESULTS_MAX
  if (most <= 0) fail(`Parameter \`max_results\` must be positive (got ${most}).`)
  const given = call.datumOption('max_dist')
  const farthest = given === undefined ? DISTANCE_MAX_METRES : asNumber(given) * unit
  const found: { distance: number; primary: Datum; entry: Parameters<Index['read']>[0] }[] = []
  for (const entry of index.entries()) {
    const distance = measure(shapeOf(center), shapeOf(entry.key as Fields), ellipsoid)
    if (distance <= farthest) found.push({ distance, primary: entry.primary, entry })
  }
  found.sort((a, b) => a.distance - b.distance || compare(a.primary, b.primary))
  const hits: Datum[] = []
  for (const { distance, entry } of found.slice(0, most)) {
    const doc = index.read(entry)
    if (doc !== undefined) hits.push({ dist: distance / unit, doc })
  }
  return hits
}

export const terms: Operations = {
  point: (call) => geometry('Point', [...requirePosition(call.number(0), call.number(1))]),
  line: (call) => lineOf(positions(call)),
  polygon: (call) => polygonOf(positions(call)),
  circle,
  geojson: (call) => fromGeoJson(call.datum(0)),
  toGeojson: (call) => {
    const { [TYPE]: _, ...plain } = requireGeometry(call.datum(0))
    return plain
  },
  distance: (call) => {
    const [first, second] = [requireGeometry(call.datum(0)), requireGeometry(call.datum(1))]
    const ellipsoid = ellipsoidOf(call)
    return measure(shapeOf(first), shapeOf(second), ellipsoid) / unitOf(call)
  },
  fill: (call) => {
    const coordinates = coordinatesOf(requireGeometry(call.datum(0)), 'LineString') as Datum[]
    return polygonOf(coordinates.map(pointOf))
  },
  polygonSub,
  intersects: testing((first, second) => intersects(shapeOf(first), shapeOf(second))),
  includes: testing((first, second) => {
    const found = asText(first['type'])
    if (found !== 'Polygon') fail(`Expected geometry of type \`Polygon\` but found \`${found}\`.`)
    return includes(polygonShape(first), shapeOf(second))
  }),
  getIntersecting,
  getNearest,
}
