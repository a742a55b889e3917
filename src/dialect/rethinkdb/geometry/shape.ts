// Converts geometry between its three forms: GeoJSON, ReQL's pseudo-type (the same with a `$reql_type$`), and shapes on
// the sphere.

import {
  asArray,
  asNumber,
  asText,
  type Datum,
  type Fields,
  field,
  isObject,
  needField,
  printNumber,
  printShort,
  Time,
  TYPE,
  typeError,
} from '../datum.ts'
import { fail } from '../errors.ts'
import { isValidLine, isValidRing, type Position, type Shape, toVector } from './sphere.ts'

const SHORT_LINE = 'GeoJSON LineString must have at least two positions.'
const SHORT_RING = 'GeoJSON LinearRing must have at least four positions.'
const LINE = 'Invalid LineString.  Are there antipodal or duplicate vertices?'
const RING = 'Invalid LinearRing.  Are there antipodal or duplicate vertices? Is it self-intersecting?'

export function geometry(type: string, coordinates: Datum): Fields {
  return { [TYPE]: 'GEOMETRY', coordinates, type }
}

/** Longitude and latitude, checked. */
export function requirePosition(longitude: number, latitude: number): Position {
  if (!(longitude >= -180 && longitude <= 180)) {
    fail(`Longitude must be between -180 and 180.  Got ${printNumber(longitude)}.`)
  }
  if (!(latitude >= -90 && latitude <= 90)) {
    fail(`Latitude must be between -90 and 90.  Got ${printNumber(latitude)}.`)
  }
  return [longitude, latitude]
}

function positionOf(value: Datum): Position {
  const pair = asArray(value)
  if (pair.length < 2) fail('Too few coordinates.  Need at least longitude and latitude.')
  if (pair.length > 3) {
    fail(`Too many coordinates.  GeoJSON position should have no more than three coordinates, but got ${pair.length}.`)
  }
  if (pair.length === 3) fail('A third altitude coordinate in GeoJSON positions was found, but is not supported.')
  return requirePosition(asNumber(pair[0]), asNumber(pair[1]))
}

/** A point given as geometry or as a pair of numbers. */
export function pointOf(value: Datum): Position {
  if (isObject(value) && value[TYPE] === 'GEOMETRY') return positionOf(coordinatesOf(value, 'Point'))
  const pair = asArray(value)
  if (pair.length !== 2) {
    fail(`Expected point coordinate pair.  Got ${pair.length} element array instead of a 2 element one.`)
  }
  return positionOf(pair)
}

/** The coordinates of a geometry that must be of the given type. */
export function coordinatesOf(value: Fields, type: string): Datum {
  const found = asText(needField(value, 'type'))
  if (found !== type) fail(`Expected geometry of type \`${type}\` but found \`${found}\`.`)
  return needField(value, 'coordinates')
}

/** Returns a geometry value; fails for anything else. */
export function requireGeometry(value: Datum): Fields {
  if (isObject(value) && value[TYPE] === 'GEOMETRY') return value
  return fail(`Not a GEOMETRY pseudotype: \`${printShort(value)}\`.`)
}

/** A line through positions, checked. */
export function lineOf(positions: readonly Position[]): Fields {
  if (positions.length < 2) fail(SHORT_LINE)
  if (!isValidLine(positions.map(toVector))) fail(LINE)
  return geometry(
    'LineString',
    positions.map((position) => [...position]),
  )
}

/** A polygon from positions, which are closed if necessary. */
export function polygonOf(positions: readonly Position[]): Fields {
  const ring = closed(positions)
  if (ring.length < 4) fail(SHORT_RING)
  if (!isValidRing(ring.map(toVector))) fail(RING)
  return geometry('Polygon', [ring.map((position) => [...position])])
}

function closed(positions: readonly Position[]): Position[] {
  const [first, last] = [positions[0], positions.at(-1)!]
  const isClosed = first[0] === last[0] && first[1] === last[1]
  return isClosed ? [...positions] : [...positions, first]
}

/** Checks GeoJSON and returns it as geometry. */
export function fromGeoJson(value: Datum): Fields {
  if (value instanceof Time || (isObject(value) && Object.hasOwn(value, TYPE))) {
    fail(`GeoJSON object already had a ${TYPE} field.`)
  }
  if (!isObject(value)) return typeError(value, 'OBJECT')
  const type = asText(needField(value, 'type'))
  needField(value, 'coordinates')
  for (const name of Object.keys(value)) {
    if (!['type', 'coordinates', 'crs', 'bbox', TYPE].includes(name)) {
      fail(`Unrecognized field \`${name}\` found in geometry object.`)
    }
  }
  const crs = field(value, 'crs')
  if (crs !== undefined && crs !== null) {
    fail(
      'Non-default coordinate reference systems are not supported in GeoJSON objects.  Make sure the `crs` field of the ' +
        'geometry is null or non-existent.',
    )
  }
  if (/^(Multi(Point|LineString|Polygon)|GeometryCollection|Feature(Collection)?)$/.test(type)) {
    fail(`GeoJSON type \`${type}\` is not supported.`)
  }
  shapeOf(value)
  const { bbox: _, ...kept } = value
  return { ...kept, [TYPE]: 'GEOMETRY' }
}

const SHAPES = new WeakMap<object, Shape>()

/** A geometry on the sphere, checked. */
export function shapeOf(value: Fields): Shape {
  let shape = SHAPES.get(value)
  if (shape === undefined) {
    shape = build(value)
    SHAPES.set(value, shape)
  }
  return shape
}

function build(value: Fields): Shape {
  const type = asText(needField(value, 'type'))
  const coordinates = needField(value, 'coordinates')
  if (type === 'Point') return { kind: type, at: toVector(positionOf(coordinates)) }
  if (type === 'LineString') {
    const positions = asArray(coordinates).map(positionOf)
    if (positions.length < 2) fail(SHORT_LINE)
    const line = positions.map(toVector)
    if (!isValidLine(line)) fail(LINE)
    return { kind: type, line }
  }
  if (type !== 'Polygon') return fail(`Unrecognized GeoJSON type \`${type}\`.`)
  const rings = asArray(coordinates).map((given) => {
    const positions = asArray(given).map(positionOf)
    if (positions.length < 4) fail(SHORT_RING)
    const [first, last] = [positions[0], positions.at(-1)!]
    if (first[0] !== last[0] || first[1] !== last[1]) {
      fail('First and last vertex of GeoJSON LinearRing must be identical.')
    }
    const ring = positions.map(toVector)
    // One object for the corner that appears twice.
    ring[ring.length - 1] = ring[0]
    if (!isValidRing(ring)) fail(RING)
    return ring
  })
  if (rings.length === 0) fail('Expected at least one linear ring in a polygon.')
  return { kind: type, rings }
}
