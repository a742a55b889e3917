// Filters as the engine takes them: objects of the native language, or trees that another language was parsed to. Everything that
// takes a filter goes through `resolveFilter`.

import { TypeMismatchError } from '../error/index.ts'
import {
  type CompiledFilter,
  type CompileOptions,
  compileFilter,
  EVERYTHING,
  type FilterNode,
  parseFilter,
} from '../query/index.ts'
import { describe } from './options.ts'

/** A filter: `{ lang: 'en', likes: { $gt: 10 } }`; `{}` matches every document. */
export type Filter = Readonly<Record<string, unknown>>

/** A tree in the place of a native filter. */
class TreeFilter {
  readonly tree: FilterNode
  readonly options: CompileOptions
  #compiled: CompiledFilter | undefined

  constructor(tree: FilterNode, options: CompileOptions) {
    this.tree = tree
    this.options = options
  }

  /** Compiled once, so that what is used again and again stays loaded in the partitions. */
  get compiled(): CompiledFilter {
    this.#compiled ??= compileFilter(this.tree, this.options)
    return this.#compiled
  }
}

/**
 * A filter made of a tree, for languages other than the native one. It may stand wherever a filter may: in `find`, `count`,
 * `update`, `replace`, `delete`, `distinct`, `groupBy` and `search`. It can be used many times, and should be where it can: it is
 * compiled once.
 *
 * @param tree - constants in it are not copied; they must not change. Nothing checks that strings are well-formed and numbers finite.
 * @param options.isFailMatch - whether a document on which the filter failed matches; see `absent: 'fail'` in the tree.
 *
 * @example
 * ```ts
 * const longer = treeFilter({
 *   kind: 'compare',
 *   operator: 'gt',
 *   left: { kind: 'path', steps: parsePath('length') },
 *   right: { kind: 'constant', value: 10 },
 * })
 * await posts.find({ filter: longer }).toArray()
 * await posts.delete(longer)
 * ```
 */
export function treeFilter(tree: FilterNode, options: CompileOptions = {}): Filter {
  return new TreeFilter(tree, options) as unknown as Filter
}

/** What `treeFilter` was given, for a filter that it made; undefined for everything else. */
export function treeOf(filter: unknown): { readonly tree: FilterNode; readonly options: CompileOptions } | undefined {
  return filter instanceof TreeFilter ? { tree: filter.tree, options: filter.options } : undefined
}

const ALL = compileFilter(EVERYTHING)

/**
 * What a call was given as its filter, ready to run.
 *
 * @param given - a native filter, one that `treeFilter` made, or undefined for all documents.
 * @param operation - for messages: `find`, `count`.
 * @throws UsageError (UnknownOptionError, TypeMismatchError) naming the offending part, LimitError when it is too large.
 */
export function resolveFilter(given: unknown, operation: string): CompiledFilter {
  if (given === undefined) return ALL
  if (given instanceof TreeFilter) return given.compiled
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeMismatchError(`the filter of ${operation} is a plain object, got ${describe(given)}`)
  }
  const tree = parseFilter(given)
  return tree.kind === 'and' && tree.of.length === 0 ? ALL : compileFilter(tree)
}

/** Whether every document matches, whatever is in it. */
export function isEverything(filter: CompiledFilter): boolean {
  return !filter.hasProgram && filter.residual === undefined && !filter.isNever
}
