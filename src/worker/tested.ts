// Filters with functions: they stay in the page. The documents that the rest of the filter lets through come over with the fields it
// reads, are looked at here, and the worker gets the keys of those that match. What is written meanwhile may be missed, as by any query.

import { type Filter, matcherOf, treeFilter, treeOf } from '../engine/index.ts'

type Given = NonNullable<ReturnType<typeof treeOf>>
type Node = Given['tree']
type Values = Extract<Node, { readonly kind: 'in' }>['values']

/** Reads documents where the filter is to be used: fields of those that match. */
export type ReadFields = (options: object) => Promise<unknown>

/** Whether there is a filter with a function among the arguments, or one level inside of them. */
export function areTested(args: readonly unknown[]): boolean {
  return args.some((arg) => isTested(arg) || (isOptions(arg) && Object.values(arg).some(isTested)))
}

/** The arguments with filters in place of those, that hold for the same documents by their keys. */
export async function withoutTests(args: readonly unknown[], primaryKey: string, read: ReadFields): Promise<unknown[]> {
  return await Promise.all(
    args.map(async (arg) => {
      if (isTested(arg)) return await byKeys(arg as Filter, primaryKey, read, undefined)
      if (!isOptions(arg)) return arg
      const copy: Record<string, unknown> = { ...arg }
      for (const [name, one] of Object.entries(copy)) {
        if (isTested(one)) copy[name] = await byKeys(one as Filter, primaryKey, read, copy['partitions'])
      }
      return copy
    }),
  )
}

async function byKeys(filter: Filter, primaryKey: string, read: ReadFields, partitions: unknown): Promise<Filter> {
  const { tree, options } = treeOf(filter)!
  const rest = tree.kind === 'and' ? tree.of.filter((node) => !hasFunction(node)) : []
  const fields = [...new Set([primaryKey, ...fieldsOf(tree)])]
  const isSelectable = fields.every((name) => /^[^.]+$/.test(name))
  const documents = await read({
    ...(rest.length === 0 ? {} : { filter: treeFilter({ kind: 'and', of: rest }, options) }),
    ...(isSelectable ? { select: fields } : {}),
    ...(partitions === undefined ? {} : { partitions }),
  })
  const isMatch = await matcherOf(filter)
  const matching = (documents as Record<string, Values[number]>[]).filter(isMatch)
  const values = matching.map((document) => document[primaryKey]!)
  const operand = { kind: 'path', steps: [{ name: primaryKey, index: null }] } as const
  const isOfKeys: Node = values.length === 0 ? { kind: 'constant', value: false } : { kind: 'in', operand, values }
  return treeFilter({ kind: 'and', of: [...rest, isOfKeys] }, options)
}

function isTested(value: unknown): boolean {
  const given = treeOf(value)
  return given !== undefined && hasFunction(given.tree)
}

function hasFunction(node: unknown): boolean {
  if (typeof node === 'function') return true
  return isObject(node) && Object.values(node).some(hasFunction)
}

/** The first names of all paths in a tree; one that begins with a position has ''. */
function fieldsOf(node: unknown): string[] {
  if (!isObject(node)) return []
  const { kind, steps } = node as { kind?: unknown; steps?: readonly { readonly name: string | null }[] }
  if (kind === 'path' && Array.isArray(steps)) return [steps[0]?.name ?? '']
  return Object.values(node).flatMap(fieldsOf)
}

function isOptions(value: unknown): value is object {
  return isObject(value) && !Array.isArray(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
