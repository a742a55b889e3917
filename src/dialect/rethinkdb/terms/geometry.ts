// Terms about geometry.

import {
  asInteger,
  asNumber,
  asText,
  compare,
  type Datum,
  type Fields,
  isGeometry,
  isObject,
  needField,
  printNumber,
  TYPE,
} from '../datum.ts'
import { fail, failOperation } from '../errors.ts'
import { type Call, withStep } from '../evaluate.ts'
import { requireObject } from '../fields.ts'
import { ELLIPSOIDS, type Ellipsoid, ellipsoid, UNITS } from '../geometry/ellipsoid.ts'
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
} from '../geometry/shape.ts'
import { includes, intersects, nearestTo, type Position, type Shape, toPosition, toVector } from '../geometry/sphere.ts'
import type { Index } from '../index-entries.ts'
import type { Operations } from '../registry.ts'
import type { Table } from '../store.ts'
import { plain, Selection, Special, Stream, type Val } from '../values.ts'
import { indexOf, tableOf } from './reading.ts'

const RESULTS_MAX = 100
const DISTANCE_MAX_METRES = 100_000

function ellipsoidOf(call: Call): Ellipsoid {
  const given = call.datumOption('geo_system') ?? 'WGS84'
  if (isObject(given)) {
    const [equatorial, flattening] = ['a', 'f'].map((name) => asNumber(needField(given, name)))
    if (equatorial <= 0) fail('The equator radius `a` must be positive.')
    if (flattening < 0 || flattening >= 1) fail('The flattening `f` must be in the range [0, 1).')
    return ellipsoid(equatorial, flattening)
  }
  const name = asText(given)
  const found = Object.hasOwn(ELLIPSOIDS, name) ? ELLIPSOIDS[name] : undefined
  return found ?? fail(`Unrecognized geo system "${name}" (valid options: "WGS84", "unit_sphere").`)
}

/** The requested unit in metres. */
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
  const isFilled = call.boolOption('fill', true)
  const count = integerOption(call, 'num_vertices') ?? 32
  if (count < 0) fail(`Integer too large: ${count}`)
  if (count === 0) fail('num_vertices must be positive.')
  const earth = ellipsoidOf(call)
  const unit = unitOf(call)
  const center = pointOf(call.datum(0))
  const radius = call.number(1) * unit
  if (radius <= 0) fail('Radius must be positive')
  if (radius >= earth.quarter) {
    fail(
      'Radius must be smaller than a quarter of the circumference along the minor axis of the reference ellipsoid.  ' +
        `Got ${printNumber(radius)}m, but must be smaller than ${printNumber(earth.quarter)}m.`,
    )
  }
  const ring: Position[] = []
  for (let i = 0; i < count; i++) ring.push(earth.destination(center, -180 + (360 * i) / count, radius))
  return isFilled ? polygonOf(ring) : lineOf([...ring, ring[0]])
}

/** The distance between two shapes, one of them a point. */
function measure(first: Shape, second: Shape, ellipsoid: Ellipsoid): number {
  const [point, other] = first.kind === 'Point' ? [first, second] : [second, first]
  if (point.kind !== 'Point') return fail(`Expected geometry of type \`Point\` but found \`${point.kind}\`.`)
  return ellipsoid.distance(toPosition(point.at), toPosition(nearestTo(point.at, other)))
}

/** For a single geometry, the answer; for a sequence, those that pass. */
function testing(test: (first: Fields, second: Fields) => boolean): (call: Call) => Val {
  return (call) => {
    const value = plain(call.first)
    const holds = (one: Datum) => {
      if (!isGeometry(one)) requireObject(one, call.name)
      return test(requireGeometry(one), call.as(1, requireGeometry))
    }
    if (!(value instanceof Special) && !Array.isArray(value)) return holds(value)
    const apply = (one: Datum) => {
      if (Array.isArray(one)) fail(`Cannot perform ${call.name} on a sequence of sequences.`)
      return one !== null && holds(one) ? one : undefined
    }
    return withStep(call, value, { kind: 'filter', apply, isFixed: true }, true)
  }
}

function polygonShape(value: Fields): Extract<Shape, { kind: 'Polygon' }> {
  coordinatesOf(value, 'Polygon')
  return shapeOf(value) as Extract<Shape, { kind: 'Polygon' }>
}

function polygonSub(call: Call): Val {
  const [outer, inner] = [call.as(0, requireGeometry), call.as(1, requireGeometry)]
  const rings = [outer, inner].map((one) => {
    const type = asText(needField(one, 'type'))
    if (type !== 'Polygon') fail(`Expected a Polygon but found a ${type}.`)
    const coordinates = needField(one, 'coordinates') as Datum[]
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
  if (name === table.primaryKey) fail(`${term} cannot use the primary index.`)
  const index = indexOf(table, name)
  if (index === undefined) return failOperation(`Index \`${name}\` was not found on table \`${table.label}\`.`)
  if (index.info.geo) return { table, index }
  return fail(`Index \`${name}\` is not a geospatial index.  ${term} can only be used with a geospatial index.`)
}

function getIntersecting(call: Call): Val {
  const { table, index } = geoIndex(call, 'get_intersecting')
  const shape = shapeOf(call.as(1, requireGeometry))
  const holds = (key: Datum) => intersects(shapeOf(key as Fields), shape)
  const open = () => {
    const next = index.entries().open()
    return () => {
      for (let entry = next(); entry !== undefined; entry = next()) {
        if (!holds(entry.key)) continue
        const row = index.read(entry)
        if (row !== undefined) return row
      }
      return undefined
    }
  }
  const stream = new Stream(open())
  stream.slice = { table, index: index.info.name, bounds: undefined, order: undefined, holds, open }
  return new Selection(table, stream)
}

function getNearest(call: Call): Val {
  const { index } = geoIndex(call, 'get_nearest')
  const center: Shape = { kind: 'Point', at: toVector(pointOf(call.datum(1))) }
  const ellipsoid = ellipsoidOf(call)
  const unit = unitOf(call)
  const given = call.datumOption('max_dist')
  const farthest = given === undefined ? DISTANCE_MAX_METRES : asNumber(given) * unit
  if (farthest <= 0) fail('max_dist must be positive.')
  const most = integerOption(call, 'max_results') ?? RESULTS_MAX
  if (most <= 0) fail('max_results must be positive.')
  const found: { distance: number; primary: Datum; entry: Parameters<Index['read']>[0] }[] = []
  const next = index.entries().open()
  for (let entry = next(); entry !== undefined; entry = next()) {
    const distance = measure(center, shapeOf(entry.key as Fields), ellipsoid)
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
    const { [TYPE]: _, ...plain } = call.as(0, requireGeometry)
    return plain
  },
  distance: (call) => {
    const [first, second] = [call.as(0, requireGeometry), call.as(1, requireGeometry)]
    const ellipsoid = ellipsoidOf(call)
    return measure(shapeOf(first), shapeOf(second), ellipsoid) / unitOf(call)
  },
  fill: (call) => {
    const coordinates = coordinatesOf(call.as(0, requireGeometry), 'LineString') as Datum[]
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
