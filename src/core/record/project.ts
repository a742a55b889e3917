// Some fields of a document. Which of its words they are is worked out once for each shape; where code may be made from strings,
// as an object that is made at once (maker.ts).

import { compileMaker, type Fields } from './maker.ts'

/** One path tree of a projection: the fields wanted of an object; an empty map wants all of it. */
export interface ProjectionTree extends Map<string, ProjectionTree> {}

/** What the records of one partition are read by. */
export interface WordReader {
  /** The value whose word is the one at an index of memory. */
  value(at: number): unknown
  /** Fields of an object; undefined where there is none of them, or no object. */
  within(at: number, projector: Projector): Fields | undefined
}

/** Undefined where there is none of the fields. */
export type CompiledProjection = (
  reader: WordReader,
  words: number,
  below: readonly (Projector | undefined)[],
) => Fields | undefined

/** A path tree, and what is known of it for the shapes of one partition. */
export class Projector {
  readonly names: readonly string[]
  /** Of each name the tree below it; undefined where all of it is wanted. */
  readonly below: readonly (Projector | undefined)[]
  readonly compiled: (CompiledProjection | undefined)[] = []
  /** By shape: how often it was read. */
  readonly reads: number[] = []
  /** A name of Object.prototype's has to be put with care. */
  readonly isPlain: boolean

  constructor(tree: ProjectionTree) {
    this.names = [...tree.keys()]
    this.below = [...tree.values()].map((below) => (below.size === 0 ? undefined : new Projector(below)))
    this.isPlain = !this.names.some((name) => name in Object.prototype)
  }
}

/** The same for trees that want the same in the same order. */
export function treeText(tree: ProjectionTree): string {
  return JSON.stringify([...tree].map(([name, below]) => (below.size === 0 ? name : [name, treeText(below)])))
}

/** @param positions - of each name its place in the shape, or -1. */
export function compileProjection(projector: Projector, positions: readonly number[]): CompiledProjection {
  const { names, below } = projector
  const whole = (at: number) => `r.value(w + ${positions[at]})`
  const present = names.flatMap((_, at) => (positions[at]! < 0 ? [] : [at]))
  const nested = present.findIndex((at) => below[at] !== undefined)
  const first = nested < 0 ? present : present.slice(0, nested)
  const made = compileMaker(
    'r, w, b',
    first.map((at) => names[at]!),
    first.map(whole),
  ) as CompiledProjection
  if (nested < 0) return present.length > 0 ? made : () => undefined
  const lines = ['const o = m(r, w)', 'let f, some = false']
  for (const at of present.slice(nested)) {
    const field = `o[${JSON.stringify(names[at])}]`
    if (below[at] === undefined) lines.push(`${field} = ${whole(at)}`)
    else lines.push(`f = r.within(w + ${positions[at]}, b[${at}])`, `if (f !== undefined) ${field} = f, some = true`)
  }
  lines.push(present.some((at) => below[at] === undefined) ? 'return o' : 'return some ? o : undefined')
  return new Function('m', `return function (r, w, b) { ${lines.join('\n')} }`)(made) as CompiledProjection
}
