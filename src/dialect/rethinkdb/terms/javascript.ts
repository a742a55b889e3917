// `r.js`: JavaScript inside a query. Node runs it in a separate context with a time limit; other hosts refuse it. Only
// text goes in and out: a value, an error or a getter of that context is never touched outside its time limit.

import { asNumber, type Datum, plain, Time } from '../datum.ts'
import { Failure, fail } from '../errors.ts'
import { javaScriptMachine } from '../host.ts'
import type { Operations } from '../registry.ts'
import { fromNative } from '../stored.ts'
import { Func, type Val } from '../values.ts'

const SECONDS = 5

/** Runs first in the context: functions that keep a value and turn values into text, out of reach of later changes. */
const PRELUDE = `var reql = ((parse, stringify, is, keys, call, Dates, Arrays, inherit) => {
  let kept
  const refuse = (text) => { throw { reql: text } }
  const out = (value, depth) => {
    if (depth > 500) refuse('Recursion limit exceeded in js_to_json (circular reference?).')
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') return is(value) ? value : refuse('Number return value is not finite.')
    if (typeof value === 'undefined') refuse('Cannot convert javascript \`undefined\` to ql::datum_t.')
    if (typeof value !== 'object') refuse('Cannot convert function to ql::datum_t.')
    const tag = call(value)
    if (tag === '[object RegExp]') refuse('Cannot convert RegExp to ql::datum_t.')
    if (tag === '[object Date]') return { __proto__: null, $reql_type$: 'TIME', epoch_time: +value / 1000, timezone: '+00:00' }
    if (Arrays(value)) {
      const list = inherit([], null)
      for (let i = 0; i < value.length; i++) list[i] = out(value[i], depth + 1)
      return list
    }
    const object = { __proto__: null }
    for (const name of keys(value)) object[name] = out(value[name], depth + 1)
    return object
  }
  const into = (name, value) =>
    value !== null && typeof value === 'object' && value.$reql_type$ === 'TIME' ? new Dates(Math.round(value.epoch_time * 1000)) : value
  const told = (act) => {
    try { return stringify({ __proto__: null, value: act() }) } catch (error) {
      return stringify({ __proto__: null, error: error && error.reql || error && error.name + ': ' + error.message || String(error) })
    }
  }
  return {
    keep: (value) => ((kept = value), typeof value === 'function' ? 'function' : told(() => out(value, 0))),
    call: (args) => told(() => out(kept.apply(null, parse(args, into)), 0)),
    fail: (error) => told(() => { throw error }),
  }
})(JSON.parse, JSON.stringify, Number.isFinite, Object.keys, Function.prototype.call.bind(Object.prototype.toString), Date, Array.isArray, Object.setPrototypeOf)`

/** One context, with the value of `source` in it. */
class Machine {
  readonly #run: (code: string) => unknown
  readonly #source: string
  readonly #sandbox: Record<string, unknown> = Object.create(null)

  constructor(source: string, seconds: number) {
    this.#source = source
    const vm = javaScriptMachine()
    if (vm === undefined) {
      fail('`r.js` is not supported here: it takes a host that runs JavaScript in a context of its own, as Node does.')
    }
    // A refused import would reject with an object of this context.
    if (/\bimport\b/.test(source)) fail('SyntaxError: Cannot use import in `r.js`')
    const context = vm.createContext(this.#sandbox, {
      codeGeneration: { strings: false, wasm: false },
      microtaskMode: 'afterEvaluate',
    })
    this.#run = (code) => {
      let script: InstanceType<typeof vm.Script>
      try {
        script = new vm.Script(code)
      } catch (error) {
        return fail(String(error))
      }
      const began = performance.now()
      try {
        return script.runInContext(context, { timeout: seconds * 1000 })
      } catch (error) {
        // What was thrown may be anything, and is not inspected: past the limit, only the limit can have ended the run.
        if (performance.now() - began < seconds * 1000 - 2) throw error
        return fail(`JavaScript query \`${source}\` timed out after ${seconds.toFixed(3)} seconds.`)
      }
    }
    this.#run(PRELUDE)
  }

  /** Evaluates the source; returns its value, or a function that calls it. */
  start(): Datum | Func {
    const { reql } = this.#sandbox
    let value: unknown
    try {
      value = this.#run(this.#source)
    } catch (error) {
      if (error instanceof Failure) throw error
      this.#sandbox.reql = reql
      return this.#ask('fail', error)
    }
    this.#sandbox.reql = reql
    const answer = this.#ask('keep', value)
    if (answer !== undefined) return answer
    return new Func(-1, (args) => this.#ask('call', JSON.stringify(args.map(exported)))!, false)
  }

  /** Undefined for a function. */
  #ask(name: string, value: unknown): Datum {
    this.#sandbox.given = value
    const told = this.#run(`reql.${name}(given)`)
    this.#sandbox.given = undefined
    if (told === 'function') return undefined as unknown as Datum
    const { value: answer, error } = JSON.parse(String(told)) as { value?: unknown; error?: string }
    return error === undefined ? fromNative(answer) : fail(error)
  }
}

/** Evaluates the source: a value, or a function that queries can call. */
function runJavaScript(source: string, timeout: Datum | undefined): Val {
  return new Machine(source, timeout === undefined ? SECONDS : asNumber(timeout)).start()
}

function exported(value: Datum): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(exported)
  if (value instanceof Time || value instanceof Uint8Array) return plain(value)
  return Object.fromEntries(Object.entries(plain(value)).map(([name, inner]) => [name, exported(inner)]))
}

export const terms: Operations = { js: (call) => runJavaScript(call.text(0), call.datumOption('timeout')) }
