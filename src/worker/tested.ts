// Filters with functions, which stay in the page. Documents that pass the rest of the filter are sent over with the
// fields it reads and tested here, and the worker gets the keys of the matches. Concurrent writes may be missed, as by
// any query.

import { type Filter, matcherOf, treeFilter, treeOf } from '../engine/index.ts'
import type { Hole, Packed } from './protocol.ts'

type Given = NonNullable<ReturnType<typeof treeOf>>
type Node = Given['tree']
type Values = Extract<Node, { readonly kind: 'in' }>['values']

/** Reads the given fields of matching documents, where the filter will be used. */
export type ReadFields = (options: object) => Promise<unknown>

/** Whether this hole is a filter with a function. */
export function isTested([, kind, given]: Hole): boolean {
  return kind === 'tree' && hasFunction((given as Given).tree)
}

/** The arguments with such filters replaced by filters on the keys of the same documents. */
export async function withoutTests({ value, holes }: Packed, primaryKey: string, read: ReadFields): Promise<Packed> {
  const filled = holes.map(async (hole): Promise<Hole> => {
    if (!isTested(hole)) return hole
    const [path, kind, given] = hole
    const options = path.length > 1 ? (value as { readonly partitions?: unknown }[])[path[0] as number] : undefined
    return [path, kind, treeOf(await byKeys(given as Given, primaryKey, read, options?.partitions))]
  })
  return { value, holes: await Promise.all(filled) }
}

async function byKeys(given: Given, primaryKey: string, read: ReadFields, partitions: unknown): Promise<Filter> {
  const { tree, options } = given
  const rest = tree.kind === 'and' ? tree.of.filter((node) => !hasFunction(node)) : []
  const fields = [...new Set([primaryKey, ...fieldsOf(tree)])]
  const isSelectable = fields.every((name) => /^[^.]+$/.test(name))
  const documents = await read({
    ...(rest.length === 0 ? {} : { filter: treeFilter({ kind: 'and', of: rest }, options) }),
    ...(isSelectable ? { select: fields } : {}),
    ...(partitions === undefined ? {} : { partitions }),
  })
  const isMatch = await matcherOf(treeFilter(tree, options))
  const matching = (documents as Record<string, Values[number]>[]).filter(isMatch)
  const values = matching.map((document) => document[primaryKey]!)
  const operand = { kind: 'path', steps: [{ name: primaryKey, index: null }] } as const
  const isOfKeys: Node = values.length === 0 ? { kind: 'constant', value: false } : { kind: 'in', operand, values }
  return treeFilter({ kind: 'and', of: [...rest, isOfKeys] }, options)
}

function hasFunction(node: unknown): boolean {
  if (typeof node === 'function') return true
  return isObject(node) && Object.values(node).some(hasFunction)
}

/** The first names of all paths in a tree; '' for a path that begins with a position. */
function fieldsOf(node: unknown): string[] {
  if (!isObject(node)) return []
  const { kind, steps } = node as { kind?: unknown; steps?: readonly { readonly name: string | null }[] }
  if (kind === 'path' && Array.isArray(steps)) return [steps[0]?.name ?? '']
  return Object.values(node).flatMap(fieldsOf)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
