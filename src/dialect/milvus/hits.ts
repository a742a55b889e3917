// Hits as the SDK gives them: the score and the output fields are all that shows; key, distance and entity are there for those who ask.

import { type Projection, project } from './read.ts'
import { put, type Row } from './rows.ts'

/** What has a getter below: fields of these names are set as own properties. */
const GETTERS = new Set(['id', 'distance', 'entity'])

class BareHit {
  [field: string]: unknown
  readonly score: number

  constructor(score: number) {
    this.score = score
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

class Hit extends BareHit {
  readonly #id: unknown

  constructor(score: number, id: unknown) {
    super(score)
    this.#id = id
  }

  /** The primary key, where it was not asked for. */
  get id(): unknown {
    return this.#id
  }
}

/** A hit of a search that asks for a field `id`. */
class HitWithId extends BareHit {
  id: unknown = undefined
}

/** How the hits of one search are made. */
export class HitMaker {
  readonly #projection: Projection
  readonly #long: (key: never) => unknown
  readonly #hasId: boolean
  readonly #isShadowed: boolean
  readonly #decimals: number

  constructor(projection: Projection, long: (key: never) => unknown, decimals: number) {
    this.#projection = projection
    this.#long = long
    this.#decimals = decimals
    const shadows = projection.parts.filter((part) => GETTERS.has(part.name))
    this.#hasId = shadows.length === 1 && shadows[0]!.name === 'id' && !shadows[0]!.isDynamic
    this.#isShadowed = shadows.length > 0 && !this.#hasId
  }

  /** @param element - which struct of an array it is, where each is a hit of its own. */
  make(score: number, key: unknown, stored: Row, element?: number): Row {
    const hit = this.#make(score, key, stored)
    if (element !== undefined) hit['offset'] = this.#long(element as never)
    return hit
  }

  #make(score: number, key: unknown, stored: Row): Row {
    const shown = this.#decimals < 0 ? score : truncated(score, this.#decimals)
    if (this.#hasId) return project(this.#projection, stored, new HitWithId(shown))
    const hit = new Hit(shown, typeof key === 'string' ? key : this.#long(key as never))
    if (!this.#isShadowed) return project(this.#projection, stored, hit)
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
