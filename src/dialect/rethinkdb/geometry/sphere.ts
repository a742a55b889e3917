// Points, lines and polygons on the unit sphere, with parts of great circles as edges, as the server sees them.
// Boundaries belong to what they bound.

/** A point as a unit vector. */
export type Vector = readonly [number, number, number]
/** Longitude and latitude, in degrees. */
export type Position = readonly [longitude: number, latitude: number]

export type Shape =
  | { readonly kind: 'Point'; readonly at: Vector }
  | { readonly kind: 'LineString'; readonly line: readonly Vector[] }
  /** The shell comes first, then the holes; each ends where it begins. */
  | { readonly kind: 'Polygon'; readonly rings: readonly (readonly Vector[])[] }

/** Angles below this (less than a tenth of a micrometre on the ground) count as zero. */
const TOLERANCE = 1e-14

// The operations and their order are those of S2, so that results match the server's to the last digit.

export function toVector([longitude, latitude]: Position): Vector {
  const [phi, theta] = [latitude * (Math.PI / 180), longitude * (Math.PI / 180)]
  const cosine = Math.cos(phi)
  return [Math.cos(theta) * cosine, Math.sin(theta) * cosine, Math.sin(phi)]
}

export function toPosition([x, y, z]: Vector): Position {
  return [Math.atan2(y, x) * (180 / Math.PI), Math.atan2(z, Math.sqrt(x * x + y * y)) * (180 / Math.PI)]
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function normalized(a: Vector): Vector {
  const length = Math.hypot(...a)
  return [a[0] / length, a[1] / length, a[2] / length]
}

/** The angle between two points. */
function angle(a: Vector, b: Vector): number {
  return Math.atan2(Math.hypot(...cross(a, b)), dot(a, b))
}

function isEqual(a: Vector, b: Vector): boolean {
  return a === b || angle(a, b) <= TOLERANCE
}

function isAntipodal(a: Vector, b: Vector): boolean {
  return isEqual(a, [-b[0], -b[1], -b[2]])
}

/** The point of an edge nearest to `point`. */
function nearestOn(point: Vector, a: Vector, b: Vector): Vector {
  const normal = cross(a, b)
  if (Math.hypot(...normal) === 0) return a
  const unit = normalized(normal)
  const height = dot(point, unit)
  const foot: Vector = [point[0] - height * unit[0], point[1] - height * unit[1], point[2] - height * unit[2]]
  if (Math.hypot(...foot) > TOLERANCE) {
    const at = normalized(foot)
    // Between a and b, seen from the pole of their great circle.
    if (dot(cross(unit, a), at) >= 0 && dot(cross(at, b), unit) >= 0) return at
  }
  return angle(point, a) <= angle(point, b) ? a : b
}

function isOnEdge(point: Vector, a: Vector, b: Vector): boolean {
  return isEqual(point, a) || isEqual(point, b) || angle(point, nearestOn(point, a, b)) <= TOLERANCE
}

type Edge = readonly [Vector, Vector]

function edgesOf(line: readonly Vector[]): Edge[] {
  return line.slice(1).map((end, i) => [line[i], end])
}

/**
 * How far an edge may leave the bounding box of its ends: its arc rises above their chord, and points nearly on it
 * count.
 */
function bulge([a, b]: Edge): number {
  const [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
  return 1 - Math.sqrt(Math.max(0, 1 - (x * x + y * y + z * z) / 4)) + TOLERANCE * 10
}

/**
 * Whether the boxes of two edges are disjoint: those of most pairs in a long line are, and a closer look takes 50 times
 * as long.
 */
function isApart(first: Edge, second: Edge): boolean {
  const room = bulge(first) + bulge(second)
  const [[a, b], [c, d]] = [first, second]
  for (let axis = 0; axis < 3; axis++) {
    if (Math.min(a[axis], b[axis]) > Math.max(c[axis], d[axis]) + room) return true
    if (Math.min(c[axis], d[axis]) > Math.max(a[axis], b[axis]) + room) return true
  }
  return false
}

/** Where two edges meet: their crossing, or the ends of one that lie on the other. */
function meetings(edge: Edge, other: Edge): Vector[] {
  if (isApart(edge, other)) return []
  const [[a, b], [c, d]] = [edge, other]
  const points: Vector[] = []
  for (const end of [a, b]) if (isOnEdge(end, c, d)) points.push(end)
  for (const end of [c, d]) if (isOnEdge(end, a, b)) points.push(end)
  if (points.length > 0) return points
  const [first, second] = [cross(a, b), cross(c, d)]
  const direction = cross(first, second)
  if (Math.hypot(...direction) < 1e-30) return []
  const at = normalized(direction)
  for (const candidate of [at, [-at[0], -at[1], -at[2]] as Vector]) {
    if (isBetween(candidate, a, b, first) && isBetween(candidate, c, d, second)) return [candidate]
  }
  return []
}

function isBetween(point: Vector, a: Vector, b: Vector, normal: Vector): boolean {
  return dot(cross(normal, a), point) > 0 && dot(cross(point, b), normal) > 0
}

enum Place {
  Outside = 0,
  Boundary = 1,
  Inside = 2,
}

/** Where a point lies relative to a ring, whose inside is the smaller of the two parts of the sphere. */
function placeInRing(point: Vector, ring: readonly Vector[]): Place {
  let turned = 0
  for (const [a, b] of edgesOf(ring)) {
    if (isOnEdge(point, a, b)) return Place.Boundary
    turned += turn(point, a, b)
  }
  // The winding around a point and around its antipode differ if the ring has more than half of the sphere on one side.
  const isAround = Math.abs(turned) > Math.PI
  if (!isAround) return Place.Outside
  return dot(point, centerOf(ring)) >= 0 ? Place.Inside : Place.Outside
}

/** The angle at `point` from the direction of `a` to that of `b`. */
function turn(point: Vector, a: Vector, b: Vector): number {
  const [left, right] = [cross(point, a), cross(point, b)]
  return Math.atan2(dot(point, cross(left, right)), dot(left, right))
}

function centerOf(ring: readonly Vector[]): Vector {
  let [x, y, z] = [0, 0, 0]
  for (const [a, b] of edgesOf(ring)) {
    x += a[0] + b[0]
    y += a[1] + b[1]
    z += a[2] + b[2]
  }
  return [x, y, z]
}

function placeIn(point: Vector, rings: readonly (readonly Vector[])[]): Place {
  const [shell, ...holes] = rings
  const place = placeInRing(point, shell)
  if (place !== Place.Inside) return place
  for (const hole of holes) {
    const inHole = placeInRing(point, hole)
    if (inHole === Place.Inside) return Place.Outside
    if (inHole === Place.Boundary) return Place.Boundary
  }
  return Place.Inside
}

/** The midpoints of the parts into which the edges of some rings cut an edge. */
function middles(edge: Edge, rings: readonly (readonly Vector[])[]): Vector[] {
  const [a, b] = edge
  const cuts = rings.flatMap((ring) => edgesOf(ring).flatMap((other) => meetings(edge, other)))
  const sorted = [a, ...cuts, b].sort((p, q) => angle(a, p) - angle(a, q))
  const found: Vector[] = []
  for (let i = 1; i < sorted.length; i++) {
    const [from, to] = [sorted[i - 1], sorted[i]]
    if (angle(from, to) > TOLERANCE * 4) found.push(normalized([from[0] + to[0], from[1] + to[1], from[2] + to[2]]))
  }
  return found
}

/** Whether two shapes have a point in common. */
export function intersects(a: Shape, b: Shape): boolean {
  if (a.kind === 'Point') {
    if (b.kind === 'Point') return isEqual(a.at, b.at)
    if (b.kind === 'LineString') return edgesOf(b.line).some(([from, to]) => isOnEdge(a.at, from, to))
    return placeIn(a.at, b.rings) !== Place.Outside
  }
  if (b.kind === 'Point') return intersects(b, a)
  const linesOf = (shape: Exclude<Shape, { kind: 'Point' }>) => (shape.kind === 'Polygon' ? shape.rings : [shape.line])
  const [left, right] = [linesOf(a).flatMap(edgesOf), linesOf(b).flatMap(edgesOf)]
  if (left.some((edge) => right.some((other) => meetings(edge, other).length > 0))) return true
  if (b.kind === 'Polygon' && placeIn(left[0][0], b.rings) !== Place.Outside) return true
  return a.kind === 'Polygon' && placeIn(right[0][0], a.rings) !== Place.Outside
}

/** Whether all of a shape lies in a polygon. */
export function includes(polygon: Extract<Shape, { kind: 'Polygon' }>, shape: Shape): boolean {
  const { rings } = polygon
  if (shape.kind === 'Point') return placeIn(shape.at, rings) !== Place.Outside
  const lines = shape.kind === 'Polygon' ? shape.rings : [shape.line]
  for (const line of lines) {
    if (line.some((point) => placeIn(point, rings) === Place.Outside)) return false
    for (const edge of edgesOf(line)) {
      if (middles(edge, rings).some((point) => placeIn(point, rings) === Place.Outside)) return false
    }
  }
  if (shape.kind !== 'Polygon') return true
  // No hole may open up inside the shape.
  return rings.slice(1).every((hole) => {
    const points = edgesOf(hole).flatMap((edge) => [edge[0], ...middles(edge, shape.rings)])
    return points.every((point) => placeIn(point, shape.rings) !== Place.Inside)
  })
}

/** The point of a shape nearest to `point`. */
export function nearestTo(point: Vector, shape: Shape): Vector {
  if (shape.kind === 'Point') return shape.at
  if (shape.kind === 'Polygon' && placeIn(point, shape.rings) !== Place.Outside) return point
  const lines = shape.kind === 'Polygon' ? shape.rings : [shape.line]
  let best: Vector | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [a, b] of lines.flatMap(edgesOf)) {
    const candidate = nearestOn(point, a, b)
    const distance = angle(point, candidate)
    if (distance >= least) continue
    least = distance
    best = candidate
  }
  return best!
}

/** Whether consecutive points are neither equal nor opposite each other. */
export function isValidLine(line: readonly Vector[]): boolean {
  return edgesOf(line).every(([a, b]) => !isEqual(a, b) && !isAntipodal(a, b))
}

/** Whether a closed line bounds an area: three or more distinct corners, and edges that meet only at their ends. */
export function isValidRing(ring: readonly Vector[]): boolean {
  const edges = edgesOf(ring)
  if (edges.length < 3 || !isValidLine(ring)) return false
  // Sweeps along an axis, so that an edge is compared only with those that overlap on it.
  const spans = edges.map((edge, i) => {
    const [a, b] = [edge[0][0], edge[1][0]]
    return { i, low: Math.min(a, b) - bulge(edge), high: Math.max(a, b) + bulge(edge) }
  })
  spans.sort((a, b) => a.low - b.low)
  for (let at = 0; at < spans.length; at++) {
    for (let next = at + 1; next < spans.length && spans[next].low <= spans[at].high; next++) {
      const [i, j] = [Math.min(spans[at].i, spans[next].i), Math.max(spans[at].i, spans[next].i)]
      const shared = j === i + 1 ? edges[j][0] : i === 0 && j === edges.length - 1 ? edges[0][0] : undefined
      const met = meetings(edges[i], edges[j])
      if (met.some((point) => shared === undefined || !isEqual(point, shared))) return false
    }
  }
  return true
}
