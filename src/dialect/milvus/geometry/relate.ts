// How two geometries relate: the nine intersections of their insides, boundaries and outsides, each with its dimension
// (M. Egenhofer and J. Herring, "Categorizing Binary Topological Relations", 1990; E. Clementini, "DE-9IM", 1993).
//
// Every segment of one geometry is cut where the other meets it. A piece between two cuts is on one side of the other
// geometry, so its middle stands for all of it; whether a piece lies on a segment of the other is known from cutting,
// not from where its middle was rounded to.

import { type Edge, type Point, placeKey, type Segment, type Shape } from './shape.ts'

export const INSIDE = 0
export const BOUNDARY = 1
export const OUTSIDE = 2
type Place = typeof INSIDE | typeof BOUNDARY | typeof OUTSIDE

/** Dimensions of the nine intersections, by place in the first and place in the second; -1 if empty. */
export class Matrix {
  readonly #dimensions = new Int8Array(9).fill(-1)

  of(a: Place, b: Place): number {
    return this.#dimensions[3 * a + b]!
  }

  raise(a: Place, b: Place, dimension: number): void {
    const at = 3 * a + b
    if (this.#dimensions[at]! < dimension) this.#dimensions[at] = dimension
  }
}

// Relative to the sum of the magnitudes: the largest error of three subtractions, two products and their difference.
const ROUNDING = 3.3306690738754716e-16

/** Above 0 if c is left of the way from a to b, 0 if the three are in line as far as doubles can tell. */
export function sideOf([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  const left = (bx - ax) * (cy - ay)
  const right = (by - ay) * (cx - ax)
  const side = left - right
  return Math.abs(side) <= ROUNDING * (Math.abs(left) + Math.abs(right)) ? 0 : side
}

/** Whether a point in line with a segment is on it. */
function isBetween([x, y]: Point, { from: [ax, ay], to: [bx, by] }: Segment): boolean {
  return x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by)
}

function isOn(point: Point, segment: Segment): boolean {
  return sideOf(segment.from, segment.to, point) === 0 && isBetween(point, segment)
}

/**
 * Whether a point that is on no ring is inside a polygon: an odd number of the ring segments at its height lie to its
 * right.
 */
function isWithin([x, y]: Point, segments: readonly Segment[]): boolean {
  let isOdd = false
  for (const { from, to } of segments) {
    if (from[1] > y === to[1] > y) continue
    if (sideOf(from, to, [x, y]) > 0 === to[1] > from[1]) isOdd = !isOdd
  }
  return isOdd
}

/** Whether a point is inside a shape, on its boundary or outside. */
export function placeOf(point: Point, shape: Shape): Place {
  let place: Place = OUTSIDE
  const isHere = (segment: Segment) => isOn(point, segment)
  for (const area of shape.areas) {
    const near = area.at(point[1])
    if (near.some(isHere)) place = BOUNDARY
    else if (isWithin(point, near)) return INSIDE
  }
  if (shape.paths.at(point[1]).some(isHere)) {
    if (!shape.ends.has(placeKey(point))) return INSIDE
    place = BOUNDARY
  }
  return shape.dots.has(placeKey(point)) ? INSIDE : place
}

/** A stretch of a segment that lies on an edge of the other geometry. */
interface Overlap {
  readonly from: number
  readonly to: number
  readonly edge: Edge
  readonly isSameWay: boolean
}

/** Relates two geometries, neither of them empty. */
export function relate(a: Shape, b: Shape): Matrix {
  const matrix = new Matrix()
  matrix.raise(OUTSIDE, OUTSIDE, 2)
  const nodes: Point[] = [...a.points, ...b.points]
  if (a.dimension > 0 && b.dimension > 0) {
    const raise = (x: Place, y: Place, dimension: number) => matrix.raise(x, y, dimension)
    cutEdges(a.edges, b, nodes, raise)
    cutEdges(b.edges, a, nodes, (y, x, dimension) => raise(x, y, dimension))
  } else {
    // Points take nothing away from lines and areas.
    for (const [shape, raise] of [
      [a, (place: Place, dimension: number) => matrix.raise(place, OUTSIDE, dimension)],
      [b, (place: Place, dimension: number) => matrix.raise(OUTSIDE, place, dimension)],
    ] as const) {
      if (shape.dimension > 0) raise(INSIDE, shape.dimension)
      if (shape.polygons.length > 0) raise(BOUNDARY, 1)
      for (const line of shape.lines) nodes.push(line[0]!, line.at(-1)!)
    }
  }
  // Lines and points cannot cover the inside of an area.
  if (a.dimension === 2 && b.dimension < 2) matrix.raise(INSIDE, OUTSIDE, 2)
  if (b.dimension === 2 && a.dimension < 2) matrix.raise(OUTSIDE, INSIDE, 2)
  for (const node of nodes) matrix.raise(placeOf(node, a), placeOf(node, b), 0)
  return matrix
}

/** Cuts edges by the other's and finds where their pieces lie. Adds the ends of the pieces to `nodes`. */
function cutEdges(
  edges: readonly Edge[],
  other: Shape,
  nodes: Point[],
  raise: (own: Place, other: Place, dimension: number) => void,
): void {
  const cuts: number[] = []
  const overlaps: Overlap[] = []
  for (const edge of edges) {
    cuts.length = 0
    overlaps.length = 0
    cuts.push(0, 1)
    nodes.push(edge.from, edge.to)
    const place = edge.isRing ? BOUNDARY : INSIDE
    other.bands.beside(edge, (one) => {
      if (meet(edge, one, cuts, overlaps)) raise(place, one.isRing ? BOUNDARY : INSIDE, 0)
    })
    cuts.sort((x, y) => x - y)
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1]!, cuts[i]!]
      if (from < to) placePiece(edge, (from + to) / 2, overlaps, other, raise)
    }
  }
}

/** Where two edges meet: adds cuts of the first and shared stretches. True if they cross between their ends. */
function meet(edge: Edge, other: Edge, cuts: number[], overlaps: Overlap[]): boolean {
  const [p, q, r, s] = [edge.from, edge.to, other.from, other.to]
  if (Math.max(p[0], q[0]) < Math.min(r[0], s[0]) || Math.max(r[0], s[0]) < Math.min(p[0], q[0])) return false
  if (Math.max(p[1], q[1]) < Math.min(r[1], s[1]) || Math.max(r[1], s[1]) < Math.min(p[1], q[1])) return false
  const [sideP, sideQ, sideR, sideS] = [sideOf(r, s, p), sideOf(r, s, q), sideOf(p, q, r), sideOf(p, q, s)]
  // Along the axis in which the edge is longer.
  const axis = Math.abs(q[0] - p[0]) >= Math.abs(q[1] - p[1]) ? 0 : 1
  const along = (point: Point) => (point[axis] - p[axis]) / (q[axis] - p[axis])
  if (sideP === 0 && sideQ === 0) {
    const [atR, atS] = [along(r), along(s)]
    const [from, to] = [Math.max(0, Math.min(atR, atS)), Math.min(1, Math.max(atR, atS))]
    if (from < to) overlaps.push({ from, to, edge: other, isSameWay: atR < atS })
    if (from <= to) cuts.push(from, to)
    return false
  }
  if (sideR === 0 && isBetween(r, edge)) cuts.push(along(r))
  if (sideS === 0 && isBetween(s, edge)) cuts.push(along(s))
  if (sideP === 0 || sideQ === 0 || sideR === 0 || sideS === 0) return false
  if (sideP > 0 === sideQ > 0 || sideR > 0 === sideS > 0) return false
  cuts.push(sideP / (sideP - sideQ))
  return true
}

function placePiece(
  edge: Edge,
  middle: number,
  overlaps: readonly Overlap[],
  other: Shape,
  raise: (own: Place, other: Place, dimension: number) => void,
): void {
  const { from, to, isRing } = edge
  const own = isRing ? BOUNDARY : INSIDE
  const on = overlaps.filter((one) => one.from <= middle && middle <= one.to)
  const point: Point = [from[0] + middle * (to[0] - from[0]), from[1] + middle * (to[1] - from[1])]
  const ring = on.find((one) => one.edge.isRing)
  const isInside = ring === undefined && other.areas.some((area) => isWithin(point, area.at(point[1])))
  const place = isInside || on.some((one) => !one.edge.isRing) ? INSIDE : ring === undefined ? OUTSIDE : BOUNDARY
  raise(own, place, 1)
  if (!isRing || other.dimension < 2) return
  // A ring has area on both sides: its own inside on the left, its outside on the right.
  if (ring !== undefined) {
    raise(INSIDE, ring.isSameWay ? INSIDE : OUTSIDE, 2)
    raise(OUTSIDE, ring.isSameWay ? OUTSIDE : INSIDE, 2)
  } else {
    raise(INSIDE, isInside ? INSIDE : OUTSIDE, 2)
    raise(OUTSIDE, isInside ? INSIDE : OUTSIDE, 2)
  }
}
