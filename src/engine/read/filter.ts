// Filters as the engine takes them: objects of the native language, or trees parsed from another language. Everything
// that takes a filter goes through `resolveFilter`.

import { TypeMismatchError, UnsupportedError } from '../../error/index.ts'
import type { compileFilter } from '../../query/filters.ts'
import type { CompiledFilter, CompileOptions, FilterNode } from '../../query/index.ts'
import { isObject } from '../merge.ts'
import { describe } from '../options.ts'
import { queriesPart } from '../parts.ts'
import { VERSION } from '../version.ts'

/** A filter: `{ lang: 'en', likes: { $gt: 10 } }`; `{}` matches every document. */
export type Filter = Readonly<Record<string, unknown>>

/**
 * Set on filters made by `treeFilter`, with the version of the package: an interface may come from another copy of it.
 */
const BRAND = Symbol.for('quiverdb.filter')

/** A tree in place of a native filter. */
class TreeFilter {
  readonly [BRAND] = VERSION
  readonly tree: FilterNode
  readonly options: CompileOptions
  #compiled: CompiledFilter | undefined

  constructor(tree: FilterNode, options: CompileOptions) {
    this.tree = tree
    this.options = options
  }

  /** Compiled once, so that a reused filter stays loaded in the partitions. */
  compiledBy(compile: typeof compileFilter): CompiledFilter {
    this.#compiled ??= compile(this.tree, this.options)
    return this.#compiled
  }
}

/** Whether it was made by `treeFilter`. @throws UnsupportedError when it was made by another version of the package. */
export function isTreeFilter(given: object): given is TreeFilter {
  const version = (given as Partial<TreeFilter>)[BRAND]
  if (version === undefined || version === VERSION) return version !== undefined
  throw new UnsupportedError(
    `the database is of quiverdb ${VERSION}, this interface of ${String(version)}: import both from one version`,
    { details: { feature: 'filters of another version', version: VERSION, given: version } },
  )
}

/**
 * A filter made from a tree, for languages other than the native one. It can be used wherever a filter can: in `find`,
 * `count`, `update`, `replace`, `delete`, `distinct`, `groupBy` and `search`. Reuse it where possible: it is compiled
 * once.
 *
 * @param tree - its constants are not copied and must not change. Nothing checks that strings are well-formed and
 * numbers finite.
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

/** The arguments of `treeFilter`, for a filter that it made; otherwise undefined. */
export function treeOf(filter: unknown): { readonly tree: FilterNode; readonly options: CompileOptions } | undefined {
  return typeof filter === 'object' && filter !== null && isTreeFilter(filter)
    ? { tree: filter.tree, options: filter.options }
    : undefined
}

const ALL: CompiledFilter = {
  tree: { kind: 'constant', value: true },
  program: undefined,
  hasProgram: false,
  residual: undefined,
  isNever: false,
  isFailMatch: false,
  matches: () => true,
}

/** Whether a filter has no conditions: then nothing has to be loaded for it. */
export function isAll(given: unknown): boolean {
  return given === undefined || (isObject(given) && !isTreeFilter(given) && Object.keys(given).length === 0)
}

/**
 * The filter of a call, ready to run.
 *
 * Unless `isAll` is true for it, the filter parser must be loaded: see `CollectionState.prepare`.
 *
 * @param given - a native filter, one made by `treeFilter`, or undefined for all documents.
 * @param operation - for messages: `find`, `count`.
 * @throws UsageError (UnknownOptionError, TypeMismatchError) naming the offending part, LimitError when it is too
 * large.
 */
export function resolveFilter(given: unknown, operation: string): CompiledFilter {
  if (isAll(given)) return ALL
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeMismatchError(`the filter of ${operation} is a plain object, got ${describe(given)}`)
  }
  const { compileFilter, parseFilter } = queriesPart.now!
  if (isTreeFilter(given)) return given.compiledBy(compileFilter)
  const tree = parseFilter(given)
  return tree.kind === 'and' && tree.of.length === 0 ? ALL : compileFilter(tree)
}

/** A function that tells whether a document in hand matches. */
export async function matcherOf(filter: Filter): Promise<(document: object) => boolean> {
  await queriesPart.load()
  return resolveFilter(filter, 'a filter').matches
}

/** Whether every document matches, whatever its content. */
export function isEverything(filter: CompiledFilter): boolean {
  return !filter.hasProgram && filter.residual === undefined && !filter.isNever
}
