// The driver's promises are Bluebird's, and programs call their methods: `.error(handler)` after a query,
// `.catch(Class, handler)`, `.spread`, `.nodeify(callback)`. Ours are native promises with these methods, also on
// derived promises. An unhandled rejection is printed, where a native one ends a Node process: programs create tables
// at every start, and ignore the answers.

import { clearTimeout, setTimeout } from '../../engine/index.ts'
import { QuiverError, TimeoutError } from '../../error/index.ts'
import { ReqlError } from './errors.ts'
import { endsOfRejections } from './host.ts'

type Handler = (...args: unknown[]) => unknown
type NodeCallback = (error: unknown, ...values: unknown[]) => void

/** The value that a chain was bound to: `this` of its handlers. */
const BOUND = new WeakMap<object, unknown>()
/** What `bind` was called on: its handlers are called in the same turn, not in the next. */
const SOURCES = new WeakMap<object, Promise<unknown>>()

/** Whether `.error` takes it: a refusal of a query does, an error thrown by a handler does not. */
function isOperational(reason: unknown): boolean {
  if (reason instanceof ReqlError || reason instanceof QuiverError) return true
  return typeof reason === 'object' && reason !== null && (reason as { isOperational?: unknown }).isOperational === true
}

/**
 * Whether a reason matches one of the filters of `.catch`: error classes, predicates, or objects whose fields it has.
 */
function fits(reason: unknown, filters: readonly unknown[]): boolean {
  return filters.some((filter) => {
    if (typeof filter !== 'function') {
      const fields = Object.entries((filter ?? {}) as object)
      return fields.every(([name, value]) => (reason as Record<string, unknown> | undefined)?.[name] === value)
    }
    const isClass = filter === Error || filter.prototype instanceof Error
    return isClass ? reason instanceof filter : Boolean(filter(reason))
  })
}

type Bluebird = Promise<unknown> & Record<string, (...args: unknown[]) => Bluebird>

/** All of `values`, with promises resolved. */
function allOf(values: unknown): Promise<unknown[]> {
  return Promise.all(values as Iterable<unknown>)
}

/** Runs at most `atOnce` calls of `handler` at a time; answers are in the order of the values. */
async function mapped(values: unknown, handler: Handler, atOnce = Infinity): Promise<unknown[]> {
  const list = await allOf(values)
  const answers = new Array<unknown>(list.length)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < list.length) {
      const i = next++
      answers[i] = await handler(list[i], i, list.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, work))
  return answers
}

/** Nobody can catch a callback's failure: it ends the process, as in any callback. */
function throwLater(error: unknown): void {
  setTimeout(() => {
    throw error
  }, 0)
}

/** `then` of a promise that may be bound. */
function attached(promise: Bluebird, onValue?: Handler | null, onReason?: Handler | null): Promise<unknown> {
  const source = SOURCES.get(promise)
  if (source !== undefined) (promise as { [TAKEN]?: boolean })[TAKEN] = true
  return Promise.prototype.then.call(source ?? promise, onValue, onReason)
}

const METHODS: Record<string, (this: Bluebird, ...args: never[]) => unknown> = {
  // biome-ignore lint/suspicious/noThenProperty: these are promises
  then(this: Bluebird, onValue?: Handler | null, onReason?: Handler | null) {
    const bound = BOUND.get(this)
    const chained =
      bound === undefined
        ? attached(this, onValue, onReason)
        : attached(this, onValue?.bind?.(bound), onReason?.bind?.(bound))
    if (bound !== undefined) BOUND.set(chained, bound)
    return guarded(chained)
  },
  catch(this: Bluebird, ...args: unknown[]) {
    const handler = args.pop() as Handler
    if (args.length === 0) return this.then(undefined, handler)
    return this.then(undefined, function (this: unknown, reason: unknown) {
      if (fits(reason, args)) return handler.call(this, reason)
      throw reason
    })
  },
  error(this: Bluebird, handler: Handler) {
    return METHODS.catch.call(this, ...([isOperational, handler] as never[]))
  },
  nodeify(this: Bluebird, callback?: NodeCallback | null, options?: { spread?: boolean }) {
    if (typeof callback !== 'function') return this
    const tell = (...args: [unknown, ...unknown[]]) => {
      try {
        callback.apply(BOUND.get(this), args)
      } catch (error) {
        throwLater(error)
      }
    }
    attached(
      this,
      (value) => {
        if (options?.spread && Array.isArray(value)) tell(null, ...value)
        else if (value === undefined) tell(null)
        else tell(null, value)
      },
      tell,
    )
    return this
  },
  done(this: Bluebird, onValue?: Handler, onReason?: Handler) {
    Promise.prototype.then.call(this.then(onValue, onReason), undefined, throwLater)
  },
  spread(this: Bluebird, handler: Handler) {
    return this.then(allOf).then(function (this: unknown, values: unknown) {
      return handler.apply(this, values as unknown[])
    })
  },
  tap(this: Bluebird, handler: Handler) {
    return this.then(async function (this: unknown, value: unknown) {
      await handler.call(this, value)
      return value
    })
  },
  bind(this: Bluebird, bound: unknown) {
    const chained = attached(this)
    BOUND.set(chained, bound)
    SOURCES.set(chained, SOURCES.get(this) ?? this)
    return guarded(chained)
  },
  all(this: Bluebird) {
    return this.then(allOf)
  },
  any(this: Bluebird) {
    return this.then((values: unknown) => Promise.any(values as Iterable<unknown>))
  },
  race(this: Bluebird) {
    return this.then((values: unknown) => Promise.race(values as Iterable<unknown>))
  },
  props(this: Bluebird) {
    return this.then(async (value: unknown) => {
      return Object.fromEntries((await allOf(Object.entries(value as object).map(allOf))) as [string, unknown][])
    })
  },
  map(this: Bluebird, handler: Handler, options?: { concurrency?: number }) {
    return this.then((values: unknown) => mapped(values, handler, options?.concurrency))
  },
  filter(this: Bluebird, handler: Handler, options?: { concurrency?: number }) {
    return this.then(async (values: unknown) => {
      const list = await allOf(values)
      const isKept = await mapped(list, handler, options?.concurrency)
      return list.filter((_value, i) => isKept[i])
    })
  },
  each(this: Bluebird, handler: Handler) {
    return this.then(async (values: unknown) => {
      await mapped(values, handler, 1)
      return values
    })
  },
  reduce(this: Bluebird, handler: Handler, ...initial: unknown[]) {
    return this.then(async (values: unknown) => {
      const list = await allOf(values)
      let i = initial[0] === undefined ? 1 : 0
      let sum = i === 1 ? list[0] : await initial[0]
      for (; i < list.length; i++) sum = await handler(sum, list[i], i, list.length)
      return sum
    })
  },
  get(this: Bluebird, name: PropertyKey) {
    return this.then((value: unknown) => (value as Record<PropertyKey, unknown>)[name])
  },
  call(this: Bluebird, name: string, ...args: unknown[]) {
    return this.then((value: unknown) => (value as Record<string, Handler>)[name](...args))
  },
  return(this: Bluebird, value: unknown) {
    return this.then(() => value)
  },
  throw(this: Bluebird, reason: unknown) {
    return this.then(() => {
      throw reason
    })
  },
  delay(this: Bluebird, ms: number) {
    return this.then((value: unknown) => new Promise((resolve) => setTimeout(() => resolve(value), ms)))
  },
  timeout(this: Bluebird, ms: number, text = 'operation timed out') {
    let timer: ReturnType<typeof setTimeout>
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new TimeoutError(text)), ms)
    })
    return guarded(Promise.race([this, late])).finally(() => clearTimeout(timer))
  },
}
for (const [alias, name] of Object.entries({
  caught: 'catch',
  lastly: 'finally',
  asCallback: 'nodeify',
  thenReturn: 'return',
  thenThrow: 'throw',
})) {
  METHODS[alias] = METHODS[name] ?? (Promise.prototype[name as 'finally'] as never)
}

// `constructor` stays Promise: `await` then takes these promises as they are, without extra turns.
const BLUEBIRD = Object.create(Promise.prototype) as object
for (const [name, value] of Object.entries(METHODS)) {
  Object.defineProperty(BLUEBIRD, name, { value, writable: true, configurable: true })
}

/** Set on promises that somebody waits for; a separate set of them would cost every chain a microsecond. */
const TAKEN = Symbol('taken')

// Whoever waits for a promise reads its constructor first: `await`, `then`, `Promise.all`.
const GUARDED = Object.create(BLUEBIRD, {
  constructor: {
    get(this: { [TAKEN]?: boolean }) {
      this[TAKEN] = true
      return Promise
    },
  },
}) as object

/** Gives a native promise the methods of the driver's; others, which have their own, stay as they are. */
export function dressed<T>(promise: Promise<T>): Promise<T> & Bluebird {
  if (Object.getPrototypeOf(promise) === Promise.prototype) Object.setPrototypeOf(promise, BLUEBIRD)
  return promise as Promise<T> & Bluebird
}

/** Like `dressed`, for a promise that may be rejected. */
export function guarded<T>(promise: Promise<T>): Promise<T> & Bluebird {
  if (Object.getPrototypeOf(promise) === Promise.prototype) {
    promise.then(undefined, (reason: unknown) => {
      setTimeout(() => {
        if (!(promise as { [TAKEN]?: boolean })[TAKEN]) tellOf(reason)
      }, 0)
    })
    Object.setPrototypeOf(promise, GUARDED)
  }
  return promise as Promise<T> & Bluebird
}

/** Reports an unhandled rejection to its listeners, or else on the console. */
function tellOf(reason: unknown): void {
  if (endsOfRejections()) {
    // biome-ignore lint/suspicious/noConsole: the driver's promises do, too.
    console.error(`Unhandled rejection ${(reason as Error | undefined)?.stack ?? String(reason)}`)
  } else void Promise.reject(reason)
}
