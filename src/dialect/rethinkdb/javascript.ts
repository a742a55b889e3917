// `r.js`: JavaScript inside a query. Node runs it in a context of its own, with a time limit; where there is none it is refused.

import { asNumber, type Datum, setField, Time } from './datum.ts'
import { fail } from './errors.ts'
import { javaScriptMachine } from './host.ts'
import { asDate } from './output.ts'
import { Func, type Val } from './values.ts'

const SECONDS = 5

function guarded(source: string, seconds: number, sandbox: object, code: string): unknown {
  const machine = javaScriptMachine()
  if (machine === undefined) {
    fail('`r.js` is not supported here: it takes a host that runs JavaScript in a context of its own, as Node does.')
  }
  try {
    return machine.runInNewContext(code, sandbox, { timeout: seconds * 1000 })
  } catch (error) {
    const { code: reason, name, message } = error as { code?: string; name?: string; message?: string }
    if (reason === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      fail(`JavaScript query \`${source}\` timed out after ${seconds.toFixed(3)} seconds.`)
    }
    if (typeof error !== 'object' || error === null || name === undefined) throw error
    return fail(`${name}: ${message}`)
  }
}

/** Evaluates the source: a value, or a function that queries can call. */
export function runJavaScript(source: string, timeout: Datum | undefined): Val {
  const seconds = timeout === undefined ? SECONDS : asNumber(timeout)
  const value = guarded(source, seconds, {}, source)
  if (typeof value !== 'function') return imported(value, 0)
  return new Func(
    -1,
    (args) => imported(guarded(source, seconds, { args: args.map(exported) }, `(${source}).apply(null, args)`), 0),
    false,
  )
}

function exported(value: Datum): unknown {
  return value instanceof Time ? asDate(value) : value
}

function imported(value: unknown, depth: number): Datum {
  if (depth > 500) fail('Recursion limit exceeded in js_to_json (circular reference?).')
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : fail(`Number return value is not finite.`)
    case 'undefined':
      return fail('Cannot convert javascript `undefined` to ql::datum_t.')
    case 'function':
      return fail('Cannot convert function to ql::datum_t.')
  }
  if (value === null) return null
  // Values of another context are instances of other classes.
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Date]') return new Time(Number(value) / 1000, '+00:00')
  if (tag === '[object Array]') return Array.from(value as unknown[], (item) => imported(item, depth + 1))
  if (tag === '[object RegExp]') return fail('Cannot convert RegExp to ql::datum_t.')
  const object = {}
  for (const [name, item] of Object.entries(value as object)) setField(object, name, imported(item, depth + 1))
  return object
}
