// Hits in the SDK's form: only the score and the output fields show; key, distance and entity are there on request.

import { type Key, type Projection, project } from '../read.ts'
import { put, type Row } from '../rows.ts'
import type { LongForm } from '../values.ts'
import type { Found } from './search.ts'

/** Names with a getter below: fields of these names are set as own properties. */
const GETTERS = new Set(['id', 'distance', 'entity'])

class BareHit {
  declare readonly score: number;
  [field: string]: unknown

  constructor(score: number) {
    this.score = score
  }

  get distance(): number {
    return this.score
  }

  /** Only the output fields. */
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

  /** The primary key, if it is not among the output fields. */
  get id(): unknown {
    return this.#id
  }
}

// A hit prints as the plain object that the SDK returns, and equals it under toStrictEqual.
for (const { prototype } of [BareHit, Hit]) {
  Object.defineProperty(prototype, 'constructor', { value: Object, writable: true, configurable: true })
}

/** Makes the hits of one search. */
export class HitMaker {
  readonly #projection: Projection
  readonly #long: LongForm
  /** Whether the hits have an `id` field of their own, and which other fields hide a getter. */
  readonly #hasId: boolean
  readonly #isShadowed: boolean
  readonly #decimals: number

  constructor(projection: Projection, long: LongForm, decimals: number) {
    this.#projection = projection
    this.#long = long
    this.#decimals = decimals
    const shadows = projection.parts.filter((part) => GETTERS.has(part.name))
    this.#hasId = shadows.length === 1 && shadows[0]!.name === 'id' && !shadows[0]!.isDynamic
    this.#isShadowed = shadows.length > 0 && !this.#hasId
  }

  make({ score, key, row, element }: Found): Row {
    const shown = this.#decimals < 0 ? score : truncated(score, this.#decimals)
    const hit = this.#hasId ? project(this.#projection, row, new BareHit(shown)) : this.#make(shown, key, row)
    if (element !== undefined) hit['offset'] = this.#long(element)
    return hit
  }

  #make(score: number, key: Key, stored: Row): Row {
    const hit = new Hit(score, typeof key === 'string' ? key : this.#long(key))
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

/** Makers of known projections; each projection belongs to one form of integers. */
const MAKERS = new WeakMap<Projection, HitMaker>()

export function hitMakerOf(projection: Projection, long: LongForm, decimals: number): HitMaker {
  if (decimals >= 0) return new HitMaker(projection, long, decimals)
  let maker = MAKERS.get(projection)
  if (maker === undefined) {
    maker = new HitMaker(projection, long, decimals)
    MAKERS.set(projection, maker)
  }
  return maker
}

/** Cuts decimals off, as the SDK does; never NaN. */
function truncated(score: number, decimals: number): number {
  const text = String(score)
  if (text.includes('e')) return Math.abs(score) < 1 ? 0 : score
  const [whole, fraction] = text.split('.')
  return fraction === undefined ? score : Number(`${whole}.${fraction.slice(0, decimals)}`) + 0
}
