// The relations that filters ask for, in terms of intersections.

import { Bands } from './bands.ts'
import { BOUNDARY, INSIDE, type Matrix, OUTSIDE, placeOf, relate, sideOf } from './relate.ts'
import { areBoxesApart, type Point, type Segment, Shape, segmentsOf } from './shape.ts'

type Relation = (matrix: Matrix, a: Shape, b: Shape) => boolean

const isMet = (matrix: Matrix) =>
  matrix.of(INSIDE, INSIDE) >= 0 ||
  matrix.of(INSIDE, BOUNDARY) >= 0 ||
  matrix.of(BOUNDARY, INSIDE) >= 0 ||
  matrix.of(BOUNDARY, BOUNDARY) >= 0

const isInside: Relation = (matrix) =>
  matrix.of(INSIDE, INSIDE) >= 0 && matrix.of(INSIDE, OUTSIDE) < 0 && matrix.of(BOUNDARY, OUTSIDE) < 0

const isAround: Relation = (matrix) =>
  matrix.of(INSIDE, INSIDE) >= 0 && matrix.of(OUTSIDE, INSIDE) < 0 && matrix.of(OUTSIDE, BOUNDARY) < 0

/** Relations by name, for geometries that share points or might. */
const RELATIONS: Readonly<Record<string, Relation>> = {
  st_intersects: isMet,
  st_within: isInside,
  st_contains: isAround,
  st_equals: (matrix, a, b) => a.dimension === b.dimension && isInside(matrix, a, b) && isAround(matrix, a, b),
  st_touches: (matrix) => isMet(matrix) && matrix.of(INSIDE, INSIDE) < 0,
  st_overlaps: (matrix, a, b) =>
    a.dimension === b.dimension &&
    matrix.of(INSIDE, OUTSIDE) >= 0 &&
    matrix.of(OUTSIDE, INSIDE) >= 0 &&
    (a.dimension === 1 ? matrix.of(INSIDE, INSIDE) === 1 : matrix.of(INSIDE, INSIDE) >= 0),
  st_crosses: (matrix, a, b) => {
    if (a.dimension === b.dimension) return a.dimension === 1 && matrix.of(INSIDE, INSIDE) === 0
    const beyond = a.dimension < b.dimension ? matrix.of(INSIDE, OUTSIDE) : matrix.of(OUTSIDE, INSIDE)
    return matrix.of(INSIDE, INSIDE) >= 0 && beyond >= 0
  },
}

/** Whether there is a relation of this name. */
export function isRelation(name: string): boolean {
  return Object.hasOwn(RELATIONS, name)
}

/** Whether `a` has this relation to `b`. An empty geometry has none. */
export function isRelated(name: string, a: Shape, b: Shape): boolean {
  if (a.dimension < 0 || b.dimension < 0 || areBoxesApart(a.box, b.box)) return false
  return RELATIONS[name]!(relate(a, b), a, b)
}

/** Metres. */
const EARTH_RADIUS = 6_371_000

/** Metres on a sphere between two places, each given as longitude and latitude. */
function arc([lonA, latA]: Point, [lonB, latB]: Point): number {
  const radians = Math.PI / 180
  const [dLat, dLon] = [(latB - latA) * radians, (lonB - lonA) * radians]
  const half = Math.sin(dLat / 2) ** 2 + Math.cos(latA * radians) * Math.cos(latB * radians) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_RADIUS * Math.atan2(Math.sqrt(half), Math.sqrt(1 - half))
}

/** The point of a segment nearest to a given point, on the plane. */
function nearestOn({ from, to }: Segment, [x, y]: Point): Point {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const at = Math.min(1, Math.max(0, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)))
  return [from[0] + at * dx, from[1] + at * dy]
}

/**
 * Whether two geometries of longitudes and latitudes are at most this many metres apart, measured where they are
 * nearest on the plane.
 */
export function isWithinDistance(a: Shape, b: Shape, metres: number): boolean {
  if (a.dimension < 0 || b.dimension < 0) return false
  if (isRelated('st_intersects', a, b)) return true
  const isNear = ({ corners }: Shape, { points, edges }: Shape) =>
    corners.some(
      (corner) =>
        points.some((point) => arc(corner, point) <= metres) ||
        edges.some((edge) => arc(corner, nearestOn(edge, corner)) <= metres),
    )
  return isNear(a, b) || isNear(b, a)
}

/** Whether no ring crosses itself or another ring of its polygon, and all holes are in their shells. */
export function isValid({ polygons }: Shape): boolean {
  return polygons.every((polygon) => {
    const edges = polygon.flatMap(segmentsOf).map((segment, place) => ({ ...segment, place }))
    const bands = new Bands(edges)
    const isCrossed = edges.some((one) => {
      let isOne = false
      bands.beside(one, (other) => {
        isOne ||= other.place > one.place && isCrossing(one, other)
      })
      return isOne
    })
    const shell = new Shape([], [], [[polygon[0]!]])
    return !isCrossed && polygon.slice(1).every((hole) => hole.every((point) => placeOf(point, shell) !== OUTSIDE))
  })
}

/** Whether two segments cross, or share more than a point. */
function isCrossing({ from: p, to: q }: Segment, { from: r, to: s }: Segment): boolean {
  const [sideP, sideQ, sideR, sideS] = [sideOf(r, s, p), sideOf(r, s, q), sideOf(p, q, r), sideOf(p, q, s)]
  if (sideP === 0 && sideQ === 0) {
    const axis = p[0] === q[0] ? 1 : 0
    const [from, to] = [
      Math.max(Math.min(p[axis], q[axis]), Math.min(r[axis], s[axis])),
      Math.min(Math.max(p[axis], q[axis]), Math.max(r[axis], s[axis])),
    ]
    return from < to
  }
  return sideP * sideQ < 0 && sideR * sideS < 0
}
