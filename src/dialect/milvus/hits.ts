// Hits as the SDK gives them: the score and the output fields are all that shows; key, distance and entity are there for those who ask.

import { type Projection, project } from './read.ts'
import { put, type Row } from './rows.ts'

/** What has a getter below: fields of these names are set as own properties. */
const GETTERS = new Set(['id', 'distance', 'entity'])

class Hit {
  [field: string]: unknown
  readonly score: number
  readonly #id: unknown

  constructor(score: number, id: unknown) {
    this.score = score
    this.#id = id
  }

  /** The primary key, where it was not asked for. */
  get id(): unknown {
    return this.#id
  }

  get distance(): number {
    return this.score
  }

  /** The output fields alone. */
  get entity(): Row {
    const { score: _, ...fields } = this
    return fields
  }
}

/** How the hits of one search are made. */
export class HitMaker {
  readonly #projection: Projection
  readonly #long: (key: never) => unknown
  readonly #shadowed: boolean
  readonly #decimals: number

  constructor(projection: Projection, long: (key: never) => unknown, decimals: number) {
    this.#projection = projection
    this.#long = long
    this.#decimals = decimals
    this.#shadowed = projection.parts.some((part) => GETTERS.has(part.name))
  }

  make(score: number, key: unknown, stored: Row): Hit {
    const shown = this.#decimals < 0 ? score : truncated(score, this.#decimals)
    const hit = new Hit(shown, typeof key === 'string' ? key : this.#long(key as never))
    if (!this.#shadowed) return project(this.#projection, stored, hit) as Hit
    const fields = project(this.#projection, stored, {})
    for (const name of Object.keys(fields)) {
      if (!GETTERS.has(name)) put(hit, name, fields[name])
      else
        Object.defineProperty(hit, name, { value: fields[name], enumerable: true, writable: true, configurable: true })
    }
    return hit
  }
}

/** Cuts decimals off, as the SDK does; never NaN. */
export function truncated(score: number, decimals: number): number {
  const text = String(score)
  if (text.includes('e')) return Math.abs(score) < 1 ? 0 : score
  const [whole, fraction] = text.split('.')
  return fraction === undefined ? score : Number(`${whole}.${fraction.slice(0, decimals)}`) + 0
}
