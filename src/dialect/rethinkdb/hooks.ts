// How functions that outlive their query are kept: those of write hooks and indexes.

import { isFixed } from './check.ts'
import { type Datum, plain } from './datum.ts'
import { fail } from './errors.ts'
import { type Call, evaluate } from './evaluate.ts'
import { closed, fromWire, type Node } from './node.ts'
import { type AnyPart, loadAll, noteAll } from './parts.ts'
import { Suspension } from './query.ts'
import { save } from './saving.ts'
import type { Table } from './store.ts'
import { T } from './terms.ts'
import { asDatum, Func, type Scope, type Val, wrongKind } from './values.ts'

const PREFIX = '$reql_write_hook_function$'

/** The form in which a function is kept: its term, with the values it used from the surrounding query filled in. */
export function keptNode(func: Func): Node | undefined {
  const { node, scope } = func
  if (node === undefined || scope === null) return node
  return closed(node, (id) => {
    for (let at: Scope | null = scope; at !== null; at = at.outer) {
      const i = at.ids.indexOf(id)
      if (i >= 0) return fromWire(wireDatum(asDatum(at.values[i])))
    }
    return undefined
  })
}

/** A value in the protocol's form. */
function wireDatum(value: Datum): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return [T.MAKE_ARRAY, value.map(wireDatum)]
  return Object.fromEntries(Object.entries(plain(value)).map(([name, inner]) => [name, wireDatum(inner)]))
}

function requireHook(func: Func): Node {
  const node = keptNode(func)
  if (node === undefined || !isFixed(node, false)) {
    fail('Could not prove function deterministic.  Write hook functions must be deterministic.')
  }
  if (func.arity !== 3) fail('Write hook functions must expect 3 arguments.')
  return node
}

/** A kept function as a term; evaluation waits until what it needs is loaded. */
export function keptTerm(wire: unknown): Node {
  const node = fromWire(wire)
  const missing = new Set<AnyPart>()
  noteAll(node, missing)
  if (missing.size > 0) throw new Suspension(loadAll(missing))
  return node
}

export function setHook(call: Call, table: Table): Datum {
  const given: Val = call.val(1)
  const before = table.info.hook
  let next: Node | null = null
  if (given instanceof Uint8Array) {
    const text = new TextDecoder().decode(given)
    if (!text.startsWith(PREFIX)) {
      fail('Cannot create a write hook except from a reql_write_hook_function returned from `get_write_hook`.')
    }
    next = requireHook(evaluate(keptTerm(JSON.parse(text.slice(PREFIX.length))), null, call.query) as Func)
  } else if (given instanceof Func) next = requireHook(given)
  else if (given !== null) return wrongKind('FUNCTION', given)
  table.info.hook = next === null ? null : { wire: next.build(), query: `setWriteHook(${next.print()})` }
  table.hook = undefined
  save(table.store, table.info)
  return { [next === null ? 'deleted' : before === null ? 'created' : 'replaced']: 1 }
}

export function getHook(table: Table): Datum {
  const { hook } = table.info
  if (hook === null) return null
  return { function: new TextEncoder().encode(PREFIX + JSON.stringify(hook.wire)), query: hook.query }
}
