// What terms mean, beyond those of most programs: loaded in parts, when a query names one of theirs. Evaluation is synchronous, so
// whatever a query may come to is there before it begins; the functions of indexes and hooks are noted when a store is opened.

import type { Node } from './node.ts'
import { define, type Operations } from './registry.ts'
import { KINDS, T } from './terms.ts'

class Part<M extends { readonly terms: Operations } = { readonly terms: Operations }> {
  /** Undefined until it was loaded. */
  now: M | undefined
  readonly #import: () => Promise<M>
  /** What will be needed with it. */
  readonly #beside: AnyPart | undefined

  constructor(load: () => Promise<M>, beside?: AnyPart) {
    this.#import = load
    this.#beside = beside
  }

  async load(): Promise<void> {
    const [module] = await Promise.all([this.#import(), this.#beside?.load()])
    if (this.now === undefined) define(module.terms)
    this.now = module
  }
}

export type AnyPart = Pick<Part, 'now' | 'load'>

export const adminPart = new Part(() => import('./admin.ts'))
/** What reads answers row by row. */
export const cursorPart = new Part(() => import('./streamed.ts'))
export const collatePart = new Part(() => import('./collate.ts'), cursorPart)
export const feedPart = new Part(() => import('./changes.ts'))
export const selectPart = new Part(() => import('./sequences.ts'), cursorPart)
/** Loaded with the first table that has an index. */
export const indexPart = new Part(() => import('./indexes.ts'))

/** By the letter that the table of terms has for them. */
const PARTS: Readonly<Record<string, AnyPart>> = {
  a: adminPart,
  c: collatePart,
  d: new Part(() => import('./documents.ts')),
  f: feedPart,
  g: new Part(() => import('./geometry-terms.ts')),
  i: new Part(() => import('./times.ts')),
  j: new Part(() => import('./javascript.ts')),
  s: selectPart,
  t: new Part(() => import('./texts.ts')),
  w: new Part(() => import('./writes.ts')),
  x: indexPart,
}

/** Notes the part that a term needs, where it is not there yet. */
export function noteMissing(node: Node, missing: Set<AnyPart>): void {
  const { type, args } = node
  const part = PARTS[KINDS[type]?.part]
  if (part !== undefined && part.now === undefined) missing.add(part)
  // The system's database; a name that is computed may turn out to be its.
  if (type === T.DB && (args[0]?.type !== T.DATUM || args[0].value === 'rethinkdb')) noteSystem(missing)
}

export function noteSystem(missing: Set<AnyPart>): void {
  if (adminPart.now === undefined) missing.add(adminPart)
}

/** Notes all that a term and those inside of it need. */
export function noteAll(node: Node, missing: Set<AnyPart>): void {
  if (node.type === T.DATUM) return
  noteMissing(node, missing)
  for (const arg of node.args) noteAll(arg, missing)
  for (const name of Object.keys(node.optargs)) noteAll(node.optargs[name], missing)
}

/** Loads them side by side. */
export async function loadAll(missing: Iterable<AnyPart>): Promise<void> {
  await Promise.all(Array.from(missing, (part) => part.load()))
}
