// Planar geometries, read from well-known text into the form that `relate` takes.

import { Bands } from './bands.ts'

export type Point = readonly [x: number, y: number]

/** A straight, directed piece of a line or ring. */
export interface Segment {
  readonly from: Point
  readonly to: Point
}

/** A polygon: its shell counter-clockwise and its holes clockwise, so that the inside is on the left of every segment. */
export type Polygon = readonly (readonly Point[])[]

/** A segment, and what it belongs to. */
export interface Edge extends Segment {
  readonly isRing: boolean
}

/** A point as a key of sets. */
export function placeKey([x, y]: Point): string {
  return `${x} ${y}`
}

export class Shape {
  readonly points: readonly Point[]
  readonly lines: readonly (readonly Point[])[]
  readonly polygons: readonly Polygon[]
  /** All points, including those of lines and rings. */
  readonly corners: readonly Point[]
  /** 0 for points, 1 for lines, 2 for areas; -1 if empty. */
  readonly dimension: number
  readonly box: Box
  #edges: readonly Edge[] | undefined
  #bands: Bands<Edge> | undefined
  #areas: readonly Bands<Segment>[] | undefined
  #paths: Bands<Segment> | undefined
  #ends: Set<string> | undefined
  #dots: Set<string> | undefined

  constructor(points: readonly Point[], lines: readonly (readonly Point[])[], polygons: readonly Polygon[]) {
    this.points = points
    this.lines = lines
    this.polygons = polygons
    this.corners = [...points, ...lines.flat(), ...polygons.flat(2)]
    this.dimension = polygons.length > 0 ? 2 : lines.length > 0 ? 1 : points.length > 0 ? 0 : -1
    this.box = boxOf(this.corners)
  }

  /** The edges of lines and rings. */
  get edges(): readonly Edge[] {
    this.#edges ??= [...edgesOf(this.lines, false), ...edgesOf(this.polygons.flat(), true)]
    return this.#edges
  }

  /** The edges, by height. */
  get bands(): Bands<Edge> {
    this.#bands ??= new Bands(this.edges)
    return this.#bands
  }

  /** The segments of each polygon. */
  get areas(): readonly Bands<Segment>[] {
    this.#areas ??= this.polygons.map((polygon) => new Bands(polygon.flatMap(segmentsOf)))
    return this.#areas
  }

  /** The segments of the lines. */
  get paths(): Bands<Segment> {
    this.#paths ??= new Bands(this.lines.flatMap(segmentsOf))
    return this.#paths
  }

  /** Where an odd number of line ends meet: the boundary of the lines. */
  get ends(): ReadonlySet<string> {
    if (this.#ends === undefined) {
      const ends = new Set<string>()
      for (const line of this.lines) {
        for (const end of [placeKey(line[0]!), placeKey(line.at(-1)!)]) if (!ends.delete(end)) ends.add(end)
      }
      this.#ends = ends
    }
    return this.#ends
  }

  /** The points. */
  get dots(): ReadonlySet<string> {
    this.#dots ??= new Set(this.points.map(placeKey))
    return this.#dots
  }
}

function edgesOf(paths: readonly (readonly Point[])[], isRing: boolean): Edge[] {
  return paths.flatMap(segmentsOf).map((one) => ({ ...one, isRing }))
}

export interface Box {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
}

interface Parts {
  readonly points: Point[]
  readonly lines: Point[][]
  readonly polygons: Point[][][]
}

/** Reads well-known text; ignores third and fourth coordinates. Undefined if the text is none. */
export function shapeOf(text: string): Shape | undefined {
  const parts: Parts = { points: [], lines: [], polygons: [] }
  try {
    const reader = new Reader(text)
    reader.geometry(parts)
    reader.end()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const polygons = parts.polygons.map((rings) => rings.map((ring, i) => directed(ring, i === 0)))
  return new Shape(parts.points, parts.lines, polygons)
}

function boxOf(points: readonly Point[]): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    minX = Math.min(minX, x)
    minY = Math.min(minY, y)
    maxX = Math.max(maxX, x)
    maxY = Math.max(maxY, y)
  }
  return { minX, minY, maxX, maxY }
}

export function areBoxesApart(a: Box, b: Box): boolean {
  return !(a.minX <= b.maxX && b.minX <= a.maxX && a.minY <= b.maxY && b.minY <= a.maxY)
}

/** A ring with its inside on the left or on the right. */
function directed(ring: Point[], isLeft: boolean): Point[] {
  let area = 0
  for (let i = 1; i < ring.length; i++) area += ring[i - 1]![0] * ring[i]![1] - ring[i]![0] * ring[i - 1]![1]
  return area > 0 === isLeft ? ring : ring.reverse()
}

export function isSame([ax, ay]: Point, [bx, by]: Point): boolean {
  return ax === bx && ay === by
}

/** The segments of a line or ring; none between equal points. */
export function segmentsOf(points: readonly Point[]): Segment[] {
  const segments: Segment[] = []
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!]
    if (!isSame(from, to)) segments.push({ from, to })
  }
  return segments
}

const TOKEN = /\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])/y
const COLLECTION_DEPTH_MAX = 32

class Reader {
  readonly #text: string
  #at: number
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#at = /^\s*SRID=\d+;/i.exec(text)?.[0].length ?? 0
  }

  #peek(): string {
    TOKEN.lastIndex = this.#at
    return TOKEN.exec(this.#text)?.[1] ?? ''
  }

  #take(): string {
    TOKEN.lastIndex = this.#at
    const token = TOKEN.exec(this.#text)?.[1]
    if (token === undefined) throw new SyntaxError('the text ends too early')
    this.#at = TOKEN.lastIndex
    return token
  }

  #expect(token: string): void {
    if (this.#take() !== token) throw new SyntaxError(`${token} is missing`)
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw new SyntaxError('something follows')
  }

  geometry(parts: Parts): void {
    const kind = this.#take().toUpperCase()
    if (/^(Z|M|ZM)$/i.test(this.#peek())) this.#take()
    if (this.#peek().toUpperCase() === 'EMPTY') {
      this.#take()
      if (!/^(MULTI)?(POINT|LINESTRING|POLYGON)$|^GEOMETRYCOLLECTION$/.test(kind)) throw new SyntaxError(kind)
      return
    }
    switch (kind) {
      case 'POINT':
        parts.points.push(...this.#line(1, 1))
        break
      case 'LINESTRING':
        parts.lines.push(this.#line(2))
        break
      case 'POLYGON':
        parts.polygons.push(this.#polygon())
        break
      case 'MULTIPOINT':
        this.#list(() => parts.points.push(this.#peek() === '(' ? this.#line(1, 1)[0]! : this.#point()))
        break
      case 'MULTILINESTRING':
        this.#list(() => parts.lines.push(this.#line(2)))
        break
      case 'MULTIPOLYGON':
        this.#list(() => parts.polygons.push(this.#polygon()))
        break
      case 'GEOMETRYCOLLECTION':
        if (++this.#depth > COLLECTION_DEPTH_MAX) throw new SyntaxError('nested too deeply')
        this.#list(() => this.geometry(parts))
        this.#depth--
        break
      default:
        throw new SyntaxError(kind)
    }
  }

  #list<T>(item: () => T): T[] {
    this.#expect('(')
    const items = [item()]
    while (this.#peek() === ',') {
      this.#take()
      items.push(item())
    }
    this.#expect(')')
    return items
  }

  #line(least: number, most = Infinity): Point[] {
    const points = this.#list(() => this.#point())
    if (points.length >= least && points.length <= most) return points
    throw new SyntaxError(`${points.length} points`)
  }

  #polygon(): Point[][] {
    return this.#list(() => {
      const ring = this.#line(4)
      if (!isSame(ring[0]!, ring.at(-1)!)) throw new SyntaxError('a ring is not closed')
      return ring
    })
  }

  #point(): Point {
    const coordinates: number[] = []
    while (/[\d.]/.test(this.#peek())) coordinates.push(Number(this.#take()))
    const [x, y] = coordinates
    const isWhole = coordinates.length <= 4 && coordinates.every(Number.isFinite)
    if (x === undefined || y === undefined || !isWhole) throw new SyntaxError('expected two coordinates')
    return [x, y]
  }
}
