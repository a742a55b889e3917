// Terms about secondary indexes and write hooks, whose functions a table keeps.

import { compareText } from '../../../query/index.ts'
import { isFixed } from '../check.ts'
import { asText, type Datum, type Fields } from '../datum.ts'
import { dropEngineIndex, fieldsOf, makeEngineIndex } from '../engine-index.ts'
import { fail, failOperation } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import { getHook, keptNode, keptTerm, setHook } from '../hooks.ts'
import { fromWire, type Node } from '../node.ts'
import type { Operations } from '../registry.ts'
import { save } from '../saving.ts'
import type { IndexInfo, Table } from '../store.ts'
import { T } from '../terms.ts'
import { Func, type Val, wrongKind } from '../values.ts'
import { tableOf } from './reading.ts'

const PREFIX = '$reql_index_function$'

/** The stored form of an index function, which must be deterministic and must not depend on the query around it. */
function functionWire(func: Func): { wire: unknown; node: Node } {
  const node = keptNode(func)
  if (node === undefined || !isFixed(node, false)) {
    fail('Could not prove function deterministic.  Index functions must be deterministic.')
  }
  return { wire: node.build(), node }
}

type IndexFunction = Pick<IndexInfo, 'wire' | 'multi' | 'geo' | 'query'>

/** The function of an index that is made without one: it reads the field of the index's name. */
function fieldFunction(call: Call, name: string): IndexFunction {
  const parameters = [T.MAKE_ARRAY, [1]]
  const wire = [T.FUNC, [parameters, [T.BRACKET, [[T.VAR, [1]], name]]]]
  const query = `function(var1) { return var1("${name}") }`
  return { wire, multi: call.boolOption('multi'), geo: call.boolOption('geo'), query }
}

/** The function that a call gives: as a function, or as the bytes that `index_status` answers, which keep the options. */
function givenFunction(call: Call): IndexFunction {
  const multi = call.boolOption('multi')
  const geo = call.boolOption('geo')
  const given = call.val(2)
  if (given instanceof Uint8Array) {
    const text = new TextDecoder().decode(given)
    if (!text.startsWith(PREFIX)) {
      fail(
        'Cannot create an sindex except from a reql_index_function returned from `index_status` in the field `function`.',
      )
    }
    const kept = JSON.parse(text.slice(PREFIX.length)) as IndexInfo
    keptTerm(kept.wire)
    return { wire: kept.wire, multi: kept.multi, geo: kept.geo, query: kept.query }
  }
  if (!(given instanceof Func)) return wrongKind('FUNCTION', given)
  const { wire, node } = functionWire(given)
  return { wire, multi, geo, query: node.print() }
}

function create(call: Call): Val {
  const table = tableOf(call.first)
  const name = call.text(1)
  if (name === table.primaryKey) fail(`Index name conflict: \`${name}\` is the name of the primary key.`)
  const info: IndexInfo = { name, ...(call.count === 3 ? givenFunction(call) : fieldFunction(call, name)) }
  const requireFree = (): void => {
    if (table.info.indexes.some((one) => one.name === name)) {
      failOperation(`Index \`${name}\` already exists on table \`${table.label}\`.`)
    }
  }
  const keep = (engine: string | undefined): Datum => {
    requireFree()
    table.info.indexes = [...table.info.indexes, engine === undefined ? info : { ...info, engine }]
    save(table.store, table.info)
    return { created: 1 }
  }
  if (fieldsOf(info) === undefined) return call.query.once(() => keep(undefined))
  return call.query.suspend(async () => {
    requireFree()
    const engine = await makeEngineIndex(table, info)
    try {
      return keep(engine)
    } catch (error) {
      // Another query has created one of this name in the meantime.
      await dropEngineIndex(table, { ...info, ...(engine === undefined ? {} : { engine }) })
      throw error
    }
  })
}

/** Changes the list of indexes, and drops the engine's indexes that are no longer in it. */
function altering(call: Call, table: Table, alter: () => { result: Datum; gone?: IndexInfo | undefined }): Val {
  const act = () => {
    const { result, gone } = alter()
    table.indexes.clear()
    save(table.store, table.info)
    return { result, gone }
  }
  if (table.info.indexes.every(({ engine }) => engine === undefined)) return call.query.once(() => act().result)
  return call.query.suspend(async () => {
    const { result, gone } = act()
    if (gone !== undefined) await dropEngineIndex(table, gone)
    return result
  })
}

function missing(table: Table, name: string): never {
  return failOperation(`Index \`${name}\` was not found on table \`${table.label}\`.`)
}

function statuses(call: Call): Val {
  const table = tableOf(call.first)
  const names = call.count === 1 ? table.info.indexes.map(({ name }) => name) : call.rest(1).map(asText)
  const list = [...new Set(names)].map((name): Fields => {
    const info = table.info.indexes.find((one) => one.name === name) ?? missing(table, name)
    const options = [info.multi ? 'multi: true' : '', info.geo ? 'geo: true' : ''].filter(Boolean)
    const source = fromWire(info.wire).print()
    return {
      index: name,
      ready: true,
      outdated: false,
      multi: info.multi,
      geo: info.geo,
      function: new TextEncoder().encode(PREFIX + JSON.stringify(info)),
      query: `indexCreate('${name}', ${source}${options.length === 0 ? '' : `, {${options.join(', ')}}`})`,
    }
  })
  return list.sort((a, b) => compareText(a.index as string, b.index as string))
}

export { countEngine, openIndex } from '../engine-index.ts'
export { indexOf } from '../index-entries.ts'

export const terms: Operations = {
  indexCreate: create,
  indexDrop(call) {
    const table = tableOf(call.first)
    const name = call.text(1)
    return altering(call, table, () => {
      const gone = table.info.indexes.find((one) => one.name === name)
      if (gone === undefined) failOperation(`Index \`${name}\` does not exist on table \`${table.label}\`.`)
      table.info.indexes = table.info.indexes.filter((one) => one !== gone)
      return { result: { dropped: 1 }, gone }
    })
  },
  indexList(call): Datum {
    const table = tableOf(call.first)
    return call.query.once(() => table.info.indexes.map(({ name }) => name).sort(compareText))
  },
  indexStatus: (call) => call.query.once(() => statuses(call)),
  indexWait: (call) => call.query.once(() => statuses(call)),
  indexRename(call) {
    const table = tableOf(call.first)
    const from = call.text(1)
    const to = call.text(2)
    const isOverwriting = call.boolOption('overwrite')
    for (const name of [from, to]) {
      if (name === table.primaryKey) fail(`Index name conflict: \`${name}\` is the name of the primary key.`)
    }
    return altering(call, table, () => {
      const { indexes } = table.info
      const info = indexes.find((one) => one.name === from)
      const taken = indexes.find((one) => one.name === to)
      if (info === undefined || (taken !== undefined && !isOverwriting && from !== to)) {
        failOperation(
          isOverwriting
            ? `Index \`${from}\` does not exist on table \`${table.label}\`.`
            : `Index \`${from}\` does not exist or index \`${to}\` already exists on table \`${table.label}\`.`,
        )
      }
      if (from === to) return { result: { renamed: 0 } }
      table.info.indexes = [...indexes.filter((one) => one !== taken && one !== info), { ...info, name: to }]
      return { result: { renamed: 1 }, gone: taken }
    })
  },
  setWriteHook: (call) => {
    const table = tableOf(call.first)
    return call.query.once(() => setHook(call, table))
  },
  getWriteHook: (call) => getHook(tableOf(call.first)),
}
