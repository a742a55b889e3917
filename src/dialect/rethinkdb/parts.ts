// The terms that most programs do not use: loaded in parts, when a query names one. Evaluation is synchronous, so
// everything a query may need is loaded before it begins; the needs of index functions and hooks are noted when a store
// is opened.

import { Part } from '../../engine/index.ts'
import type { Node } from './node.ts'
import { define, type Operations } from './registry.ts'
import { KINDS, T } from './terms.ts'

export type AnyPart = Pick<Part<unknown>, 'now' | 'load'>

/** `beside`: a part that will be needed along with it. */
function termsPart<M extends { readonly terms: Operations }>(load: () => Promise<M>, beside?: AnyPart): Part<M> {
  return new Part(async () => {
    const module = await load()
    define(module.terms)
    return module
  }, beside)
}

export const adminPart = termsPart(() => import('./terms/admin.ts'))
/** Reads answers row by row. */
export const cursorPart = termsPart(() => import('./terms/streamed.ts'))
export const collatePart = termsPart(() => import('./terms/collate.ts'), cursorPart)
export const feedPart = termsPart(() => import('./terms/changes.ts'))
export const selectPart = termsPart(() => import('./terms/sequences.ts'), cursorPart)
/** Loaded with the first table that has an index. */
export const indexPart = termsPart(() => import('./terms/indexes.ts'))

/** Parts by their letter in the table of terms. */
const PARTS: Readonly<Record<string, AnyPart>> = {
  a: adminPart,
  c: collatePart,
  d: termsPart(() => import('./terms/documents.ts')),
  f: feedPart,
  g: termsPart(() => import('./terms/geometry.ts')),
  i: termsPart(() => import('./terms/times.ts')),
  j: termsPart(() => import('./terms/javascript.ts')),
  s: selectPart,
  t: termsPart(() => import('./terms/texts.ts')),
  w: termsPart(() => import('./terms/writes.ts')),
  x: indexPart,
}

/** Notes the part that a term needs, if it is not loaded. */
export function noteMissing(node: Node, missing: Set<AnyPart>): void {
  const { type, args } = node
  const part = PARTS[KINDS[type]?.part]
  if (part !== undefined && part.now === undefined) missing.add(part)
  // The system's database; a computed name may turn out to be this one.
  if (type === T.DB && (args[0]?.type !== T.DATUM || args[0].value === 'rethinkdb')) noteSystem(missing)
}

export function noteSystem(missing: Set<AnyPart>): void {
  if (adminPart.now === undefined) missing.add(adminPart)
}

/** Notes all parts that a term and its subterms need. */
export function noteAll(node: Node, missing: Set<AnyPart>): void {
  if (node.type === T.DATUM) return
  noteMissing(node, missing)
  for (const arg of node.args) noteAll(arg, missing)
  for (const name of Object.keys(node.optargs)) noteAll(node.optargs[name], missing)
}

/** Loads the parts in parallel. */
export async function loadAll(missing: Iterable<AnyPart>): Promise<void> {
  await Promise.all(Array.from(missing, (part) => part.load()))
}
