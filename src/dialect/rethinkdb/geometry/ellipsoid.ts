// Distances on the ground: geodesics of an ellipsoid, by Karney's algorithms (C. F. F. Karney, Algorithms for
// geodesics, J. Geodesy 87, 2013), which the server uses too.

import geodesy from 'geographiclib-geodesic'
import type { Position } from './sphere.ts'

export interface Ellipsoid {
  /** Metres from one point to another. */
  distance(from: Position, to: Position): number
  /** The point at a distance in metres, in a direction in degrees from north. */
  destination(from: Position, azimuth: number, distance: number): Position
  /** A quarter of the circumference of a circle with the polar radius, in metres. */
  readonly quarter: number
}

export function ellipsoid(equatorial: number, flattening: number): Ellipsoid {
  const { Geodesic } = geodesy.Geodesic
  const geodesic = new Geodesic(equatorial, flattening)
  return {
    distance: ([x, y], [u, v]) => geodesic.Inverse(y, x, v, u).s12 ?? 0,
    destination: ([x, y], azimuth, distance) => {
      const { lat2, lon2 } = geodesic.Direct(y, x, azimuth, distance)
      return [lon2 ?? 0, lat2 ?? 0]
    },
    quarter: (equatorial * (1 - flattening) * Math.PI) / 2,
  }
}

export const ELLIPSOIDS: Readonly<Record<string, Ellipsoid>> = {
  WGS84: ellipsoid(6_378_137, 1 / 298.257223563),
  unit_sphere: ellipsoid(1, 0),
}

/** Metres in each unit. */
export const UNITS: Readonly<Record<string, number>> = { m: 1, km: 1000, mi: 1609.344, nm: 1852, ft: 0.3048 }
