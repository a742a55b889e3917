// Reads some fields of a document. Their positions are determined once per shape; where code may be generated from
// strings, the object is made in one step (maker.ts).

import { compileMaker, type Fields } from './maker.ts'

/** A path tree of a projection: the fields wanted of an object; an empty map means the whole value. */
export interface ProjectionTree extends Map<string, ProjectionTree> {}

/** The reader of one partition's records. */
export interface WordReader {
  /** The value of the word at an index of memory. */
  value(at: number): unknown
  /** Fields of an object; undefined if it has none of them, or the value is not an object. */
  within(at: number, projector: Projector): Fields | undefined
}

/** Returns undefined if none of the fields exist. */
export type CompiledProjection = (
  reader: WordReader,
  words: number,
  below: readonly (Projector | undefined)[],
) => Fields | undefined

/** A path tree, and what is known about it for the shapes of one partition. */
export class Projector {
  readonly names: readonly string[]
  /** For each name the tree below it; undefined where the whole value is wanted. */
  readonly below: readonly (Projector | undefined)[]
  readonly compiled: (CompiledProjection | undefined)[] = []
  /** Number of reads by shape. */
  readonly reads: number[] = []
  /** False if a name also exists in Object.prototype, and must be set with care. */
  readonly isPlain: boolean

  constructor(tree: ProjectionTree) {
    this.names = [...tree.keys()]
    this.below = [...tree.values()].map((below) => (below.size === 0 ? undefined : new Projector(below)))
    this.isPlain = !this.names.some((name) => name in Object.prototype)
  }
}

/** Equal for trees that want the same fields in the same order. */
export function treeText(tree: ProjectionTree): string {
  return JSON.stringify([...tree].map(([name, below]) => (below.size === 0 ? name : [name, treeText(below)])))
}

/** @param positions - the position of each name in the shape, or -1. */
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
