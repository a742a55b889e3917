// Runs a query in process: checks its options, evaluates it, waits, and hands over the answer.

import { checkQuery } from './check.ts'
import { asInteger, type Datum } from './datum.ts'
import { Failure, fail, ReqlServerCompileError, told } from './errors.ts'
import { evaluate, toStream } from './evaluate.ts'
import { expression } from './expression.ts'
import { fieldTerms } from './fields.ts'
import { Node } from './node.ts'
import { type Formats, formatsOf, NATIVE, storedToNative, toNative } from './output.ts'
import { type AnyPart, collatePart, cursorPart, feedPart, loadAll, noteSystem } from './parts.ts'
import { guarded } from './promise.ts'
import { ARRAY_LIMIT, Query, Suspension, type Watched } from './query.ts'
import { quick } from './quick.ts'
import { define } from './registry.ts'
import { NO_RUN_OPTIONS } from './run.ts'
import type { Store } from './store.ts'
import { operatorTerms } from './terms/operators.ts'
import { readingTerms } from './terms/reading.ts'
import { camelCase, KINDS, snakeCase, T } from './terms.ts'
import { Db, Func, Grouped, Row, Special, type Val } from './values.ts'

// The terms that are always loaded.
for (const terms of [fieldTerms, operatorTerms, readingTerms]) define(terms)

/** The database whose tables are computed. */
const SYSTEM = 'rethinkdb'

const RUN_OPTIONS = new Set(
  [
    ...[
      'readMode',
      'timeFormat',
      'groupFormat',
      'binaryFormat',
      'durability',
      'noreply',
      'profile',
      'db',
      'arrayLimit',
    ],
    ...['changefeedQueueSize', 'minBatchRows', 'maxBatchRows', 'maxBatchBytes', 'maxBatchSeconds', 'useOutdated'],
    'firstBatchScaledownFactor',
  ].map(snakeCase),
)

const NO_OPTIONS: Readonly<Record<string, unknown>> = {}

/**
 * Runs a query. Most are answered synchronously: only those that wait for a disk, or create or drop a table, take
 * turns.
 */
export function execute(
  asked: Node,
  store: Store,
  db: string,
  given: Record<string, unknown>,
  watch?: (watched: Watched) => void,
): Promise<unknown> {
  const { loading } = store
  if (loading !== undefined)
    return taking(
      loading.then(() => execute(asked, store, db, given, watch)),
      store,
    )
  let node = asked
  try {
    const answer = given === NO_RUN_OPTIONS ? answered(node, store, db) : undefined
    if (answer !== undefined) return answer
    const options = optionsOf(given)
    const formats = options === NO_OPTIONS ? NATIVE : formatsOf(options)
    try {
      if (!node.isChecked) checkNumbers(node)
      node = withTermOptions(node, options)
      const query = queryOf(store, db, options)
      const missing = node.isChecked && query.db !== SYSTEM ? undefined : checked(node, query.db)
      if (missing !== undefined) return afterLoad(missing, store, () => execute(asked, store, db, given, watch))
      query.watch = watch
      query.root = node
      const value = evaluateSaved(node, query)
      if (value instanceof Suspension) return taking(executeSlowly(node, query, formats, options, value), store)
      if (query.waits.length > 0) return guarded(afterWaits(value, query, formats, node, options))
      return answerOf(value, query, formats, node, options)
    } catch (error) {
      throw told(error, node)
    }
  } catch (error) {
    return guarded(Promise.reject(error))
  }
}

/** Checks the query; returns the parts that it needs and that are not loaded, if any. */
function checked(node: Node, db: string): Set<AnyPart> | undefined {
  const missing = new Set<AnyPart>()
  checkQuery(node, missing)
  if (db === SYSTEM) noteSystem(missing)
  return missing.size === 0 ? undefined : missing
}

/** Proceeds once the parts are loaded. */
function afterLoad(missing: Set<AnyPart>, store: Store, proceed: () => Promise<unknown>): Promise<unknown> {
  return taking(store.hold(loadAll(missing)).then(proceed), store)
}

/** An answer that takes turns. */
function taking(answer: Promise<unknown>, store: Store): Promise<unknown> {
  const end = () => {
    store.underWay.delete(ended)
  }
  const ended: Promise<void> = answer.then(end, end)
  store.underWay.add(ended)
  return guarded(answer)
}

/** `quick`, with errors as the caller gets them. */
function answered(node: Node, store: Store, db: string): Promise<unknown> | undefined {
  try {
    return quick(node, store, db)
  } catch (error) {
    throw told(error, node)
  }
}

async function executeSlowly(
  node: Node,
  query: Query,
  formats: Formats,
  options: Readonly<Record<string, unknown>>,
  suspension: Suspension,
): Promise<unknown> {
  try {
    await passed(suspension, query)
    return await afterWaits(await settle(node, query), query, formats, node, options)
  } catch (error) {
    throw told(error, node)
  }
}

async function afterWaits(
  value: Val,
  query: Query,
  formats: Formats,
  node: Node,
  options: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  try {
    if (query.waits.length > 0) await Promise.all(query.waits)
    return await answerOf(value, query, formats, node, options)
  } catch (error) {
    throw told(error, node)
  }
}

function profiled(answer: unknown, options: Readonly<Record<string, unknown>>): unknown {
  return options.profile === true ? { profile: [], value: answer } : answer
}

/** The run options by their JavaScript names; always the same object if there are none. */
function optionsOf(given: Record<string, unknown>): Readonly<Record<string, unknown>> {
  let options: Record<string, unknown> | undefined
  for (const name in given) {
    options ??= {}
    options[camelCase(name)] = given[name]
  }
  return options ?? NO_OPTIONS
}

/** The query with term options that were given for the whole query: a term without its own takes them from there. */
function withTermOptions(node: Node, options: Readonly<Record<string, unknown>>): Node {
  let given: Record<string, Node> | undefined
  for (const name in options) {
    const wireName = snakeCase(name)
    if (options[name] === undefined || RUN_OPTIONS.has(wireName)) continue
    if (!KINDS.some((kind) => kind.options.includes(wireName))) {
      throw new Failure(ReqlServerCompileError, `Unrecognized global optional argument \`${wireName}\`.`)
    }
    given ??= {}
    given[wireName] = expression(options[name])
  }
  return given === undefined ? node : optioned(node, given)
}

function optioned(node: Node, given: Readonly<Record<string, Node>>): Node {
  if (node.type === T.DATUM) return node
  const { options = [] } = KINDS[node.type] ?? {}
  const optargs = [
    ...Object.entries(given).filter(([name]) => options.includes(name)),
    ...Object.entries(node.optargs).map(([name, own]): [string, Node] => [name, optioned(own, given)]),
  ]
  const args = node.args.map((arg) => optioned(arg, given))
  return new Node(node.type, args, optargs.length > 0 ? Object.fromEntries(optargs) : undefined)
}

/** Refuses the numbers that the driver would refuse to send. */
function checkNumbers(node: Node): void {
  if (node.type === T.DATUM) {
    if (!node.isPlain) node.build()
    return
  }
  for (const arg of node.args) checkNumbers(arg)
  for (const name of Object.keys(node.optargs)) checkNumbers(node.optargs[name])
}

function queryOf(store: Store, db: string, options: Readonly<Record<string, unknown>>): Query {
  const { arrayLimit = ARRAY_LIMIT, durability, db: own } = options
  const limit = asInteger(arrayLimit as Datum)
  if (limit < 1) fail(`Illegal array size limit \`${limit}\`.  (Must be >= 1.)`)
  return new Query(
    store,
    typeof own === 'string' ? own : db,
    limit,
    durability === undefined ? undefined : String(durability),
  )
}

/** The value of a query, answered once its changes to the catalog are on disk; or what it waits for. */
function evaluateSaved(node: Node, query: Query): Val | Suspension {
  const { store } = query
  const { saves } = store
  try {
    const value = evaluate(node, null, query)
    if (store.saves !== saves) query.wait(store.saved())
    return value
  } catch (error) {
    if (error instanceof Suspension) return error
    query.end?.()
    throw error
  }
}

function passed({ done, isForFeed }: Suspension, { watch }: Query): Promise<unknown> {
  if (!isForFeed || watch === undefined) return done
  return new Promise<void>((resolve, reject) => {
    const wait = { isOver: false, abort: reject }
    watch(wait)
    done.then(() => {
      wait.isOver = true
      resolve()
    })
  })
}

/** Evaluates, and again after each asynchronous step. */
async function settle(node: Node, query: Query): Promise<Val> {
  for (;;) {
    query.restart()
    const value = evaluateSaved(node, query)
    if (!(value instanceof Suspension)) return value
    await passed(value, query)
  }
}

/** The answer; if it is read row by row, loads what reads it. */
function answerOf(
  value: Val,
  query: Query,
  formats: Formats,
  node: Node,
  options: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  if (cursorPart.now === undefined && (Array.isArray(value) || value instanceof Special)) {
    return afterLoad(new Set([cursorPart]), query.store, () => afterWaits(value, query, formats, node, options))
  }
  const out = handOver(value, query, formats, node)
  if (!(value instanceof Special)) query.end?.()
  if (!(out instanceof Promise)) return Promise.resolve(profiled(out, options))
  return taking(
    query.store.hold(out).then(([cursor]) => profiled(cursor, options)),
    query.store,
  )
}

function handOver(value: Val, query: Query, formats: Formats, node: Node): unknown {
  query.isAnswered = true
  if (value instanceof Grouped) return collatePart.now!.groupsOut(value, query, formats)
  if (value instanceof Row) {
    const document = formats === NATIVE ? value.readStored() : undefined
    return document === undefined ? native(value.value, formats) : storedToNative(document)
  }
  if (!(value instanceof Special)) return native(value, formats)
  if (value instanceof Func || value instanceof Db) {
    fail(`Query result must be of type DATUM, GROUPED_DATA, or STREAM (got ${value.kind}).`)
  }
  if (value.kind === 'SELECTION' && value.typeName === 'SELECTION<ARRAY>') {
    return native((value as unknown as { source: Datum[] }).source, formats)
  }
  const stream = toStream(value)
  if (stream.feed !== undefined) {
    const feed = feedPart.now!.feedOf(stream, formats, (error) => told(error, node))
    query.watch?.(feed)
    return feed
  }
  return cursorPart.now!.cursorOf(stream, formats, (error) => told(error, node))
}

function native(value: Datum, formats: Formats): unknown {
  const answer = toNative(value, formats)
  return Array.isArray(answer) ? cursorPart.now!.readable(answer) : answer
}
